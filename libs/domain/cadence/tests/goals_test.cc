// Goals against their projection, and the reviews that keep them alive.
#include "mainstay/cadence/goals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "mainstay/cadence/reviews.h"
#include "mainstay/testing/seed.h"
#include "mainstay/zoneinfo/zoneinfo.h"

namespace mainstay::cadence {
namespace {

using namespace std::chrono_literals;

Day D(const char* text) { return ParseDay(text).value(); }
Instant T(const char* text) { return ParseInstant(text).value(); }

GoalSet Plan(double baseline, double target, const char* by, std::vector<GoalPoint> projection = {}) {
  return {GoalId{"g"}, "faster onboarding", "days", baseline, target, D(by), std::move(projection)};
}

Goal GoalOf(const GoalSet& plan, const char* set_at) {
  Goal goal;
  goal.id = plan.goal;
  EXPECT_EQ(SetGoal(goal, plan, T(set_at), EventId{"set"}), GoalAnswer::kTaken);
  return goal;
}

Measurement Measured(const char* at, double value, const char* event = "m") { return {T(at), EventId{event}, value}; }

TEST(Goals, ProgressIsThePartOfTheWayThatThePlanAskedForByThatDay) {
  // 0 to 100 in 100 days: half way asks for 50.
  const Goal goal = GoalOf(Plan(0, 100, "2026-04-11"), "2026-01-01T09:00:00Z");
  const GoalStanding half = StandingOf(goal, Measured("2026-02-20T09:00:00Z", 40), ZoneRules());
  EXPECT_DOUBLE_EQ(half.projected, 50);
  EXPECT_DOUBLE_EQ(*half.progress, 80);
  EXPECT_TRUE(half.behind);
  EXPECT_FALSE(StandingOf(goal, Measured("2026-02-20T09:00:00Z", 50), ZoneRules()).behind);
  EXPECT_DOUBLE_EQ(*StandingOf(goal, Measured("2027-02-20T09:00:00Z", 150), ZoneRules()).progress, 150);
}

TEST(Goals, AGoalThatIsToFallIsOnPlanWhenItFalls) {
  const Goal goal = GoalOf(Plan(10, 2, "2026-01-09"), "2026-01-01T09:00:00Z");
  const GoalStanding standing = StandingOf(goal, Measured("2026-01-05T09:00:00Z", 7), ZoneRules());
  EXPECT_DOUBLE_EQ(standing.projected, 6);
  EXPECT_DOUBLE_EQ(*standing.progress, 75);
  EXPECT_TRUE(standing.behind);
}

TEST(Goals, PointsOfTheProjectionBendTheLineWhateverTheirOrder) {
  const Goal goal =
      GoalOf(Plan(0, 100, "2026-04-11", {{D("2026-03-02"), 80}, {D("2026-01-31"), 20}}), "2026-01-01T09:00:00Z");
  EXPECT_DOUBLE_EQ(Projected(goal, D("2026-01-16"), ZoneRules()), 10);
  EXPECT_DOUBLE_EQ(Projected(goal, D("2026-01-31"), ZoneRules()), 20);
  EXPECT_DOUBLE_EQ(Projected(goal, D("2026-02-15"), ZoneRules()), 50);
  EXPECT_DOUBLE_EQ(Projected(goal, D("2025-01-01"), ZoneRules()), 0);
  EXPECT_DOUBLE_EQ(Projected(goal, D("2030-01-01"), ZoneRules()), 100);
}

TEST(Goals, NothingToMoveYetHasNoProgressAndIsBehindOnlyBelowItsStart) {
  const Goal goal = GoalOf(Plan(5, 9, "2026-06-01"), "2026-01-01T09:00:00Z");
  EXPECT_FALSE(StandingOf(goal, Measured("2026-01-01T12:00:00Z", 5), ZoneRules()).progress.has_value());
  EXPECT_FALSE(StandingOf(goal, Measured("2026-01-01T12:00:00Z", 5), ZoneRules()).behind);
  EXPECT_TRUE(StandingOf(goal, Measured("2026-01-01T12:00:00Z", 4), ZoneRules()).behind);
}

TEST(Goals, TheEndsOfDoubleGiveFiniteNumbersOrNone) {
  constexpr double kHuge = std::numeric_limits<double>::max();
  const Goal goal = GoalOf(Plan(-kHuge, kHuge, "2026-01-03"), "2026-01-01T09:00:00Z");
  for (const double value : {-kHuge, 0.0, kHuge}) {
    const GoalStanding standing = StandingOf(goal, Measured("2026-01-02T09:00:00Z", value), ZoneRules());
    EXPECT_TRUE(std::isfinite(standing.projected));
    EXPECT_TRUE(!standing.progress || std::isfinite(*standing.progress));
  }
  const Goal tiny = GoalOf(Plan(0, 5e-324, "2026-01-03"), "2026-01-01T09:00:00Z");
  const GoalStanding standing = StandingOf(tiny, Measured("2026-01-03T09:00:00Z", kHuge), ZoneRules());
  EXPECT_TRUE(!standing.progress || std::isfinite(*standing.progress));
}

TEST(Goals, TwoPlansUnderOneIdTheNewerDraftStandsAndAFrozenOneNeverChanges) {
  Goal goal = GoalOf(Plan(0, 100, "2026-06-01"), "2026-01-01T09:00:00Z");
  EXPECT_EQ(SetGoal(goal, Plan(0, 90, "2026-06-01"), T("2026-01-02T09:00:00Z"), EventId{"b"}), GoalAnswer::kTaken);
  EXPECT_EQ(SetGoal(goal, Plan(0, 80, "2026-06-01"), T("2026-01-01T10:00:00Z"), EventId{"c"}), GoalAnswer::kOlder);
  EXPECT_EQ(goal.plan->target, 90);
  EXPECT_EQ(goal.first_set_at, T("2026-01-01T09:00:00Z"));
  EXPECT_TRUE(Measure(goal, Measured("2026-02-01T09:00:00Z", 1)));
  EXPECT_EQ(SetGoal(goal, Plan(0, 10, "2026-06-01"), T("2026-02-02T09:00:00Z"), EventId{"d"}), GoalAnswer::kFrozen);
  EXPECT_EQ(SetGoal(goal, Plan(0, 90, "2026-06-01"), T("2026-02-02T09:00:00Z"), EventId{"e"}),
            GoalAnswer::kAlreadySeen);
  EXPECT_EQ(goal.plan->target, 90);
}

// Goal: drafts, measurements and reviews end in the same goal whatever order they come in.
TEST(Goals, FactsEndInTheSameGoalInEveryOrder) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  std::mt19937_64 random{seed};
  std::vector<int> order = {0, 1, 2, 3, 4, 5};
  const auto apply = [](Goal& goal, int fact) {
    switch (fact) {
      case 0: (void)SetGoal(goal, Plan(0, 100, "2026-06-01"), T("2026-01-01T09:00:00Z"), EventId{"a"}); break;
      case 1: (void)SetGoal(goal, Plan(0, 90, "2026-06-01"), T("2026-01-02T09:00:00Z"), EventId{"b"}); break;
      case 2: (void)Measure(goal, Measured("2026-02-01T09:00:00Z", 1)); break;
      case 3: (void)Measure(goal, Measured("2026-03-01T09:00:00Z", 60)); break;
      case 4: Review(goal, T("2026-03-02T09:00:00Z"), EventId{"r"}, true); break;
      default: Review(goal, T("2026-03-09T09:00:00Z"), EventId{"s"}, false); break;
    }
  };
  Goal expected;
  for (const int fact : order) apply(expected, fact);
  for (int round = 0; round < 200; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    Goal goal;
    for (const int fact : order) apply(goal, fact);
    ASSERT_EQ(goal, expected);
  }
}

TEST(Goals, BehindPlanLastsUntilAMeasurementOnPlanOrTheClosingReview) {
  Goal goal = GoalOf(Plan(0, 100, "2026-04-11"), "2026-01-01T09:00:00Z");
  (void)Measure(goal, Measured("2026-02-20T09:00:00Z", 40, "low"));
  (void)Measure(goal, Measured("2026-02-21T09:00:00Z", 41, "lower"));
  (void)Measure(goal, Measured("2026-03-01T09:00:00Z", 70, "good"));
  (void)Measure(goal, Measured("2026-04-01T09:00:00Z", 70, "again"));
  const auto spans = BehindPlan(goal, ZoneRules());
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0], (BehindSpan{EventId{"low"}, T("2026-02-20T09:00:00Z"), T("2026-03-01T09:00:00Z")}));
  EXPECT_FALSE(spans[1].until.has_value());
  Review(goal, T("2026-04-12T09:00:00Z"), EventId{"r"}, true);
  EXPECT_EQ(StatusOf(goal, ZoneRules()), GoalStatus::kClosed);
  EXPECT_EQ(BehindPlan(goal, ZoneRules())[1].until, T("2026-04-12T09:00:00Z"));
}

