#include "mainstay/risk/next_crossing.h"

#include <gtest/gtest.h>

#include <map>

#include "clients.h"
#include "mainstay/testing/seed.h"

namespace mainstay::risk {
namespace {

const RiskSubject kAcme{BookId{"north"}, ClientId{"acme"}};
const LevelPolicy kPolicy;
const ChurnParameters kDefault;

RiskDecision Look(const ChurnCurve& curve, const RiskState& state, Instant now) {
  return Evaluate(kAcme, state, curve.Excess(now), RuleConditions(curve.facts().signals), kPolicy, now,
                  TimerCause(EventId{"o"}, now));
}

// The answer, and whether something changes there.
struct Crossing {
  Instant at;
  bool changes = false;
  friend bool operator==(const Crossing&, const Crossing&) = default;
};
Crossing Next(const ChurnCurve& curve, const RiskState& state, Instant now, std::optional<Instant> armed = {}) {
  const Instant at = NextCrossing(curve, state, kPolicy, now, armed);
  return {at, WouldChange(state, curve.Excess(at), RuleConditions(curve.facts().signals), kPolicy, at)};
}

TEST(NextCrossing, AMonthlyBuyerFallsSilentAtTheInstantTheTimerSays) {
  const ClientFacts monthly = RegularBuyer(36, weeks{156});
  const ChurnCurve curve{monthly, kDefault};
  RiskState state = Look(curve, {}, kToday).next;
  Instant now = kToday;
  std::vector<RiskLevel> levels;
  int rearmed = 0;
  for (int timer = 0; timer < 12; ++timer) {
    const Crossing crossing = Next(curve, state, now);
    if (!crossing.changes) {
      EXPECT_EQ(crossing.at, now + days{35});
      EXPECT_TRUE(Look(curve, state, crossing.at).facts.empty());
      ++rearmed;
    } else {
      EXPECT_TRUE(Look(curve, state, crossing.at - 1s).facts.empty());
      const RiskDecision decision = Look(curve, state, crossing.at);
      ASSERT_EQ(decision.facts.size(), 1U);
      levels.push_back(decision.facts[0].level);
      state = decision.next;
    }
    now = crossing.at;
  }
  EXPECT_EQ(levels, (std::vector{RiskLevel::kElevated, RiskLevel::kHigh}));
  EXPECT_GT(rearmed, 0);
}

TEST(NextCrossing, ARuleEndsOnItsMillisecond) {
  ClientFacts annual = RegularBuyer(3, weeks{156});
  const Instant call_at = kToday + Duration{12'345'678};
  annual.signals.competitor_calls = {{EventId{"call"}, call_at}};
  const ChurnCurve curve{annual, kDefault};
  const RiskState state = Look(curve, {}, kToday + 10h).next;
  ASSERT_EQ(state.level, RiskLevel::kElevated);
  const Crossing first = Next(curve, state, kToday + 10h);
  EXPECT_FALSE(first.changes);
  const Crossing second = Next(curve, state, first.at);
  EXPECT_TRUE(second.changes);
  EXPECT_EQ(second.at, call_at + weeks{8});
}

TEST(NextCrossing, AFactThatIsDueAlreadyIsDueNow) {
  const ClientFacts monthly = RegularBuyer(36, weeks{156});
  const ChurnCurve curve{monthly, kDefault};
  const Instant late = kToday + weeks{60};
  EXPECT_EQ(Next(curve, {}, late), (Crossing{late, true}));
}

// Goal: a timer is never early, never late, and never misses a change that lasts.
// Method: any clients; at the instant returned the fact is there, one second before it is not, and at no quarter of a
// day in between was it (a finer walk than the one under test).
TEST(NextCrossing, FiringAtTheInstantGivesTheFactAndASecondBeforeDoesNot) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  std::map<std::string, int> seen;
  for (int i = 0; i < 1500; ++i) {
    const ClientFacts facts = AnyClient(random, kToday);
    ChurnParameters parameters;
    parameters.model.k = 1 + static_cast<int>(Below(random, 2));
    const ChurnCurve curve{facts, parameters};
    RiskState state = Look(curve, {}, kToday).next;
    Instant now = kToday;
    for (int timer = 0; timer < 6; ++timer) {
      const Crossing crossing = Next(curve, state, now);
      ASSERT_EQ(crossing, Next(curve, state, now));
      ASSERT_GT(crossing.at, now);
      ASSERT_LE(crossing.at, now + days{35});
      for (Instant look = now + 24h; look + 1s < crossing.at; look += 24h) {
        ASSERT_TRUE(Look(curve, state, look).facts.empty()) << "missed a change at " << FormatInstant(look);
      }
      const RiskDecision decision = Look(curve, state, crossing.at);
      ASSERT_EQ(decision.facts.empty(), !crossing.changes);
      if (crossing.changes && crossing.at - 1s > now) {
        ASSERT_TRUE(Look(curve, state, crossing.at - 1s).facts.empty()) << FormatInstant(crossing.at);
      }
      for (const RiskChange& fact : decision.facts) {
        ++seen[fact.level > fact.previous ? "up" : "down"];
        ++seen[std::string{RiskTriggerName(fact.trigger)}];
      }
      if (!crossing.changes) ++seen["rearmed"];
      if (curve.NeverFalls()) ++seen["shortcut"];
      if (!curve.NeverFalls() && curve.IsBounded(now, crossing.at)) ++seen["glance"];
      state = decision.next;
      now = crossing.at;
    }
  }
  for (const char* what : {"up", "down", "LEVEL", "RULE", "rearmed", "shortcut", "glance"}) {
    EXPECT_GT(seen[what], 0) << "never saw " << what;
  }
}

// Goal: whoever finds a client at LOW may ask for the crossing alone.
// Method: any clients, seen for the first time; the answer is later than now if and only if evaluating now decides
// nothing and leaves nothing to remember.
TEST(NextCrossing, OfAClientAtLowItTellsWhetherThereIsAnythingToEvaluate) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  LevelPolicy policy;
  policy.early_warnings = true;
  int due = 0;
  constexpr int kClients = 4000;
  for (int i = 0; i < kClients; ++i) {
    const ClientFacts facts = AnyClient(random, kToday);
    ChurnParameters parameters;
    parameters.model.k = 1 + static_cast<int>(Below(random, 2));
    const ChurnCurve curve{facts, parameters};
    std::optional<Instant> armed;
    if (Below(random, 2) == 0) armed = kToday + std::chrono::hours{static_cast<int>(Below(random, 900))};
    const RiskDecision decision = Evaluate(kAcme, {}, curve.StandingAt(kToday), RuleConditions(facts.signals), policy,
                                           kToday, EventCause(EventId{"e"}));
    const bool nothing = decision.facts.empty() && decision.next == RiskState{};
    ASSERT_EQ(NextCrossing(curve, {}, policy, kToday, armed) > kToday, nothing);
    due += nothing ? 0 : 1;
  }
  EXPECT_TRUE(due > kClients / 20 && due < kClients - kClients / 20) << due << " of " << kClients;
}

