#include "mainstay/cadence/call_list.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <tuple>
#include <utility>

#include "mainstay/base/check.h"

namespace mainstay::cadence {

std::int64_t MinutesOfDay(std::int64_t weekly_minutes, Day day, const WorkCalendar& calendar) {
  MAINSTAY_CHECK(weekly_minutes >= 0, "a rep's weekly minutes are negative");
  return calendar.IsWorkingDay(day) ? weekly_minutes / calendar.WorkingDaysInWeekOf(day) : 0;
}

CallList MakeCallList(std::vector<CallCandidate> candidates, const CallListRequest& request,
                      const WorkCalendar& calendar) {
  MAINSTAY_CHECK(request.call_minutes > 0, "a call takes some time");
  CallList list;
  list.capacity_minutes = MinutesOfDay(request.weekly_minutes, request.day, calendar);
  for (CallCandidate& candidate : candidates) {
    if (candidate.due > request.day) continue;
    const std::int64_t overdue = (request.day - candidate.overdue).count();
    list.rows.push_back({std::move(candidate), std::max<std::int64_t>(0, overdue), request.call_minutes});
  }
  std::sort(list.rows.begin(), list.rows.end(), [](const CallRow& a, const CallRow& b) {
    const auto loss = [](const CallRow& row) { return row.candidate.expected_loss.value_or(Money{}); };
    return std::tuple(loss(b), b.days_overdue, std::cref(a.candidate.client)) <
           std::tuple(loss(a), a.days_overdue, std::cref(b.candidate.client));
  });
  list.due = static_cast<std::int64_t>(list.rows.size());
  const std::int64_t fitting = list.capacity_minutes / request.call_minutes;
  if (!request.all && fitting < list.due) list.rows.resize(static_cast<std::size_t>(fitting));
  list.minutes = static_cast<std::int64_t>(list.rows.size()) * request.call_minutes;
  return list;
}

}  // namespace mainstay::cadence
