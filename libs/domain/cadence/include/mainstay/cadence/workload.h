// How many calls a week the tiers of a book ask for, and whether the reps have the time.
//
// Pure. By default an A client is one call a week, a B client one a month, a C client one a quarter. "Per week" counts
// a month as 4 weeks and a quarter as 12; "per week of 52" spreads 12 months and 4 quarters over the year.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mainstay/cadence/call_list.h"
#include "mainstay/vocabulary/cadence_terms.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::cadence {

struct RepClients {
  RepId rep;
  std::int64_t weekly_minutes = kDefaultWeeklyMinutes;
  TierCounts clients;  // Of this rep.
};

struct TierWorkload {
  Tier tier = Tier::kNone;
  std::int64_t clients = 0;
  double calls_per_week = 0;
};

struct RepWorkload {
  RepId rep;
  double minutes = 0;  // A week.
  std::int64_t capacity_minutes = 0;
  std::int64_t clients = 0;
  [[nodiscard]] bool OverCapacity() const { return minutes > static_cast<double>(capacity_minutes); }
};

struct Workload {
  double calls_per_week = 0;
  double calls_per_week_52 = 0;
  double hours_per_week = 0;
  std::array<TierWorkload, 3> by_tier;  // A, B, C.
  std::vector<RepWorkload> reps;        // By rep id.
};

// Every client of the book belongs to one entry of `reps` (those without owner to rep "unassigned").
[[nodiscard]] Workload MakeWorkload(std::vector<RepClients> reps, const CadenceTerms& terms, double call_minutes);

}  // namespace mainstay::cadence
