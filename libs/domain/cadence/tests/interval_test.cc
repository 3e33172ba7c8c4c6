#include "mainstay/cadence/interval.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "mainstay/base/hash.h"

namespace mainstay::cadence {
namespace {

using std::chrono::days;

Day D(const char* text) { return ParseDay(text).value(); }
WorkCalendar EveryDay() { return WorkCalendar::Make(0b111'1111, {}).value(); }

const CadenceTerms kTerms;

struct Step {
  const char* from;
  Tier tier;
  const char* to;
};

class Interval : public ::testing::TestWithParam<Step> {};

TEST_P(Interval, IsSevenDaysOneMonthOrThreeClampedToTheMonthsEnd) {
  EXPECT_EQ(FormatDay(AddInterval(D(GetParam().from), GetParam().tier, kTerms)), GetParam().to) << GetParam().from;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Interval,
    ::testing::Values(Step{"2026-01-05", Tier::kA, "2026-01-12"}, Step{"2026-02-25", Tier::kA, "2026-03-04"},
                      Step{"2028-02-25", Tier::kA, "2028-03-03"}, Step{"2026-12-28", Tier::kA, "2027-01-04"},
                      Step{"2026-01-31", Tier::kB, "2026-02-28"}, Step{"2028-01-31", Tier::kB, "2028-02-29"},
                      Step{"2026-01-30", Tier::kB, "2026-02-28"}, Step{"2026-02-28", Tier::kB, "2026-03-28"},
                      Step{"2026-12-31", Tier::kB, "2027-01-31"}, Step{"2026-08-31", Tier::kB, "2026-09-30"},
                      Step{"2026-11-30", Tier::kC, "2027-02-28"}, Step{"2027-11-30", Tier::kC, "2028-02-29"},
                      Step{"2026-01-31", Tier::kC, "2026-04-30"}, Step{"2026-10-15", Tier::kC, "2027-01-15"},
                      Step{"2028-02-29", Tier::kC, "2028-05-29"}));

TEST(DueDay, MovesToTheNextWorkingDayOfTheBook) {
  EXPECT_EQ(DueDay(D("2026-01-05"), Tier::kA, kTerms, WorkCalendar()), D("2026-01-12"));  // Monday to Monday.
  EXPECT_EQ(DueDay(D("2026-01-10"), Tier::kA, kTerms, WorkCalendar()), D("2026-01-19"));  // Saturday, then Monday.
  const WorkCalendar holiday = WorkCalendar::Make(WorkCalendar::kMondayToFriday, {D("2026-01-19")}).value();
  EXPECT_EQ(DueDay(D("2026-01-10"), Tier::kA, kTerms, holiday), D("2026-01-20"));
  EXPECT_EQ(DueDay(D("2026-01-31"), Tier::kB, kTerms, WorkCalendar()), D("2026-03-02"));  // 28 February is a Saturday.
}

TEST(OverdueDay, IsTheWorkingDayAfterTheGrace) {
  EXPECT_EQ(OverdueDay(D("2026-01-12"), Tier::kA, kTerms, WorkCalendar()), D("2026-01-14"));
  EXPECT_EQ(OverdueDay(D("2026-01-15"), Tier::kA, kTerms, WorkCalendar()), D("2026-01-19"));  // Saturday, then Monday.
  EXPECT_EQ(OverdueDay(D("2026-01-12"), Tier::kB, kTerms, WorkCalendar()), D("2026-01-19"));
  EXPECT_EQ(OverdueDay(D("2026-01-12"), Tier::kC, kTerms, WorkCalendar()), D("2026-01-26"));
  EXPECT_EQ(OverdueDay(D("2026-01-15"), Tier::kA, kTerms, EveryDay()), D("2026-01-17"));
}

TEST(SpreadDay, IsWorkingDayOnePlusHashModuloN) {
  // Working days in (Fri 9 January, Fri 16 January]: Monday to Friday, N = 5.
  EXPECT_EQ(SpreadDay(D("2026-01-09"), Tier::kA, kTerms, WorkCalendar(), 0), D("2026-01-12"));
  EXPECT_EQ(SpreadDay(D("2026-01-09"), Tier::kA, kTerms, WorkCalendar(), 4), D("2026-01-16"));
  EXPECT_EQ(SpreadDay(D("2026-01-09"), Tier::kA, kTerms, WorkCalendar(), 5), D("2026-01-12"));
  // The sign bit is masked, not the absolute value taken: -1 & 0x7fffffff = 2147483647 = 2 mod 5.
  EXPECT_EQ(SpreadDay(D("2026-01-09"), Tier::kA, kTerms, WorkCalendar(), -1), D("2026-01-14"));
  // One calendar month from 31 January ends on 28 February: 20 working days.
  EXPECT_EQ(SpreadDay(D("2026-01-31"), Tier::kB, kTerms, WorkCalendar(), 19), D("2026-02-27"));
  EXPECT_EQ(SpreadDay(D("2026-01-31"), Tier::kB, kTerms, WorkCalendar(), 20), D("2026-02-02"));
}

TEST(SpreadDay, WithoutAWorkingDayInTheIntervalIsTheFirstAfterIt) {
  std::vector<Day> closed;
  for (Day day = D("2026-01-10"); day <= D("2026-01-16"); day += days{1}) closed.push_back(day);
  const WorkCalendar calendar = WorkCalendar::Make(WorkCalendar::kMondayToFriday, closed).value();
  EXPECT_EQ(SpreadDay(D("2026-01-09"), Tier::kA, kTerms, calendar, 3), D("2026-01-19"));
}

TEST(SpreadDay, TwoHundredClientsAreSpreadOverAllWorkingDays) {
  for (const Tier tier : {Tier::kA, Tier::kB, Tier::kC}) {
    const Day today = D("2026-01-09");
    const int n = WorkCalendar().CountWorkingDays(today, AddInterval(today, tier, kTerms));
    std::map<Day, int> load;
    for (int i = 0; i < 200; ++i) {
      const Day day = SpreadDay(today, tier, kTerms, WorkCalendar(), Murmur2("client-" + std::to_string(i)));
      EXPECT_TRUE(WorkCalendar().IsWorkingDay(day));
      EXPECT_GT(day, today);
      EXPECT_LE(day, AddInterval(today, tier, kTerms));
      ++load[day];
    }
    EXPECT_GE(static_cast<int>(load.size()), n * 9 / 10) << TierName(tier);
    for (const auto& [day, calls] : load) EXPECT_LE(calls, 3 * 200 / n + 5) << FormatDay(day);
  }
}

}  // namespace
}  // namespace mainstay::cadence
