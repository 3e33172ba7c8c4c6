// Goals, reviews, promises and contracts through the processor.
#include "services/cadence/agreements.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

#include "world.h"

namespace mainstay::cadence {
namespace {

using namespace std::chrono_literals;

GoalSet Goal100(const std::string& id, double target = 100) {
  return {GoalId{id}, "faster onboarding", "points", 0, target, D("2026-12-31"), {}};
}

ReviewHeld Held(const std::string& id, bool management) {
  return {ReviewId{id}, {}, {{"Pat", "COO", management}}, {"train the team"}, {"name an owner"}};
}

ContractSigned Signed(const std::string& id, const char* end) {
  return {ContractId{id}, {Money::FromUnits(1'000'000), kGbp}, D("2026-01-05"), D(end), false};
}

template <class Fact>
std::vector<std::pair<Instant, Fact>> Told(const World& world) {
  std::vector<std::pair<Instant, Fact>> facts;
  for (const OutEvent& event : world.Cadence()) {
    if (const auto* fact = std::get_if<Fact>(&event.data)) facts.emplace_back(event.time, *fact);
  }
  return facts;
}

// A client of tier A with an order and a goal set on 5 January 2026.
void PublishClient(World& world) {
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 100)));
  world.PublishTier("acme", Tier::kA, At(2026, 1, 5));
  world.Publish(Event("g", "acme", At(2026, 1, 5), Goal100("g1")));
}

TEST(Agreements, AReviewFallsDueAndOverdueByTimeAloneAndIsSaidOnce) {
  World world;
  PublishClient(world);
  world.TickTo(At(2026, 6, 1));
  const auto due = Told<ReviewFellDue>(world);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].first, At(2026, 4, 6, 0));
  EXPECT_EQ(due[0].second, (ReviewFellDue{{GoalId{"g1"}}, D("2026-04-06")}));
  const auto overdue = Told<ReviewBecameOverdue>(world);
  ASSERT_EQ(overdue.size(), 1U);
  EXPECT_EQ(overdue[0].first, At(2026, 4, 20, 0));
}

TEST(Agreements, AReviewWithoutManagementStaysOpenAndOneWithItEndsTheMissedReviewSignal) {
  World world;
  PublishClient(world);
  world.TickTo(At(2026, 4, 21));
  world.Publish(Event("r1", "acme", At(2026, 4, 22), Held("r1", false)));
  world.Run();
  ASSERT_EQ(world.Client("acme").signals.missed_reviews.size(), 1U);
  EXPECT_FALSE(world.Client("acme").signals.missed_reviews[0].held_at.has_value());
  EXPECT_EQ(world.Client("acme").signals.missed_reviews[0].event, EventId{"g"});
  world.Publish(Event("r2", "acme", At(2026, 4, 23), Held("r2", true)));
  world.Run();
  EXPECT_EQ(world.Client("acme").signals.missed_reviews[0].held_at, At(2026, 4, 23));
  const auto goals = world.Goals("acme", At(2026, 4, 24));
  ASSERT_EQ(goals.reviews_size(), 1);
  EXPECT_FALSE(goals.reviews(0).due());
  EXPECT_EQ(goals.reviews(0).next_due(), "2026-07-23");
  ASSERT_EQ(goals.reviews(0).held_size(), 2);
  EXPECT_TRUE(goals.reviews(0).held(0).with_management());
  EXPECT_EQ(goals.reviews(0).held(0).our_actions(0), "train the team");
  EXPECT_EQ(goals.reviews(0).held(0).their_actions(0), "name an owner");
}

TEST(Agreements, AReviewReportedLateThatWasHeldInTimeWasNeverMissed) {
  World world;
  PublishClient(world);
  world.TickTo(At(2026, 4, 21));
  world.Publish(Event("r", "acme", At(2026, 4, 8), Held("r", true)), At(2026, 4, 22));
  world.Run();
  EXPECT_TRUE(world.Client("acme").signals.missed_reviews.empty());
}