// The control of the test before the last: a client whose deadline passes must be caught by the step, not by the daily
// grid.
TEST(NextCrossing, AMissedDeadlineRaisesTheLevelWhenItPasses) {
  ClientFacts facts = RegularBuyer(36, weeks{156}, kToday - days{44});
  facts.signals.rules_from = kToday + days{9};  // Only the signal speaks, not the rule.
  facts.signals.emergencies = {{EventId{"e"}, kToday, kToday + 31h, std::nullopt},
                               {EventId{"f"}, kToday + 1min, kToday + 31h, std::nullopt},
                               {EventId{"g"}, kToday + 2min, kToday + 31h, std::nullopt}};
  const ChurnCurve curve{facts, kDefault};
  const RiskState state = Look(curve, {}, kToday + 1h).next;
  ASSERT_EQ(state.level, RiskLevel::kLow);
  const Crossing crossing = Next(curve, state, kToday + 1h);
  EXPECT_TRUE(crossing.changes);
  EXPECT_EQ(crossing.at, kToday + 31h + Duration{1});
}

// A timer that stays where it is is never moved for nothing, and never hides what comes before it.
TEST(NextCrossing, AnArmedTimerAheadBoundsTheLook) {
  const ClientFacts monthly = RegularBuyer(36, weeks{156});
  const ChurnCurve curve{monthly, kDefault};
  const RiskState state = Look(curve, {}, kToday).next;
  const Crossing free = Next(curve, state, kToday);
  ASSERT_FALSE(free.changes);
  EXPECT_EQ(Next(curve, state, kToday, kToday + days{20}), (Crossing{kToday + days{20}, false}));
  EXPECT_EQ(Next(curve, state, kToday, kToday), free) << "it fires now and waits no more";
  EXPECT_EQ(Next(curve, state, kToday, kToday + days{36}), free) << "nobody has looked that far";
}

TEST(NextCrossing, AnArmedCrossingKeepsItsInstantUntilTheFactsMoveIt) {
  ClientFacts annual = RegularBuyer(3, weeks{156});
  annual.signals.competitor_calls = {{EventId{"call"}, kToday}};
  const ChurnCurve falling{annual, kDefault};
  const ClientFacts monthly = RegularBuyer(36, weeks{156}, kToday - days{44});
  const ChurnCurve rising{monthly, kDefault};
  for (const ChurnCurve* curve : {&falling, &rising}) {
    Instant now = kToday + 1h;
    RiskState state = Look(*curve, {}, now).next;
    Crossing crossing = Next(*curve, state, now);
    for (int looks = 0; !crossing.changes && looks < 20; ++looks) {
      now = crossing.at;
      crossing = Next(*curve, state, now);
    }
    ASSERT_TRUE(crossing.changes);
    ASSERT_GT(crossing.at - now, 2h);
    EXPECT_EQ(Next(*curve, state, now + 37min, crossing.at), crossing);
    EXPECT_EQ(Next(*curve, state, now + 37min), crossing) << "wherever the search begins";
    const Instant late = std::min(crossing.at + 5h, now + 37min + days{35} - 1h);
    EXPECT_EQ(Next(*curve, state, now + 37min, late), crossing) << "an armed timer behind it does not hide it";
  }
}

}  // namespace
}  // namespace mainstay::risk
