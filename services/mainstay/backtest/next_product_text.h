// A backtest of suggestions as JSON and as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "backtest/report_text.h"
#include "cli/table.h"
#include "mainstay/segmentation/next_product_backtest.h"

namespace mainstay::backtest {

[[nodiscard]] nlohmann::ordered_json ToJson(const segmentation::NextProductReport& report, const Heading& heading);
[[nodiscard]] std::string ToText(const segmentation::NextProductReport& report, const Heading& heading,
                                 const cli::Terminal& terminal);

}  // namespace mainstay::backtest