TEST(Agreements, AGoalBehindPlanRaisesTheProbabilityUntilItIsOnPlan) {
  World world;
  PublishClient(world);
  world.Publish(Event("m1", "acme", At(2026, 3, 2), GoalMeasured{GoalId{"g1"}, 1}));
  world.Run();
  const auto behind = world.Risks(At(2026, 3, 2), true);
  world.Publish(Event("m2", "acme", At(2026, 3, 2, 13), GoalMeasured{GoalId{"g1"}, 90}));
  world.Run();
  const auto& reasons = behind.rows(0).reasons();
  const auto told = std::find_if(reasons.begin(), reasons.end(),
                                 [](const auto& reason) { return reason.kind() == "missed_goal_review"; });
  ASSERT_NE(told, reasons.end());
  EXPECT_EQ(told->text(), "a goal is behind plan");
  EXPECT_EQ(told->event_ids(0), "m1");
  EXPECT_LT(world.Risks(At(2026, 6, 2), true).rows(0).q(), behind.rows(0).q());
}

TEST(Agreements, AFrozenGoalRefusesAnotherPlanUnderItsId) {
  World world;
  PublishClient(world);
  world.Publish(Event("draft", "acme", At(2026, 1, 6), Goal100("g1", 90)));
  world.Publish(Event("m", "acme", At(2026, 2, 2), GoalMeasured{GoalId{"g1"}, 10}));
  world.Publish(Event("other", "acme", At(2026, 2, 3), Goal100("g1", 50)));
  world.Publish(Event("same", "acme", At(2026, 2, 4), Goal100("g1", 90)));
  world.Run();
  ASSERT_EQ(world.DeadLetters().size(), 1U);
  EXPECT_NE(world.DeadLetters()[0].find("data.goalId: goal g1 is frozen since 2026-02-02"), std::string::npos)
      << world.DeadLetters()[0];
  EXPECT_EQ(world.verdicts().back(), stream::Verdict::Kind::kAlreadySeen);
  EXPECT_EQ(world.Goals("acme", At(2026, 2, 5)).rows(0).target(), 90);
}

TEST(Agreements, PromisesAreCountedOnceWhateverTheOrderOfTheirEvents) {
  World world;
  world.Publish(Event("k", "acme", At(2026, 2, 2), PromiseKept{PromiseId{"p1"}}));
  world.Publish(Event("p", "acme", At(2026, 1, 2), PromiseMade{PromiseId{"p1"}, "a quote", D("2026-02-01")}),
                At(2026, 2, 3));
  world.Publish(Event("b", "acme", At(2026, 2, 4), PromiseBroken{PromiseId{"p1"}}));
  world.Publish(Event("q", "acme", At(2026, 2, 4), PromiseMade{PromiseId{"p2"}, "a visit", D("2026-03-01")}));
  world.Run();
  const auto goals = world.Goals("acme", At(2026, 2, 5));
  const auto& row = goals.reviews(0);
  EXPECT_EQ(row.promises().made(), 2);
  EXPECT_EQ(row.promises().kept(), 1);
  EXPECT_EQ(row.promises().broken(), 0) << "the first word about its end stands";
  ASSERT_EQ(row.open_promises_size(), 1);
  EXPECT_EQ(row.open_promises(0).what(), "a visit");
}

TEST(Agreements, RenewalCheckpointsComeByTimersAndOnesOfALostClientDoNot) {
  World world;
  PublishClient(world);
  world.Publish(Event("k", "acme", At(2026, 1, 5), Signed("k1", "2027-01-05")));
  world.TickTo(At(2026, 10, 20));
  const auto told = Told<RenewalCheckpointReached>(world);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].first, At(2026, 7, 9, 0));
  EXPECT_EQ(told[0].second, (RenewalCheckpointReached{ContractId{"k1"}, 180, "open"}));
  EXPECT_EQ(told[1].second.days_left, 90);
  const auto renewals = world.Renewals(At(2026, 10, 20));
  ASSERT_EQ(renewals.rows_size(), 1);
  EXPECT_EQ(renewals.rows(0).days_left(), 77);
  EXPECT_EQ(renewals.rows(0).checkpoint(), 90);
  world.Publish(Event("l", "acme", At(2026, 10, 21), ClientLost{LossReason::kPrice, {}, {}}));
  world.TickTo(At(2027, 1, 1));
  EXPECT_EQ(Told<RenewalCheckpointReached>(world).size(), 2U);
}

