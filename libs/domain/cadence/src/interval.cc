#include "mainstay/cadence/interval.h"

#include <algorithm>
#include <chrono>

namespace mainstay::cadence {

Day AddMonths(Day day, int months) {
  const std::chrono::year_month_day ymd = std::chrono::year_month_day{day} + std::chrono::months{months};
  return ymd.ok() ? Day{ymd} : Day{ymd.year() / ymd.month() / std::chrono::last};
}

Day AddInterval(Day day, Tier tier, const CadenceTerms& terms) {
  const int interval = terms.IntervalOf(tier);
  return tier == Tier::kA ? day + std::chrono::days{interval} : AddMonths(day, interval);
}

Day DueDay(Day touched, Tier tier, const CadenceTerms& terms, const WorkCalendar& calendar) {
  return calendar.NextWorkingDay(AddInterval(touched, tier, terms));
}

Day OverdueDay(Day due, Tier tier, const CadenceTerms& terms, const WorkCalendar& calendar) {
  return calendar.NextWorkingDay(due + terms.GraceOf(tier));
}

Day SpreadDay(Day today, Tier tier, const CadenceTerms& terms, const WorkCalendar& calendar,
              std::int32_t murmur2_of_client) {
  const int working_days = std::max(1, calendar.CountWorkingDays(today, AddInterval(today, tier, terms)));
  return calendar.NthWorkingDayAfter(today, 1 + (murmur2_of_client & 0x7fffffff) % working_days);
}

}  // namespace mainstay::cadence
