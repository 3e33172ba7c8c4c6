#include "mainstay/vocabulary/policy_values.h"

#include <array>
#include <cmath>

namespace mainstay {
namespace {

using V = PolicyValues;
constexpr std::array<PolicyValueInfo, 22> kTable = {{
    {"acquisition_cost", &V::acquisition_cost, 0, 1e9, false, "cost of winning a client, in the book's currency"},
    {"acquisition_ratio", &V::acquisition_ratio, 0, 1000, false, "cost of winning a client, in years of its calls"},
    {"best_breadth", &V::best_breadth, 1, 1000, true, "products or departments of a best client"},
    {"best_growth", &V::best_growth, 0, 100, false, "revenue of a best client against the year before, at least"},
    {"best_order_days", &V::best_order_days, 1, 1000, true, "order days of a best client"},
    {"best_rules", &V::best_rules, 1, 5, true, "how many of the five rules make a best client"},
    {"cost_per_minute", &V::cost_per_minute, 0, 1e6, false, "cost of a rep's minute, in the book's currency"},
    {"discount", &V::discount, 0, 1, false, "discount a year, for potential"},
    {"draining_frictions", &V::draining_frictions, 0, 1000, true, "friction events of a draining client in 180 days"},
    {"draining_mads", &V::draining_mads, 0, 100, false, "effort per revenue of a draining client, MADs above median"},
    {"horizon_years", &V::horizon_years, 1, 100, true, "years that potential looks ahead"},
    {"keep_cost_high", &V::keep_cost_high, 0, 1e9, false, "cost of keeping a client for a year, at most"},
    {"keep_cost_low", &V::keep_cost_low, 0, 1e9, false, "cost of keeping a client for a year, at least"},
    {"margin", &V::margin, 0, 1, false, "part of revenue that is left before the reps' time"},
    {"minutes_per_call", &V::minutes_per_call, 1, 480, false, "minutes a planned call takes"},
    {"persona_min_clients", &V::persona_min_clients, 1, 1e6, true, "paying clients a book needs to have personas"},
    {"refill_chance", &V::refill_chance, 0, 1, false, "chance that a lost client's place is filled anyway"},
    {"reprice_limit", &V::reprice_limit, 0, 10, false, "the largest rise of price that is proposed"},
    {"retention_goal", &V::retention_goal, 0, 1, false, "part of the clients that should stay for another year"},
    {"review_share", &V::review_share, 0, 1, false, "part of the paying clients the quarterly review proposes"},
    {"stagnant_growth", &V::stagnant_growth, 0, 100, false, "revenue of a stagnant client against the year before"},
    {"stagnant_order_days", &V::stagnant_order_days, 2, 1000, true, "order days of a stagnant client, at least"},
}};

}  // namespace

std::span<const PolicyValueInfo> PolicyValueTable() { return kTable; }

Result<PolicyValues> WithThresholds(PolicyValues values, const std::map<std::string, double>& thresholds) {
  for (const PolicyValueInfo& info : kTable) {
    const auto found = thresholds.find(std::string(info.name));
    if (found == thresholds.end()) continue;
    const double value = found->second;
    const bool fits = value >= info.lo && value <= info.hi && (!info.whole || std::floor(value) == value);
    if (!fits) {
      return InvalidField("data.thresholds", std::string(info.name) + " must be " +
                                                 (info.whole ? "a whole number " : "") + "from " +
                                                 std::to_string(info.lo) + " to " + std::to_string(info.hi));
    }
    values.*info.value = value;
  }
  return values;
}

}  // namespace mainstay
