// `mainstay backtest FILE --cut DATE --horizon 91d`.
#pragma once

#include <CLI/App.hpp>

namespace mainstay::cli {

class Invocation;

void AddBacktestCommand(CLI::App& app, Invocation& invocation);

}  // namespace mainstay::cli
