#include "mainstay/segmentation/tiering.h"

#include <gtest/gtest.h>

namespace mainstay::segmentation {
namespace {

using std::chrono::days;
using enum Tier;

constexpr Instant At(int day) { return Instant{days{day}}; }
constexpr Duration kMs{1};
constexpr Duration kGrace = TierRules{}.grace;

Money Of(std::int64_t units) { return Money::FromUnits(units); }

// The line below A is 10,000, the line below B 1,000.
const TierLines kLines{{Of(10'000), Of(10'000)}, {Of(1'000), Of(1'000)}};

TierInput Input(int day, std::int64_t revenue, Tier rank_tier) {
  TierInput input;
  input.now = At(day);
  input.revenue = Of(revenue);
  input.rank_tier = rank_tier;
  input.lines = kLines;
  return input;
}

TierInput Timer(Instant now, std::int64_t revenue, Tier rank_tier) {
  TierInput input = Input(0, revenue, rank_tier);
  input.trigger = TierTrigger::kTimer;
  input.now = now;
  return input;
}

TierState Rest(Tier tier) { return {tier, tier, std::nullopt}; }

TEST(Tiering, ANewOrReturningClientStartsWithItsRankTier) {
  for (const Tier rank_tier : {kA, kB, kC}) {
    const TierDecision decision = DecideTier(TierState{}, Input(0, 500, rank_tier));
    EXPECT_EQ(decision.next, Rest(rank_tier));
    EXPECT_FALSE(decision.check_at.has_value());
  }
}

TEST(Tiering, AClientThatStopsPayingLosesItsTierAtOnceEvenInGrace) {
  TierInput input = Input(5, 0, kNone);
  input.grace_until = At(100);
  input.lines.reset();
  const TierDecision decision = DecideTier({kA, kB, At(1)}, input);
  EXPECT_EQ(decision.next, TierState{});
  EXPECT_FALSE(decision.check_at.has_value());
}

TEST(Tiering, MarginPatienceAndGraceAreThoseOfThePolicy) {
  const TierRules rules = RulesOf({.tier_margin = .05, .tier_patience_days = 3, .tier_grace_days = 10});
  EXPECT_EQ(rules, (TierRules{500, days{3}, days{10}}));
  EXPECT_EQ(RulesOf({}), TierRules{});
  TierInput input = Input(0, 10'500, kA);
  input.rules = rules;
  const TierDecision waits = DecideTier(Rest(kB), input);
  EXPECT_EQ(waits.next, (TierState{kB, kA, At(0)}));
  EXPECT_EQ(waits.check_at, At(3));
  input.revenue = Of(10'501);
  EXPECT_EQ(DecideTier(Rest(kB), input).next, Rest(kA));
  TierInput timer = Timer(At(3), 10'500, kA);
  timer.rules = rules;
  EXPECT_EQ(DecideTier(waits.next, timer).next, Rest(kA));
  EXPECT_EQ(GraceUntil(std::nullopt, At(20), std::nullopt, rules.grace), At(30));
  input = Input(0, 10'001, kA);
  input.rules = RulesOf({.tier_margin = 0});
  EXPECT_EQ(DecideTier(Rest(kB), input).next, Rest(kA)) << "without a margin, beyond the line is enough";
}

TEST(Tiering, MovesAtOnceWhenTheLineIsPassedByMoreThanTwoPercent) {
  EXPECT_EQ(DecideTier(Rest(kB), Input(0, 10'201, kA)).next, Rest(kA));
  EXPECT_EQ(DecideTier(Rest(kB), Input(0, 10'200, kA)).next, (TierState{kB, kA, At(0)}));
  EXPECT_EQ(DecideTier(Rest(kA), Input(0, 9'799, kB)).next, Rest(kB));
  EXPECT_EQ(DecideTier(Rest(kA), Input(0, 9'800, kB)).next, (TierState{kA, kB, At(0)}));
}

TEST(Tiering, TheRestFollowsAfterFourteenDaysAndNotAMillisecondBefore) {
  const TierDecision waiting = DecideTier(Rest(kB), Input(3, 10'100, kA));
  ASSERT_EQ(waiting.check_at, At(17));
  EXPECT_EQ(DecideTier(waiting.next, Timer(At(17) - kMs, 10'100, kA)).next.tier, kB);
  const TierDecision moved = DecideTier(waiting.next, Timer(At(17), 10'100, kA));
  EXPECT_EQ(moved.next, Rest(kA));
  EXPECT_FALSE(moved.check_at.has_value());
}

TEST(Tiering, MovesToTheFurthestTierWhoseEveryLineIsPassedAndKeepsTheFirstMoment) {
  const TierDecision part = DecideTier(Rest(kC), Input(3, 10'100, kA));
  EXPECT_EQ(part.next, (TierState{kB, kA, At(3)})) << "the line of B is passed, the line of A not by 2 %";
  EXPECT_EQ(part.check_at, At(17));
  EXPECT_EQ(DecideTier(Rest(kC), Input(3, 20'000, kA)).next, Rest(kA));
  EXPECT_EQ(DecideTier(Rest(kA), Input(3, 990, kC)).next, (TierState{kB, kC, At(3)}));
  EXPECT_EQ(DecideTier(Rest(kA), Input(3, 900, kC)).next, Rest(kC));
  // Later lines on the way are not passed by their own: nothing is skipped.
  TierInput steep = Input(3, 1'010, kC);
  steep.lines = TierLines{{Of(1'020), Of(1'010)}, {Of(5'000), Of(5'000)}};
  EXPECT_EQ(DecideTier(Rest(kA), steep).next.tier, kA) << "the nearer line is not passed";
}

TEST(Tiering, APartialMoveAtALaterMoveKeepsTheFirstMoment) {
  const TierState waiting{kC, kA, At(3)};
  const TierDecision later = DecideTier(waiting, Input(9, 10'100, kA));
  EXPECT_EQ(later.next, (TierState{kB, kA, At(3)}));
  EXPECT_EQ(later.check_at, At(17));
}

TEST(Tiering, ComingBackToItsTierForgetsTheMoment) {
  const TierDecision back = DecideTier({kB, kA, At(3)}, Input(9, 9'990, kB));
  EXPECT_EQ(back.next, Rest(kB));
  EXPECT_FALSE(back.check_at.has_value());
  EXPECT_EQ(DecideTier(back.next, Input(11, 10'100, kA)).next.differs_since, At(11));
}

TEST(Tiering, NobodyOutsideTheLineMeansAtOnce) {
  TierInput alone = Input(0, 10, kA);
  alone.lines = TierLines{{Of(10), std::nullopt}, {Of(10), std::nullopt}};
  EXPECT_EQ(DecideTier(Rest(kC), alone).next, Rest(kA));
}

TEST(Tiering, InGraceAClientIsPromotedButNeverDemoted) {
  TierInput down = Input(3, 1, kC);
  down.grace_until = At(100);
  const TierDecision held = DecideTier(Rest(kA), down);
  EXPECT_EQ(held.next, (TierState{kA, kC, At(3)}));
  EXPECT_EQ(held.check_at, At(100)) << "nothing can happen before grace ends";
  TierInput up = Input(4, 20'000, kA);
  up.grace_until = At(100);
  EXPECT_EQ(DecideTier(Rest(kC), up).next, Rest(kA));
}

TEST(Tiering, TheFourteenDaysRunDuringGrace) {
  const TierState held{kA, kB, At(90)};
  TierInput end = Timer(At(100), 9'900, kB);
  end.grace_until = At(100);
  const TierDecision soon = DecideTier(held, end);
  EXPECT_EQ(soon.next.tier, kA) << "10 days, and within 2 % of the line";
  EXPECT_EQ(soon.check_at, At(104));
  EXPECT_EQ(DecideTier({kA, kB, At(80)}, end).next, Rest(kB)) << "20 days";
  end.revenue = Of(5'000);
  EXPECT_EQ(DecideTier(held, end).next, Rest(kB)) << "tested by 2 % at the end of grace";
  end.now = At(100) - kMs;
  EXPECT_EQ(DecideTier(held, end).next.tier, kA);
}

TEST(Tiering, WhileTheBookSettlesRankDecidesWithoutGrace) {
  TierInput input = Input(3, 9'990, kB);
  input.settling = true;
  input.grace_until = At(100);
  EXPECT_EQ(DecideTier({kA, kC, At(1)}, input).next, Rest(kB));
}

TEST(Tiering, ANewPolicySetsTheTierOfAllButClientsInGrace) {
  TierInput input = Input(3, 9'990, kC);
  input.trigger = TierTrigger::kPolicySet;
  EXPECT_EQ(DecideTier({kA, kB, At(1)}, input).next, Rest(kC));
  input.grace_until = At(100);
  EXPECT_EQ(DecideTier({kA, kB, At(1)}, input).next, (TierState{kA, kC, At(1)}));
  input.rank_tier = kA;
  input.revenue = Of(20'000);
  EXPECT_EQ(DecideTier(Rest(kC), input).next, Rest(kA)) << "its rank_tier changed, so it is tested, and rises";
  EXPECT_EQ(DecideTier({kC, kA, At(1)}, input).next, (TierState{kC, kA, At(1)})) << "only a line moved: no test";
}

TEST(Tiering, GraceCountsFromSinceElseFromTheEarlierOfRegistrationAndFirstOrder) {
  const Day since = FromDayNumber(10);
  EXPECT_EQ(GraceUntil(since, At(1), At(2), kGrace), At(190));
  EXPECT_EQ(GraceUntil(std::nullopt, At(50), At(20), kGrace), At(200));
  EXPECT_EQ(GraceUntil(std::nullopt, At(20), At(50), kGrace), At(200));
  EXPECT_EQ(GraceUntil(std::nullopt, At(20), std::nullopt, kGrace), At(200));
  EXPECT_EQ(GraceUntil(std::nullopt, std::nullopt, At(20), kGrace), At(200));
  EXPECT_EQ(GraceUntil(std::nullopt, std::nullopt, std::nullopt, kGrace), std::nullopt);
}

TEST(Tiering, ABookSettlesFor90DaysOrUntilItsFirstImportIsFinished) {
  BookPhase phase;
  EXPECT_TRUE(Settles(phase, At(0)));
  EXPECT_EQ(SettlingEndsAt(phase, At(0)), std::nullopt);
  phase.first_event_at = At(10);
  EXPECT_TRUE(Settles(phase, At(100) - kMs));
  EXPECT_EQ(SettlingEndsAt(phase, At(50)), At(100));
  EXPECT_FALSE(Settles(phase, At(100)));
  EXPECT_EQ(SettlingEndsAt(phase, At(100)), std::nullopt);
  phase.import_finished = true;
  EXPECT_FALSE(Settles(phase, At(20)));
  phase.importing = true;
  EXPECT_TRUE(Settles(phase, At(1'000))) << "history into a live book";
  EXPECT_EQ(SettlingEndsAt(phase, At(1'000)), std::nullopt);
}

}  // namespace
}  // namespace mainstay::segmentation
