// The working days of a book: weekdays less holidays. Dates are civil; whose zone they are in is the holder's business.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"

namespace mainstay {

// A value. Always has at least one working weekday and finitely many holidays, so every search below ends.
class WorkCalendar {
 public:
  static constexpr std::size_t kMaxHolidays = 4096;

  static constexpr std::uint8_t kMondayToFriday = 0b001'1111;

  // Monday to Friday, no holidays.
  WorkCalendar() = default;

  // `working_days`: bit 0 Monday ... bit 6 Sunday. The order of holidays and repetitions do not matter.
  // Error: field "workingDays" without any weekday or with one that does not exist, field "holidays" with more than
  // kMaxHolidays.
  [[nodiscard]] static Result<WorkCalendar> Make(std::uint8_t working_days, std::vector<Day> holidays);
  // What Make would refuse.
  [[nodiscard]] static Result<void> Validate(std::uint8_t working_days, const std::vector<Day>& holidays);

  [[nodiscard]] std::uint8_t working_days() const { return working_days_; }
  [[nodiscard]] const std::vector<Day>& holidays() const { return holidays_; }  // Ascending, each once.

  [[nodiscard]] bool IsWorkingDay(Day day) const;
  // `day` itself if it is a working day, else the first after it.
  [[nodiscard]] Day NextWorkingDay(Day day) const;
  // Working day number `n` after `day`, which itself is not counted. REQUIRES: n >= 1.
  [[nodiscard]] Day NthWorkingDayAfter(Day day, int n) const;
  // Working days in (from, to]; 0 if to <= from.
  [[nodiscard]] int CountWorkingDays(Day from, Day to) const;
  // Working days of the week, Monday to Sunday, that holds `day`.
  [[nodiscard]] int WorkingDaysInWeekOf(Day day) const;

  friend bool operator==(const WorkCalendar&, const WorkCalendar&) = default;

 private:
  [[nodiscard]] bool IsWorkingWeekday(Day day) const;

  std::uint8_t working_days_ = kMondayToFriday;
  std::vector<Day> holidays_;
};

}  // namespace mainstay