TEST(Agreements, AContractClientIsScoredByTheHazardOfItsRenewal) {
  World world;
  PublishClient(world);
  world.Run();
  const double silent = world.Risks(At(2026, 6, 1), true).rows(0).p_silent();
  EXPECT_GT(silent, 0);
  world.Publish(Event("k", "acme", At(2026, 1, 6), Signed("k1", "2030-01-04")));
  world.Run();
  EXPECT_EQ(world.Risks(At(2026, 6, 1), true).rows(0).p_silent(), 0) << "no renewal is due within its horizon";
  world.Publish(Event("e", "acme", At(2026, 6, 1), ContractEnded{ContractId{"k1"}, {}}));
  world.Publish(Event("k2", "acme", At(2026, 6, 1), Signed("k2", "2026-07-01")));
  world.Run();
  const auto risks = world.Risks(At(2026, 6, 2), true);
  EXPECT_GT(risks.rows(0).p_silent(), 0);
  EXPECT_TRUE(std::any_of(risks.rows(0).reasons().begin(), risks.rows(0).reasons().end(), [](const auto& reason) {
    return reason.kind() == "renewal" && reason.event_ids(0) == "k2";
  }));
}

// Two complaints weigh more than 1: after the rule of the older one ended the warning goes on until it is below .7.
TEST(Agreements, AnEarlyWarningIsKeptInTheState) {
  World world;
  PublishClient(world);
  world.Publish(Event("c1", "acme", At(2026, 2, 2), ComplaintMade{ComplaintId{"c1"}, {}}));
  world.Publish(Event("c2", "acme", At(2026, 2, 2), ComplaintMade{ComplaintId{"c2"}, {}}));
  world.Run();
  EXPECT_TRUE(world.Client("acme").risk.early_warning);
  world.TickTo(At(2026, 12, 1));
  EXPECT_FALSE(world.Client("acme").risk.early_warning);
}

TEST(Agreements, AnImportTellsOnlyWhatBeganInItsLastThirtyDays) {
  World world;
  world.Publish(BookEvent("s", At(2026, 9, 1), ImportStarted{ImportId{"i"}, {}}));
  const auto bring = [&](const std::string& id, const std::string& client, Instant time, InEventData data) {
    world.Publish(Event(id, client, time, std::move(data)), At(2026, 9, 1));
  };
  bring("o", "acme", At(2026, 5, 4), Order("o", 100));
  bring("g1", "acme", At(2026, 1, 5), Goal100("g1"));               // Due in January 2027 for a C.
  bring("k1", "acme", At(2026, 1, 5), Signed("k1", "2026-11-20"));  // 90 days: 22 August, within the 30 days.
  bring("k2", "acme", At(2026, 1, 5), Signed("k2", "2027-01-05"));  // 180 days: 9 July, before them.
  world.Publish(BookEvent("f", At(2026, 9, 1), ImportFinished{ImportId{"i"}, {}}));
  world.PublishTier("acme", Tier::kC, At(2026, 9, 1));
  world.TickTo(At(2026, 9, 2));
  const auto told = Told<RenewalCheckpointReached>(world);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].second, (RenewalCheckpointReached{ContractId{"k1"}, 80, "open"}));
  world.TickTo(At(2026, 10, 8));
  EXPECT_EQ(Told<RenewalCheckpointReached>(world).size(), 2U) << "k2 at 90 days";
}

TEST(Agreements, AnErasedClientKeepsNothingAndStaysSilent) {
  World world;
  PublishClient(world);
  world.Publish(Event("k", "acme", At(2026, 1, 5), Signed("k1", "2027-01-05")));
  world.Publish(Event("e", "acme", At(2026, 1, 6), ClientErased{}));
  world.TickTo(At(2026, 12, 31));
  EXPECT_TRUE(Told<ReviewFellDue>(world).empty());
  EXPECT_TRUE(Told<RenewalCheckpointReached>(world).empty());
  const auto tables = world.Tables();
  EXPECT_TRUE(std::none_of(tables.begin(), tables.end(),
                           [](const std::string& entry) { return entry.find("faster onboarding") != entry.npos; }));
}

}  // namespace
}  // namespace mainstay::cadence