// One client with one goal, its reviews decided at instants of the test's choosing.
class Reviews : public ::testing::Test {
 protected:
  void Set(const char* at) { goals_ = {GoalOf(Plan(0, 100, "2030-01-01"), at)}; }
  ReviewDecision At(const char* now, Tier tier = Tier::kA) {
    const Situation situation{book_, client_, zone_, calendar_, T(now), {}, false, true};
    ReviewDecision decision = DecideReview(open_, goals_, tier, situation);
    open_ = decision.next;
    return decision;
  }
  BookId book_{"north"};
  ClientId client_{"acme"};
  ZoneRules zone_;
  WorkCalendar calendar_;
  std::vector<Goal> goals_;
  std::optional<OpenReview> open_;
};

TEST_F(Reviews, AQuarterForAAndBAYearForCOnAWorkingDay) {
  Set("2026-01-05T09:00:00Z");
  EXPECT_EQ(NextReview(goals_, Tier::kA, zone_, calendar_)->due, D("2026-04-06")) << "5 April is a Sunday";
  EXPECT_EQ(NextReview(goals_, Tier::kB, zone_, calendar_)->due, D("2026-04-06"));
  EXPECT_EQ(NextReview(goals_, Tier::kC, zone_, calendar_)->due, D("2027-01-05"));
}

