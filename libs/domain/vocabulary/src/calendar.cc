#include "mainstay/vocabulary/calendar.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "mainstay/base/check.h"

namespace mainstay {
namespace {

constexpr std::chrono::days kOneDay{1};
constexpr std::uint8_t kWholeWeek = 0b111'1111;

}  // namespace

Result<void> WorkCalendar::Validate(std::uint8_t working_days, const std::vector<Day>& holidays) {
  if (working_days == 0) {
    return InvalidField("workingDays", "a calendar needs at least one working day of the week");
  }
  if (working_days > kWholeWeek) {
    return InvalidField("workingDays", "a working day is one of Monday to Sunday");
  }
  if (holidays.size() > kMaxHolidays) {
    return InvalidField("holidays", std::to_string(holidays.size()) + " holidays are too many; at most " +
                                        std::to_string(kMaxHolidays));
  }
  return {};
}

Result<WorkCalendar> WorkCalendar::Make(std::uint8_t working_days, std::vector<Day> holidays) {
  MAINSTAY_TRY(Validate(working_days, holidays));
  WorkCalendar calendar;
  calendar.working_days_ = working_days;
  std::sort(holidays.begin(), holidays.end());
  holidays.erase(std::unique(holidays.begin(), holidays.end()), holidays.end());
  calendar.holidays_ = std::move(holidays);
  return calendar;
}

bool WorkCalendar::IsWorkingWeekday(Day day) const {
  return (working_days_ >> (std::chrono::weekday{day}.iso_encoding() - 1) & 1) != 0;
}

bool WorkCalendar::IsWorkingDay(Day day) const {
  return IsWorkingWeekday(day) && !std::binary_search(holidays_.begin(), holidays_.end(), day);
}

Day WorkCalendar::NextWorkingDay(Day day) const {
  while (!IsWorkingDay(day)) day += kOneDay;
  return day;
}

Day WorkCalendar::NthWorkingDayAfter(Day day, int n) const {
  MAINSTAY_CHECK(n >= 1, "working days after a day are counted from 1");
  for (; n > 0; --n) day = NextWorkingDay(day + kOneDay);
  return day;
}

int WorkCalendar::CountWorkingDays(Day from, Day to) const {
  if (to <= from) return 0;
  const int per_week = std::popcount(working_days_);
  const int span = static_cast<int>((to - from).count());
  int count = span / 7 * per_week;
  for (Day day = from + std::chrono::days{span / 7 * 7} + kOneDay; day <= to; day += kOneDay) {
    count += IsWorkingWeekday(day) ? 1 : 0;
  }
  const auto first = std::upper_bound(holidays_.begin(), holidays_.end(), from);
  const auto last = std::upper_bound(holidays_.begin(), holidays_.end(), to);
  return count - static_cast<int>(std::count_if(first, last, [this](Day day) { return IsWorkingWeekday(day); }));
}

int WorkCalendar::WorkingDaysInWeekOf(Day day) const {
  const unsigned since_monday = std::chrono::weekday{day}.iso_encoding() - 1;
  const Day sunday_before = day - std::chrono::days{since_monday} - kOneDay;
  return CountWorkingDays(sunday_before, sunday_before + std::chrono::days{7});
}

}  // namespace mainstay
