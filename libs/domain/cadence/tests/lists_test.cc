// Call list, workload and check-up.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "mainstay/cadence/call_list.h"
#include "mainstay/cadence/checkup.h"
#include "mainstay/cadence/workload.h"

namespace mainstay::cadence {
namespace {

using std::chrono::days;
using std::chrono::hours;

Day D(const char* text) { return ParseDay(text).value(); }
Instant T(const char* text) { return ParseInstant(text).value(); }

CallCandidate Candidate(const char* id, const char* due, const char* overdue, std::optional<int> loss) {
  CallCandidate candidate{ClientId{id}, Tier::kA, D(due), D(overdue), {}, {}};
  if (loss) candidate.expected_loss = Money::FromUnits(*loss * Money::kUnitsPerWhole);
  return candidate;
}

std::string Ids(const CallList& list) {
  std::string ids;
  for (const CallRow& row : list.rows) ids += row.candidate.client.raw() + " ";
  return ids;
}

TEST(CallList, SortsByLossThenDaysOverdueThenClient) {
  const CallList list = MakeCallList(
      {Candidate("d", "2026-01-12", "2026-01-14", {}), Candidate("c", "2026-01-12", "2026-01-14", 5),
       Candidate("b", "2026-01-12", "2026-01-14", 5), Candidate("a", "2026-01-19", "2026-01-21", 5),
       Candidate("e", "2026-01-19", "2026-01-21", 9), Candidate("tomorrow", "2026-01-20", "2026-01-22", 99)},
      {.day = D("2026-01-19")}, WorkCalendar());
  EXPECT_EQ(Ids(list), "e b c a d ");
  EXPECT_EQ(list.due, 5);
  EXPECT_EQ(list.minutes, 25);
  EXPECT_EQ(list.capacity_minutes, 60);
  EXPECT_EQ(list.rows[1].days_overdue, 5);
  EXPECT_EQ(list.rows[0].days_overdue, 0) << "not overdue yet is not a negative number";
}

TEST(CallList, FitsTheMinutesOfTheDay) {
  std::vector<CallCandidate> many;
  many.reserve(40);
  for (int i = 0; i < 40; ++i) many.push_back(Candidate(std::to_string(i).c_str(), "2026-01-12", "2026-01-14", i));
  const CallList list = MakeCallList(many, {.day = D("2026-01-19")}, WorkCalendar());
  EXPECT_EQ(list.rows.size(), 12u);
  EXPECT_EQ(list.rows.front().candidate.client.raw(), "39");
  EXPECT_EQ(list.due, 40);
  EXPECT_EQ(MakeCallList(many, {.day = D("2026-01-19"), .all = true}, WorkCalendar()).rows.size(), 40u);
  EXPECT_EQ(MakeCallList(many, {.day = D("2026-01-19"), .weekly_minutes = 324}, WorkCalendar()).rows.size(), 12u)
      << "64 minutes hold 12 calls of 5";
  const CallList sunday = MakeCallList(many, {.day = D("2026-01-18")}, WorkCalendar());
  EXPECT_EQ(sunday.capacity_minutes, 0);
  EXPECT_TRUE(sunday.rows.empty());
  EXPECT_EQ(sunday.due, 40);
}

TEST(CallList, AShorterWeekHasLongerDays) {
  const WorkCalendar holiday = WorkCalendar::Make(WorkCalendar::kMondayToFriday, {D("2026-01-01")}).value();
  EXPECT_EQ(MinutesOfDay(300, D("2026-01-02"), holiday), 75);
  EXPECT_EQ(MinutesOfDay(299, D("2026-01-02"), holiday), 74);
  EXPECT_EQ(MinutesOfDay(300, D("2026-01-01"), holiday), 0);
  EXPECT_EQ(MinutesOfDay(300, D("2026-01-05"), holiday), 60);
}

TEST(Workload, TheTwoHundredClientsOfTheBook) {
  EXPECT_DOUBLE_EQ(CallsPerWeek({40, 40, 120}, {}), 60);
  EXPECT_NEAR(CallsPerWeek({40, 32, 128}, {}), 58.67, .005);
  EXPECT_NEAR(CallsPerWeekOfYear({40, 32, 128}, {}), 57.23, .005);
  const Workload workload = MakeWorkload({{RepId{"ann"}, 300, {40, 40, 120}}}, {}, 5);
  EXPECT_DOUBLE_EQ(workload.calls_per_week, 60);
  EXPECT_DOUBLE_EQ(workload.hours_per_week, 5.0);
  EXPECT_DOUBLE_EQ(workload.by_tier[1].calls_per_week, 10);
  EXPECT_FALSE(workload.reps.front().OverCapacity()) << "300 minutes are exactly enough";
}

TEST(Workload, NamesTheRepsOverCapacity) {
  const Workload workload = MakeWorkload({{RepId{"zoe"}, 300, {61, 0, 0}}, {RepId{"ann"}, 60, {1, 4, 12}}}, {}, 5);
  ASSERT_EQ(workload.reps.size(), 2u);
  EXPECT_EQ(workload.reps[0].rep, RepId{"ann"});
  EXPECT_DOUBLE_EQ(workload.reps[0].minutes, 15);
  EXPECT_EQ(workload.reps[0].clients, 17);
  EXPECT_FALSE(workload.reps[0].OverCapacity());
  EXPECT_TRUE(workload.reps[1].OverCapacity());
  EXPECT_DOUBLE_EQ(workload.calls_per_week, 64);
}

TEST(Workload, AClientWithoutCadenceCountsNowhere) {
  TierCounts counts;
  for (const Tier tier : {Tier::kA, Tier::kNone, Tier::kC, Tier::kC}) counts.Add(tier);
  EXPECT_EQ(counts, (TierCounts{1, 0, 2}));
}

Checkup Days(const std::vector<std::optional<std::int64_t>>& since_touch) {
  std::vector<CheckupClient> clients;
  clients.reserve(since_touch.size());
  for (const auto& value : since_touch) clients.push_back({ClientId{"c" + std::to_string(clients.size())}, value});
  return MakeCheckup(clients, {}, T("2026-06-01T12:00:00Z"), ZoneRules());
}

TEST(Checkup, MedianIsTheMeanOfTheMiddleTwoAndP90TheNearestRank) {
  const Checkup even = Days({7, 1, 3, 4});
  EXPECT_EQ(even.median, 3.5);
  EXPECT_EQ(even.p90, 7);
  EXPECT_EQ(even.worst, 7);
  const Checkup odd = Days({9, 1, 5});
  EXPECT_EQ(odd.median, 5);
  const Checkup ten = Days({10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
  EXPECT_EQ(ten.p90, 9);
  EXPECT_EQ(ten.worst, 10);
  std::vector<std::optional<std::int64_t>> eleven{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
  EXPECT_EQ(Days(eleven).p90, 10);  // ceil(9.9) = 10th.
  EXPECT_EQ(Days({4}).median, 4);
  EXPECT_EQ(Days({4}).p90, 4);
}

TEST(Checkup, ClientsNeverTouchedAreCountedApart) {
  const Checkup some = Days({4, {}, 9, {}, 4});
  EXPECT_EQ(some.clients, 5);
  EXPECT_EQ(some.never, 2);
  EXPECT_EQ(some.median, 4);
  EXPECT_EQ(some.rows, (std::vector<ClientDays>{{ClientId{"c2"}, 9}, {ClientId{"c0"}, 4}, {ClientId{"c4"}, 4}}));
  const Checkup none = Days({{}, {}});
  EXPECT_EQ(none.never, 2);
  EXPECT_FALSE(none.median || none.p90 || none.worst);
  EXPECT_TRUE(none.rows.empty());
}

TEST(Checkup, DaysAreLocalDatesApart) {
  const ZoneRules east{"Test/East", "", hours{10}, {}};
  EXPECT_EQ(DaysSinceTouch(T("2026-01-05T13:59:00Z"), T("2026-01-05T14:01:00Z"), east), 1);
  EXPECT_EQ(DaysSinceTouch(T("2026-01-05T13:59:00Z"), T("2026-01-05T14:01:00Z"), ZoneRules()), 0);
  EXPECT_EQ(DaysSinceTouch(T("2026-01-05T14:00:00Z"), T("2026-01-01T00:00:00Z"), ZoneRules()), 0);
}

TEST(Checkup, WindowsArePastYearAndThisYearInTheBooksZone) {
  const Instant now = T("2026-06-01T12:00:00Z");
  const ZoneRules west{"Test/West", "", hours{-5}, {}};
  CheckupEvents events;
  events.emergencies = {{EventId{"now"}, now},
                        {EventId{"in"}, now - days{365} + Duration{1}},
                        {EventId{"out"}, now - days{365}},
                        {EventId{"future"}, now + Duration{1}}};
  events.competitor_calls = {{EventId{"new year"}, T("2026-01-01T05:00:00Z")},
                             {EventId{"old year"}, T("2026-01-01T04:59:59.999Z")}};
  events.referrals = {{EventId{"b"}, now - days{1}}, {EventId{"a"}, now - days{1}}};
  const Checkup checkup = MakeCheckup({}, events, now, west);
  EXPECT_EQ(checkup.emergencies.event_ids, (std::vector<EventId>{EventId{"in"}, EventId{"now"}}));
  EXPECT_EQ(checkup.competitor_calls.event_ids, (std::vector<EventId>{EventId{"new year"}}));
  EXPECT_EQ(checkup.referrals.event_ids, (std::vector<EventId>{EventId{"a"}, EventId{"b"}}));
  EXPECT_EQ(checkup.lost_to_competition.count, 0);
}

}  // namespace
}  // namespace mainstay::cadence
