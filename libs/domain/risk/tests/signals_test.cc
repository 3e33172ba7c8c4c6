#include "mainstay/risk/signals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "clients.h"
#include "mainstay/testing/seed.h"

namespace mainstay::risk {
namespace {

double Value(const SignalFacts& facts, SignalKind kind, Instant t, std::int64_t x = 0) {
  return Signals(facts, x, t)[static_cast<std::size_t>(kind)];
}

TEST(Signals, LatenessIsTheLogOfTimesAllowedFromZeroToThree) {
  SignalFacts facts;
  facts.touch = TouchFacts{EventId{"t"}, kToday, 7, true};
  const auto after = [&](int d) { return Value(facts, SignalKind::kTouchLateness, kToday + days{d}); };
  EXPECT_EQ(after(-1), 0);
  EXPECT_EQ(after(0), 0);
  EXPECT_EQ(after(7), 0);
  EXPECT_EQ(after(14), 1);
  EXPECT_EQ(after(28), 2);
  EXPECT_EQ(after(56), 3);
  EXPECT_EQ(after(560), 3);
  facts.touch->connected = false;
  EXPECT_EQ(after(56), 0) << "touch data not connected";
  facts.touch = TouchFacts{EventId{"t"}, kToday, 0, true};
  EXPECT_EQ(after(56), 0) << "no cadence";
}

TEST(Signals, CompetitorCallsHalveEveryEightWeeksAndAddUp) {
  SignalFacts facts;
  facts.competitor_calls = {{EventId{"1"}, kToday}, {EventId{"2"}, kToday + weeks{8}}};
  EXPECT_EQ(Value(facts, SignalKind::kCompetitorCall, kToday - 1h), 0) << "not yet";
  EXPECT_EQ(Value(facts, SignalKind::kCompetitorCall, kToday), 1);
  EXPECT_EQ(Value(facts, SignalKind::kCompetitorCall, kToday + weeks{8}), 1.5);
  EXPECT_EQ(Value(facts, SignalKind::kCompetitorCall, kToday + weeks{69}), 0) << "forgotten after 60 weeks";
}

TEST(Signals, AComplaintIsMitigatedByOrdersWorsenedByASecondAndEasedByRecovery) {
  SignalFacts facts;
  facts.complaints = {{EventId{"1"}, kToday, std::nullopt}};
  EXPECT_EQ(Value(facts, SignalKind::kComplaint, kToday), 1);
  EXPECT_NEAR(Value(facts, SignalKind::kComplaint, kToday, 36), 1 - .15 * std::log(37), 1e-15);
  EXPECT_EQ(Value(facts, SignalKind::kComplaint, kToday, 1'000'000), 0) << "never negative";
  facts.complaints[0].resolved_at = kToday + 1h;
  EXPECT_EQ(Value(facts, SignalKind::kComplaint, kToday), 1);
  EXPECT_EQ(Value(facts, SignalKind::kComplaint, kToday + weeks{8}), .2);
  facts.complaints.push_back({EventId{"2"}, kToday + weeks{8}, std::nullopt});
  EXPECT_NEAR(Value(facts, SignalKind::kComplaint, kToday + weeks{8}), .2 + 1.5, 1e-15);
  facts.complaints[1].at += Duration{1};
  EXPECT_NEAR(Value(facts, SignalKind::kComplaint, kToday + weeks{8} + Duration{1}), .2 + 1, 1e-6) << "no second one";
}

TEST(Signals, AnEmergencyHelpsUntilItsDeadlinePassesUnresolved) {
  SignalFacts facts;
  facts.emergencies = {{EventId{"e"}, kToday, kToday + days{2}, std::nullopt}};
  const auto in_time = [&](Instant t) { return Value(facts, SignalKind::kEmergencyInTime, t); };
  const auto late = [&](Instant t) { return Value(facts, SignalKind::kEmergencyLate, t); };
  const double decayed = std::exp2(-2.0 / 21);
  EXPECT_EQ(in_time(kToday), 1);
  EXPECT_NEAR(in_time(kToday + days{2}), decayed, 1e-15) << "the deadline itself is still in time";
  EXPECT_EQ(late(kToday + days{2}), 0);
  EXPECT_NEAR(late(kToday + days{2} + Duration{1}), decayed, 1e-8);
  facts.emergencies[0].resolved_at = kToday + days{2};
  EXPECT_NEAR(in_time(kToday + weeks{3}), .5, 1e-15);
  facts.emergencies[0].resolved_at = kToday + days{2} + Duration{1};
  EXPECT_NEAR(late(kToday + weeks{3}), .5, 1e-15);
  EXPECT_EQ(in_time(kToday + days{1}), std::exp2(-1.0 / 21)) << "seen from before, nothing was late yet";
}

TEST(Signals, NameTheEventsTheyRestOn) {
  SignalFacts facts;
  facts.emergencies = {{EventId{"in-time"}, kToday, kToday + days{2}, kToday + days{1}},
                       {EventId{"late"}, kToday, kToday + days{2}, kToday + days{3}}};
  facts.complaints = {{EventId{"old"}, kToday - weeks{61}, std::nullopt}, {EventId{"new"}, kToday, std::nullopt}};
  Normalise(facts, kToday);
  const Instant now = kToday + days{4};
  EXPECT_EQ(SignalEvents(facts, SignalKind::kEmergencyInTime, now), std::vector{EventId{"in-time"}});
  EXPECT_EQ(SignalEvents(facts, SignalKind::kEmergencyLate, now), std::vector{EventId{"late"}});
  EXPECT_EQ(SignalEvents(facts, SignalKind::kComplaint, now), std::vector{EventId{"new"}});
  EXPECT_TRUE(SignalEvents(facts, SignalKind::kTouchLateness, now).empty());
}

TEST(Signals, JumpWhereSignalBreaksSays) {
  SignalFacts facts;
  const Instant start = kToday;
  facts.touch = TouchFacts{EventId{"t"}, start + 5h, 7, true};
  facts.complaints = {{EventId{"c"}, start + 3h, start + days{9}}};
  facts.emergencies = {{EventId{"e"}, start + 7h, start + days{2} + 7h, std::nullopt}};
  facts.competitor_calls = {{EventId{"k"}, start - weeks{60} + days{30}}};
  std::vector<Instant> breaks = SignalBreaks(facts, start, start + days{70});
  std::sort(breaks.begin(), breaks.end());
  const Duration moment{1};
  EXPECT_EQ(breaks, (std::vector{start + 3h, start + 7h, start + days{2} + 7h + moment, start + days{7} + 5h,
                                 start + days{9}, start + days{30} + moment, start + days{56} + 5h}));
  for (const Instant at : {breaks[0], breaks[1], breaks[2], breaks[4], breaks[5]}) {
    const SignalValues before = Signals(facts, 0, at - moment);
    const SignalValues on = Signals(facts, 0, at);
    double jump = 0;
    for (std::size_t k = 0; k < kSignalKinds; ++k) jump = std::max(jump, std::abs(on[k] - before[k]));
    EXPECT_GT(jump, 1e-3) << FormatInstant(at);
  }
  EXPECT_EQ(SignalBreaks(facts, start + days{2}, start + days{8}).size(), 2U);
}

TEST(Signals, NormalisingForgetsOnlyWhatCannotMatterAndInAnyOrder) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  SignalFacts facts;
  facts.complaints = {{EventId{"gone"}, kToday - weeks{69}, std::nullopt},
                      {EventId{"first"}, kToday - weeks{66}, std::nullopt},
                      {EventId{"second"}, kToday - weeks{59}, std::nullopt}};
  facts.emergencies = {{EventId{"open"}, kToday - weeks{100}, kToday - weeks{99}, std::nullopt},
                       {EventId{"done"}, kToday - weeks{100}, kToday - weeks{99}, kToday - weeks{98}}};
  for (std::size_t i = 0; i < kSignalEvents + 9; ++i) {
    facts.competitor_calls.push_back({EventId{"call" + std::to_string(i)}, kToday - days{static_cast<int>(i)}});
  }
  facts.competitor_calls.push_back(facts.competitor_calls.front());
  SignalFacts shuffled = facts;
  std::shuffle(shuffled.complaints.begin(), shuffled.complaints.end(), random);
  std::shuffle(shuffled.emergencies.begin(), shuffled.emergencies.end(), random);
  std::shuffle(shuffled.competitor_calls.begin(), shuffled.competitor_calls.end(), random);
  const SignalValues before = Signals(facts, 3, kToday);
  Normalise(facts, kToday);
  Normalise(shuffled, kToday);
  EXPECT_EQ(facts, shuffled);
  ASSERT_EQ(facts.complaints.size(), 2U);
  EXPECT_EQ(Signals(facts, 3, kToday)[1], before[1]) << "the second complaint is still a second one";
  ASSERT_EQ(facts.emergencies.size(), 1U);
  EXPECT_EQ(facts.emergencies[0].event, EventId{"open"});
  EXPECT_EQ(facts.competitor_calls.size(), kSignalEvents);
  EXPECT_EQ(facts.competitor_calls.back().event, EventId{"call0"});
}

TEST(RuleConditions, HoldAsLongAsTheRuleSays) {
  SignalFacts facts;
  facts.emergencies = {{EventId{"open"}, kToday, kToday + days{2}, std::nullopt},
                       {EventId{"done"}, kToday, kToday + days{2}, kToday + days{3}}};
  facts.complaints = {{EventId{"long"}, kToday, kToday + weeks{20}}, {EventId{"short"}, kToday, kToday + days{5}}};
  facts.competitor_calls = {{EventId{"call"}, kToday}};
  facts.overdue = Overdue{EventId{"overdue"}, kToday, true};
  const auto until = [&](const char* event) -> std::optional<Instant> {
    for (const RuleCondition& condition : RuleConditions(facts)) {
      if (condition.event == EventId{event}) return condition.until;
    }
    ADD_FAILURE() << "no condition of " << event;
    return std::nullopt;
  };
  EXPECT_EQ(until("open"), std::nullopt);
  EXPECT_EQ(until("done"), kToday + days{3});
  EXPECT_EQ(until("long"), kToday + weeks{13});
  EXPECT_EQ(until("short"), kToday + days{5});
  EXPECT_EQ(until("call"), kToday + weeks{8});
  EXPECT_EQ(until("overdue"), std::nullopt);
  EXPECT_EQ(RuleConditions(facts).size(), 6U);

  facts.overdue->raises_risk = false;
  EXPECT_EQ(RuleConditions(facts).size(), 5U);
  facts.rules_from = kToday + Duration{1};
  EXPECT_TRUE(RuleConditions(facts).empty()) << "history raises nothing";
}

}  // namespace
}  // namespace mainstay::risk
