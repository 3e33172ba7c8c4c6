// Whom a rep must call on a day, the most expensive loss first, as far as the rep's minutes of that day go.
//
// Pure. One rep, one book, one day; merging a rep's books is the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/vocabulary/calendar.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::cadence {

inline constexpr std::int64_t kDefaultWeeklyMinutes = 300;  // Of a rep without RepSet.
inline constexpr std::int64_t kDefaultCallMinutes = 5;
inline constexpr const char* kUnassignedRep = "unassigned";  // The rep of clients without owner.

// A client of the rep that has a cadence.
struct CallCandidate {
  ClientId client;
  Tier tier = Tier::kNone;
  Day due{};
  Day overdue{};                       // When it is or would be overdue: OverdueDay(), or since when it is.
  std::optional<Money> expected_loss;  // Absent without an order; sorts as zero.
  std::optional<Instant> last_touch;
};

struct CallRow {
  CallCandidate candidate;
  std::int64_t days_overdue = 0;  // max(0, day - overdue)
  std::int64_t minutes = 0;       // Of this call.
};

struct CallList {
  std::int64_t capacity_minutes = 0;  // Of the rep on that day; 0 on a day off.
  std::int64_t minutes = 0;           // Of the rows.
  std::int64_t due = 0;               // Clients due, whether they fit or not.
  std::vector<CallRow> rows;          // By expected loss descending, days overdue descending, client id.
};

struct CallListRequest {
  Day day{};
  std::int64_t weekly_minutes = kDefaultWeeklyMinutes;  // REQUIRES: >= 0.
  std::int64_t call_minutes = kDefaultCallMinutes;      // REQUIRES: > 0.
  bool all = false;                                     // Rows beyond the capacity too.
};

// A day's share of the weekly minutes: divided by the working days of that week (Monday to Sunday), rounded down;
// 0 on a day that is not a working day.
[[nodiscard]] std::int64_t MinutesOfDay(std::int64_t weekly_minutes, Day day, const WorkCalendar& calendar);

// Candidates may come in any order; those not due by `request.day` are left out.
[[nodiscard]] CallList MakeCallList(std::vector<CallCandidate> candidates, const CallListRequest& request,
                                    const WorkCalendar& calendar);

}  // namespace mainstay::cadence
