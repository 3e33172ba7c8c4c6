#include "mainstay/vocabulary/calendar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"

namespace mainstay {
namespace {

using std::chrono::days;

Day D(const char* text) { return ParseDay(text).value(); }

TEST(WorkCalendar, DefaultIsMondayToFridayWithoutHolidays) {
  const WorkCalendar calendar;
  EXPECT_TRUE(calendar.IsWorkingDay(D("2026-01-09")));   // Friday
  EXPECT_FALSE(calendar.IsWorkingDay(D("2026-01-10")));  // Saturday
  EXPECT_FALSE(calendar.IsWorkingDay(D("2026-01-11")));  // Sunday
  EXPECT_TRUE(calendar.IsWorkingDay(D("2026-01-12")));   // Monday
}

TEST(WorkCalendar, NextWorkingDayIsTheDayItselfOrTheFirstAfterIt) {
  const WorkCalendar calendar =
      WorkCalendar::Make(WorkCalendar::kMondayToFriday, {D("2026-12-25"), D("2026-12-28"), D("2026-12-25")}).value();
  EXPECT_EQ(calendar.NextWorkingDay(D("2026-12-24")), D("2026-12-24"));
  EXPECT_EQ(calendar.NextWorkingDay(D("2026-12-25")), D("2026-12-29"));  // Holiday, weekend, holiday.
  EXPECT_EQ(calendar.holidays().size(), 2u) << "a holiday named twice is one";
}

TEST(WorkCalendar, NthWorkingDayDoesNotCountTheStart) {
  const WorkCalendar calendar;
  EXPECT_EQ(calendar.NthWorkingDayAfter(D("2026-01-09"), 1), D("2026-01-12"));
  EXPECT_EQ(calendar.NthWorkingDayAfter(D("2026-01-10"), 1), D("2026-01-12"));
  EXPECT_EQ(calendar.NthWorkingDayAfter(D("2026-01-05"), 5), D("2026-01-12"));
}

TEST(WorkCalendar, AWeekWithAHolidayHasOneWorkingDayLess) {
  const WorkCalendar calendar = WorkCalendar::Make(WorkCalendar::kMondayToFriday, {D("2026-01-01")}).value();
  for (const char* day : {"2025-12-29", "2026-01-01", "2026-01-04"}) {
    EXPECT_EQ(calendar.WorkingDaysInWeekOf(D(day)), 4) << day;
  }
  EXPECT_EQ(calendar.WorkingDaysInWeekOf(D("2026-01-05")), 5);
}

TEST(WorkCalendar, WithoutAnyWorkingDayIsRefused) {
  const Result<WorkCalendar> none = WorkCalendar::Make(0, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().field, "workingDays");
  EXPECT_EQ(WorkCalendar::Make(0b1000'0001, {}).error().field, "workingDays");
  const std::vector<Day> many(WorkCalendar::kMaxHolidays + 1, D("2026-01-01"));
  EXPECT_EQ(WorkCalendar::Make(1, many).error().field, "holidays");
}

TEST(WorkCalendar, AYearOfHolidaysStillHasANextWorkingDay) {
  std::vector<Day> year;
  for (Day day = D("2026-01-01"); day < D("2027-01-01"); day += days{1}) year.push_back(day);
  const WorkCalendar calendar = WorkCalendar::Make(0b100'0000, year).value();
  EXPECT_EQ(calendar.NextWorkingDay(D("2026-01-01")), D("2027-01-03"));
  EXPECT_EQ(calendar.CountWorkingDays(D("2025-12-31"), D("2026-12-31")), 0);
}

// Goal: counting by weeks and holidays equals counting day by day.
TEST(WorkCalendar, CountEqualsCountingEachDay) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  int with_holidays = 0;
  for (int round = 0; round < 300; ++round) {
    const auto working = static_cast<std::uint8_t>(1 + Below(random, 127));
    std::vector<Day> holidays;
    for (std::uint64_t i = Below(random, 30); i > 0; --i) {
      holidays.push_back(D("2026-01-01") + days{static_cast<int>(Below(random, 120))});
    }
    const WorkCalendar calendar = WorkCalendar::Make(working, holidays).value();
    const Day from = D("2026-01-01") + days{static_cast<int>(Below(random, 100)) - 10};
    const Day to = from + days{static_cast<int>(Below(random, 100)) - 5};
    int expected = 0;
    for (Day day = from + days{1}; day <= to; day += days{1}) {
      expected += calendar.IsWorkingDay(day) ? 1 : 0;
      with_holidays += std::find(holidays.begin(), holidays.end(), day) != holidays.end() ? 1 : 0;
    }
    ASSERT_EQ(calendar.CountWorkingDays(from, to), expected) << FormatDay(from) << " " << FormatDay(to);
    if (expected > 0) {
      ASSERT_LE(calendar.NthWorkingDayAfter(from, expected), to);
      ASSERT_GT(calendar.NthWorkingDayAfter(from, expected + 1), to);
    }
  }
  EXPECT_GT(with_holidays, 0) << "vacuous walk: no range held a holiday";
}

}  // namespace
}  // namespace mainstay