TEST_F(Reviews, AYearAfterALeapDayIsTheEndOfFebruary) {
  Set("2028-02-29T09:00:00Z");
  EXPECT_EQ(NextReview(goals_, Tier::kC, zone_, calendar_)->due, D("2029-02-28"));
  Set("2027-11-30T09:00:00Z");
  EXPECT_EQ(NextReview(goals_, Tier::kA, zone_, calendar_)->due, D("2028-02-29"));
}

TEST_F(Reviews, FallsDueOnceThenOverdueOnceAndAReviewWithoutManagementLeavesItOpen) {
  Set("2026-01-05T09:00:00Z");
  EXPECT_EQ(At("2026-01-05T09:00:00Z").next_timer, T("2026-04-06T00:00:00Z"));
  ReviewDecision due = At("2026-04-06T00:00:00Z");
  ASSERT_EQ(due.facts.size(), 1U);
  EXPECT_EQ(std::get<ReviewFellDue>(due.facts[0]), (ReviewFellDue{{GoalId{"g"}}, D("2026-04-06")}));
  EXPECT_EQ(due.next_timer, T("2026-04-20T00:00:00Z"));
  EXPECT_TRUE(At("2026-04-06T00:00:00Z").facts.empty());
  Review(goals_[0], T("2026-04-07T09:00:00Z"), EventId{"lunch"}, false);
  EXPECT_TRUE(At("2026-04-07T09:00:00Z").facts.empty());
  EXPECT_TRUE(open_.has_value());
  const ReviewDecision overdue = At("2026-04-20T00:00:00Z");
  ASSERT_EQ(overdue.facts.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<ReviewBecameOverdue>(overdue.facts[0]));
  EXPECT_TRUE(At("2026-05-20T00:00:00Z").facts.empty());
  Review(goals_[0], T("2026-05-21T09:00:00Z"), EventId{"board"}, true);
  const ReviewDecision held = At("2026-05-21T10:00:00Z");
  ASSERT_TRUE(held.ended.has_value());
  EXPECT_EQ(held.ended->at, T("2026-05-21T09:00:00Z"));
  EXPECT_FALSE(held.next.has_value());
  EXPECT_EQ(held.next_timer, T("2026-08-21T00:00:00Z"));
}

TEST_F(Reviews, OneOfTwoGoalsReviewedLeavesTheOtherOpen) {
  Set("2026-01-05T09:00:00Z");
  goals_.push_back(goals_[0]);
  goals_[1].id = GoalId{"h"};
  EXPECT_EQ(std::get<ReviewFellDue>(At("2026-04-06T00:00:00Z").facts.at(0)).goals.size(), 2U);
  Review(goals_[0], T("2026-04-07T09:00:00Z"), EventId{"r"}, true);
  EXPECT_TRUE(At("2026-04-07T09:00:00Z").next.has_value());
  Review(goals_[1], T("2026-04-08T09:00:00Z"), EventId{"s"}, true);
  EXPECT_FALSE(At("2026-04-08T09:00:00Z").next.has_value());
}

TEST_F(Reviews, TheDayBeginsOnTheClientsWallAlsoOnTheDayTheClockChanges) {
  zone_ = zoneinfo::LoadZone("Europe/Berlin").value();
  calendar_ = WorkCalendar::Make(0b111'1111, {}).value();
  Set("2025-12-29T12:00:00Z");
  EXPECT_EQ(At("2026-01-05T09:00:00Z").next_timer, T("2026-03-28T23:00:00Z")) << "29 March is 23 hours long";
  EXPECT_EQ(At("2026-03-28T23:00:00Z").next_timer, T("2026-04-11T22:00:00Z"));
}

TEST_F(Reviews, AClientWithoutCadenceOrOpenGoalHasNoReview) {
  Set("2026-01-05T09:00:00Z");
  EXPECT_FALSE(At("2026-05-01T00:00:00Z", Tier::kNone).next_timer.has_value());
  EXPECT_TRUE(At("2026-05-01T00:00:00Z", Tier::kC).facts.empty());
  goals_[0].plan->target_date = D("2026-02-01");
  Review(goals_[0], T("2026-02-02T09:00:00Z"), EventId{"r"}, true);
  EXPECT_FALSE(NextReview(goals_, Tier::kA, zone_, calendar_).has_value());
}

}  // namespace
}  // namespace mainstay::cadence
