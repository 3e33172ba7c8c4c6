#include "backtest/next_product_text.h"

#include <fmt/format.h>

namespace mainstay::backtest {

using nlohmann::ordered_json;
using segmentation::HitRates;
using segmentation::HitTarget;

ordered_json ToJson(const segmentation::NextProductReport& report, const Heading& heading) {
  ordered_json json = {
      {"data", heading.file},      {"cut", heading.cut},          {"horizon_days", heading.horizon_days},
      {"clients", report.clients}, {"products", report.products}, {"targets", ordered_json::array()}};
  for (const HitTarget& target : report.targets) {
    ordered_json methods = ordered_json::array();
    for (const HitRates& method : target.methods) {
      ordered_json row = {{"name", method.method}, {"suggested", method.suggested}};
      for (std::size_t k = 0; k < segmentation::kHitsAt.size(); ++k) {
        row[fmt::format("hit_at_{}", segmentation::kHitsAt[k])] = method.rates[k];
      }
      methods.push_back(std::move(row));
    }
    json["targets"].push_back({{"name", target.name}, {"n", target.clients}, {"methods", std::move(methods)}});
  }
  return json;
}

std::string ToText(const segmentation::NextProductReport& report, const Heading& heading,
                   const cli::Terminal& terminal) {
  std::string text = fmt::format(
      "{}: {} clients and {} products known on {}; what they bought in the {} days after it\n", heading.file,
      cli::Thousands(report.clients), cli::Thousands(report.products), heading.cut, heading.horizon_days);
  for (const HitTarget& target : report.targets) {
    const bool only_new = target.name == "new_products";
    text += fmt::format("\n{} clients bought {}. One of the first suggestions was among it:\n",
                        cli::Thousands(target.clients), only_new ? "something they had never bought" : "anything");
    cli::Table table({{"suggested by"},
                      {"first 1", cli::Align::kRight},
                      {"first 3", cli::Align::kRight},
                      {"first 10", cli::Align::kRight},
                      {"had a suggestion", cli::Align::kRight}});
    for (const HitRates& method : target.methods) {
      table.Add({method.method, cli::Percent(method.rates[0]), cli::Percent(method.rates[1]),
                 cli::Percent(method.rates[2]), cli::Thousands(method.suggested)});
    }
    text += table.Render(terminal);
  }
  return text + "\nco_purchase never suggests what a client holds; repeat_purchase suggests nothing else.\n";
}

}  // namespace mainstay::backtest
