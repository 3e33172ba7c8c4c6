// How long each tier of a book may go without a touch, how long a due one may wait, and how many calls that makes.
//
// Pure. The values of a policy that cadence obeys and that segmentation plans its slots with.
#pragma once

#include <chrono>
#include <cstdint>

#include "mainstay/vocabulary/policy_values.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay {

struct CadenceTerms {
  int interval_a_days = 7;  // Intervals of B and C are calendar months.
  int interval_b_months = 1;
  int interval_c_months = 3;
  int grace_a_days = 2;  // From due to overdue.
  int grace_b_days = 7;
  int grace_c_days = 14;
  friend bool operator==(const CadenceTerms&, const CadenceTerms&) = default;

  // Days of A, months of B and C. REQUIRES, as for the others: a tier other than kNone.
  [[nodiscard]] int IntervalOf(Tier tier) const;
  [[nodiscard]] std::chrono::days GraceOf(Tier tier) const;
  // The interval in days; a month is a twelfth of 365 days, rounded down: B 30, C 91 by default. 0 for kNone.
  [[nodiscard]] int AllowedDays(Tier tier) const;
};

[[nodiscard]] CadenceTerms TermsOf(const PolicyValues& values);

struct TierCounts {
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::int64_t c = 0;
  void Add(Tier tier, std::int64_t clients = 1);  // kNone counts nowhere: no cadence, no call.
  [[nodiscard]] std::int64_t all() const { return a + b + c; }
  friend bool operator==(const TierCounts&, const TierCounts&) = default;
};

// Calls a week: a month counts as 4 weeks, so that 12 of them are a quarter.
[[nodiscard]] double CallsPerWeek(const TierCounts& counts, const CadenceTerms& terms);
// The same where the months of a year spread over its 52 weeks.
[[nodiscard]] double CallsPerWeekOfYear(const TierCounts& counts, const CadenceTerms& terms);

}  // namespace mainstay
