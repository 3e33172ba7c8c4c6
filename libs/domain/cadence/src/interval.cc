#include "mainstay/cadence/interval.h"

#include <algorithm>

#include "mainstay/base/check.h"

namespace mainstay::cadence {

Day AddMonths(Day day, int months) {
  const std::chrono::year_month_day ymd = std::chrono::year_month_day{day} + std::chrono::months{months};
  return ymd.ok() ? Day{ymd} : Day{ymd.year() / ymd.month() / std::chrono::last};
}

Day AddInterval(Day day, Tier tier) {
  MAINSTAY_CHECK(tier != Tier::kNone, "a client without a cadence has no interval");
  if (tier == Tier::kA) return day + std::chrono::days{7};
  return AddMonths(day, tier == Tier::kB ? 1 : 3);
}

Day DueDay(Day touched, Tier tier, const WorkCalendar& calendar) {
  return calendar.NextWorkingDay(AddInterval(touched, tier));
}

std::chrono::days Grace(Tier tier) {
  MAINSTAY_CHECK(tier != Tier::kNone, "a client without a cadence has no grace");
  if (tier == Tier::kA) return std::chrono::days{2};
  return std::chrono::days{tier == Tier::kB ? 7 : 14};
}

Day OverdueDay(Day due, Tier tier, const WorkCalendar& calendar) { return calendar.NextWorkingDay(due + Grace(tier)); }

Day SpreadDay(Day today, Tier tier, const WorkCalendar& calendar, std::int32_t murmur2_of_client) {
  const int working_days = std::max(1, calendar.CountWorkingDays(today, AddInterval(today, tier)));
  return calendar.NthWorkingDayAfter(today, 1 + (murmur2_of_client & 0x7fffffff) % working_days);
}

}  // namespace mainstay::cadence
