// A backtest as JSON, as text with a reliability plot, and as SVG.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/table.h"
#include "mainstay/risk/backtest.h"

namespace mainstay::backtest {

struct Heading {
  std::string file;
  std::string cut;
  std::int64_t horizon_days = 0;
  double fit_seconds = 0;
};

[[nodiscard]] nlohmann::ordered_json ToJson(const risk::BacktestReport& report, const Heading& heading);
[[nodiscard]] std::string ToText(const risk::BacktestReport& report, const Heading& heading,
                                 const cli::Terminal& terminal);
// Predicted against observed, one dot a bin (its size the number of clients), one panel a set.
[[nodiscard]] std::string ToSvg(const risk::BacktestReport& report, const Heading& heading);

}  // namespace mainstay::backtest
