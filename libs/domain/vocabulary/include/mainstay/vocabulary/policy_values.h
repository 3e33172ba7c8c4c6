// The numbers a book may set (PolicySet.thresholds), with their defaults and limits. Pure.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/vocabulary/book_events.h"

namespace mainstay {

struct PolicyValues {
  double persona_min_clients = 10;  // Paying clients a book needs before it has personas.
  double draining_mads = 2;         // How many MADs above the median effort per revenue.
  double draining_frictions = 2;    // Friction events in 180 days.
  double stagnant_order_days = 3;
  double stagnant_growth = 1.05;  // Revenue against the 12 months before, at most.
  double best_growth = 1.1;       // Revenue against the 12 months before, at least.
  double best_breadth = 2;        // Products or departments.
  double best_order_days = 3;
  double best_rules = 3;           // How many of the five rules make a best client.
  double cost_per_minute = 1;      // Of a rep, in the book's currency.
  double margin = 0.3;             // Part of revenue that is left before the reps' time.
  double reprice_limit = 0.2;      // The largest rise of price that is worth proposing.
  double discount = 0.1;           // A year, for potential.
  double horizon_years = 10;       // Of potential.
  double minutes_per_call = 5;     // Of a rep, when planning.
  double acquisition_cost = 5000;  // Of winning a client; this and keep_cost: claims of practitioners.
  double acquisition_ratio = 5;    // The same in years of the client's calls, until the book sets it in money.
  double refill_chance = 0;        // That the place of a lost client is filled without any effort.
  double keep_cost_low = 200;      // Of keeping one for a year.
  double keep_cost_high = 1000;
  double retention_goal = 0.95;
  double review_share = 0.25;  // Part of the paying clients the quarterly review proposes.
  // CadenceTerms; a better tier is called at least as often as the next one, a month counting as 4 weeks.
  double interval_a_days = 7;
  double interval_b_months = 1;
  double interval_c_months = 3;
  double grace_a_days = 2;
  double grace_b_days = 7;
  double grace_c_days = 14;
  // Levels of churn risk, all on the excess: 0 <= hysteresis < elevated <= high <= 1.
  double elevated = 0.30;
  double high = 0.55;
  double hysteresis = 0.05;  // A level is left downwards below its limit less this.
  // How a tier follows the ranking: TierRules.
  double tier_margin = 0.02;       // How far beyond a line a client moves at once; in hundredths of a percent.
  double tier_patience_days = 14;  // How long it may stand beyond a line until it moves all the same.
  double tier_grace_days = 180;    // How long a new client is not demoted, nor proposed for lower service.
  friend bool operator==(const PolicyValues&, const PolicyValues&) = default;
};

struct PolicyValueInfo {
  std::string_view name;
  double PolicyValues::*value;
  double lo;
  double hi;
  bool whole;
  std::string_view text;  // What it is, for a person.
};

// Every settable value, by name.
[[nodiscard]] std::span<const PolicyValueInfo> PolicyValueTable();

// What a PolicySet sets of them.
[[nodiscard]] std::map<std::string, double> ThresholdsOf(const PolicySet& policy);

// `values` with the named ones replaced.
// Error: field data.thresholds, when there is no such value, when it is outside its limits, or not whole where it
// counts something, when a tier would be called more rarely than the one below it, a level of risk never be left, or a
// cost be higher at least than at most.
[[nodiscard]] Result<PolicyValues> WithThresholds(const PolicyValues& values,
                                                  const std::map<std::string, double>& thresholds);
// The defaults with what a book has set: it was accepted then, also if it were not today.
[[nodiscard]] Result<PolicyValues> StoredValues(const std::map<std::string, double>& thresholds);

}  // namespace mainstay
