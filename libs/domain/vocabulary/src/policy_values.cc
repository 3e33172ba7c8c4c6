#include "mainstay/vocabulary/policy_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace mainstay {
namespace {

using V = PolicyValues;
constexpr std::array<PolicyValueInfo, 34> kTable = {{
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
    {"elevated", &V::elevated, 0, 1, false, "excess churn risk from which on a client is ELEVATED"},
    {"grace_a_days", &V::grace_a_days, 0, 366, true, "days from due to overdue, tier A"},
    {"grace_b_days", &V::grace_b_days, 0, 366, true, "days from due to overdue, tier B"},
    {"grace_c_days", &V::grace_c_days, 0, 366, true, "days from due to overdue, tier C"},
    {"high", &V::high, 0, 1, false, "excess churn risk from which on a client is HIGH"},
    {"horizon_years", &V::horizon_years, 1, 100, true, "years that potential looks ahead"},
    {"hysteresis", &V::hysteresis, 0, 1, false, "how far below its limit a level of risk is left"},
    {"interval_a_days", &V::interval_a_days, 1, 366, true, "days from touch to touch, tier A; at most 28 a month of B"},
    {"interval_b_months", &V::interval_b_months, 1, 24, true, "months from touch to touch, tier B; at most those of C"},
    {"interval_c_months", &V::interval_c_months, 1, 36, true, "months from touch to touch, tier C"},
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
    {"tier_grace_days", &V::tier_grace_days, 0, 3660, true, "days a new client is neither demoted nor proposed"},
    {"tier_margin", &V::tier_margin, 0, 1, false, "part of a line by which a client passes it at once"},
    {"tier_patience_days", &V::tier_patience_days, 0, 366, true, "days beyond a line until the tier follows anyway"},
}};

// Shortest; std::to_string would write 1.000000.
std::string Text(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

tl::unexpected<Error> BadValue(const std::string& why) { return InvalidField("data.thresholds", why); }

// A tier that matters more but is called more rarely is a slip.
Result<void> Agree(const PolicyValues& values) {
  constexpr double kDaysOfAMonth = 28;
  if (values.interval_a_days > kDaysOfAMonth * values.interval_b_months) {
    return BadValue("interval_a_days must be at most 28 for each month of interval_b_months, " +
                    Text(kDaysOfAMonth * values.interval_b_months) + ": A is called at least as often as B");
  }
  if (values.interval_b_months > values.interval_c_months) {
    return BadValue("interval_b_months must be at most interval_c_months, " + Text(values.interval_c_months) +
                    ": B is called at least as often as C");
  }
  if (values.keep_cost_low > values.keep_cost_high) {
    return BadValue("keep_cost_low must be at most keep_cost_high, " + Text(values.keep_cost_high));
  }
  if (values.hysteresis < values.elevated && values.elevated <= values.high) return {};
  return BadValue("it must hold that 0 <= hysteresis < elevated <= high <= 1");
}

// Each by itself within its limits.
Result<PolicyValues> Replaced(PolicyValues values, const std::map<std::string, double>& thresholds) {
  for (const auto& [name, value] : thresholds) {
    const auto found =
        std::find_if(kTable.begin(), kTable.end(), [&name = name](const auto& info) { return info.name == name; });
    if (found == kTable.end()) return BadValue("a policy has no value '" + name + "'");
    const PolicyValueInfo& info = *found;
    const bool fits = value >= info.lo && value <= info.hi && (!info.whole || std::floor(value) == value);
    if (!fits) {
      return BadValue(std::string(info.name) + " must be " + (info.whole ? "a whole number " : "") + "from " +
                      Text(info.lo) + " to " + Text(info.hi));
    }
    values.*info.value = value;
  }
  return values;
}

}  // namespace

std::span<const PolicyValueInfo> PolicyValueTable() { return kTable; }

std::map<std::string, double> ThresholdsOf(const PolicySet& policy) {
  std::map<std::string, double> thresholds = policy.thresholds;
  if (policy.potential_horizon_years) thresholds["horizon_years"] = *policy.potential_horizon_years;
  return thresholds;
}

Result<PolicyValues> WithThresholds(const PolicyValues& values, const std::map<std::string, double>& thresholds) {
  MAINSTAY_TRY_ASSIGN(replaced, Replaced(values, thresholds));
  MAINSTAY_TRY(Agree(replaced));
  return replaced;
}

Result<PolicyValues> StoredValues(const std::map<std::string, double>& thresholds) { return Replaced({}, thresholds); }

}  // namespace mainstay
