// Gap lists, "did it work" and the workload's plan, through the processor and its answers.
#include <gtest/gtest.h>

#include <string>

#include "mainstay/query/v1/cadence.pb.h"
#include "world.h"

namespace mainstay::cadence {
namespace {

using namespace std::chrono_literals;

Touched With(const std::string& contact, int minutes = 0) {
  Touched touch = Call("ann");
  if (!contact.empty()) touch.contact = ContactId{contact};
  if (minutes > 0) touch.minutes = minutes;
  return touch;
}

std::string Ids(const query::v1::GapList& list) {
  std::string ids;
  for (const auto& row : list.rows()) ids += row.client() + " ";
  EXPECT_EQ(list.count(), list.rows_size());
  return ids;
}

TEST(CadenceLists, GapsNameWhoWasForgotten) {
  World world;
  world.Publish(Event("o1", "acme", At(2026, 3, 2), Order("o1", 100)));
  world.Publish(Event("o2", "bolt", At(2026, 3, 2), Order("o2", 100)));
  world.Publish(Event("t1", "bolt", At(2026, 3, 3), With("pat")));
  world.Publish(Event("t2", "bolt", At(2026, 3, 4), With("")));
  world.Publish(Event("s1", "bolt", At(2026, 3, 4), SurveyAnswered{SurveyId{"s"}, 9, {}, {}}));
  world.Publish(Event("f1", "bolt", At(2026, 3, 4), OfferMade{OfferId{"f"}, {ProductId{"p"}}}));
  world.Publish(Event("g1", "bolt", At(2026, 3, 4), GoalSet{GoalId{"g"}, "growth", "points", 0, 1, {}, {}}));
  world.Run();
  const auto gaps = world.Gaps(At(2026, 3, 5));
  EXPECT_EQ(Ids(gaps.sell_and_forget()), "acme ");
  EXPECT_EQ(gaps.sell_and_forget().rows(0).since(), "2026-03-02T12:00:00Z");
  EXPECT_EQ(Ids(gaps.no_survey()), "acme ");
  EXPECT_EQ(Ids(gaps.no_offer()), "acme ");
  EXPECT_EQ(Ids(gaps.no_goal()), "acme ");
  EXPECT_EQ(Ids(gaps.one_contact()), "bolt ");
  EXPECT_EQ(gaps.one_contact().rows(0).contact(), "pat");
}

TEST(CadenceLists, ARetractedTouchOfAContactNeverHappenedInEitherOrder) {
  World world;
  world.Publish(Event("t1", "acme", At(2026, 3, 3), With("pat", 10)));
  world.Publish(Event("t2", "acme", At(2026, 3, 3, 13), With("kim", 20)));
  world.Publish(Event("r2", "acme", At(2026, 3, 4), TouchRetracted{EventId{"t2"}}));
  world.Publish(Event("r3", "acme", At(2026, 3, 4), TouchRetracted{EventId{"t3"}}));
  world.Publish(Event("t3", "acme", At(2026, 3, 4, 13), With("lee", 40)));
  world.Run();
  EXPECT_EQ(world.Gaps(At(2026, 3, 5)).one_contact().rows(0).contact(), "pat");
  EXPECT_EQ(world.Proof(At(2026, 3, 5)).effort().new_minutes(), 10);
}

TEST(CadenceLists, TheMinutesOfEveryTouchCountInWhateverOrderTheyComeAndAlsoThoseThatThePlanForgets) {
  constexpr int kMany = 3 * static_cast<int>(kKeptTouches);
  for (const bool newest_first : {false, true}) {
    World world;
    for (int i = 1; i <= kMany; ++i) {
      const int n = newest_first ? kMany + 1 - i : i;
      world.Publish(Event("t" + std::to_string(n), "acme", At(2026, 3, 3) + std::chrono::minutes{n}, With("", n)));
    }
    world.Publish(Event("r", "acme", At(2026, 3, 4), TouchRetracted{EventId{"t" + std::to_string(kMany)}}));
    world.Run();
    EXPECT_EQ(world.Proof(At(2026, 3, 5)).effort().new_minutes(), kMany * (kMany - 1) / 2) << newest_first;
  }
}

// Long after its id was forgotten, a source sends its history again: what the plan no longer keeps is known by the
// rest.
TEST(CadenceLists, TheMinutesOfATouchThatComesAgainCountOnce) {
  constexpr int kMany = 4 * static_cast<int>(kKeptTouches);
  World world;
  for (const Instant ingest : {At(2026, 3, 4), At(2026, 5, 4), At(2026, 7, 4)}) {
    for (int n = 1; n <= kMany; ++n) {
      world.Publish(Event("t" + std::to_string(n), "acme", At(2026, 3, 3) + std::chrono::minutes{n % 8}, With("", n)),
                    ingest);
    }
    world.Run();
    EXPECT_EQ(world.Proof(At(2026, 7, 5)).effort().new_minutes(), kMany * (kMany + 1) / 2);
  }
}

TEST(CadenceLists, MinutesThatAMergeLeavesNoPlaceForAreNotForgotten) {
  World world;
  constexpr int kMany = 7 * static_cast<int>(kKeptTouches);
  for (int i = 0; i < kMany; ++i) {
    const std::string id = "t" + std::to_string(i);
    world.Publish(Event(id, i % 2 == 0 ? "twin" : "acme", At(2026, 3, 3) + std::chrono::minutes{i}, With("", 10)));
  }
  world.Publish(Event("m", "twin", At(2026, 3, 4), ClientMerged{ClientId{"acme"}}));
  world.Run();
  EXPECT_EQ(world.Proof(At(2026, 3, 5)).effort().new_minutes(), 10 * kMany);
}

TEST(CadenceLists, AnEmergencyAfterAWeekAboveLowWasCaughtAndOneAfterSixDaysWasNot) {
  World world;
  for (const int days : {6, 7}) {
    const std::string client = "c" + std::to_string(days);
    world.Publish(Event("o" + client, client, At(2026, 3, 1), Order("o" + client, 100)));
    world.Publish(Event("k" + client, client, At(2026, 3, 2), CompetitorCalled{}));
  }
  world.Publish(Event("x6", "c6", At(2026, 3, 8), EmergencyRaised{EmergencyId{"x6"}, {}, {}}));
  world.Publish(Event("x7", "c7", At(2026, 3, 9), EmergencyRaised{EmergencyId{"x7"}, {}, {}}));
  world.Publish(Event("l7", "c7", At(2026, 4, 9), ClientLost{LossReason::kPrice, {}, {}}));
  world.Run();
  const auto proof = world.Proof(At(2026, 5, 1));
  EXPECT_EQ(proof.emergencies().count(), 2);
  ASSERT_EQ(proof.caught().count(), 1);
  EXPECT_EQ(proof.caught().event_ids(0), "x7");
  EXPECT_EQ(world.Checkup(At(2026, 5, 1)).emergencies().count(), 2) << "the check-up counts both";
  EXPECT_EQ(world.Checkup(At(2026, 5, 1)).lost_to_competition().count(), 0);
  EXPECT_EQ(proof.tiers(2).tier(), "C") << "until a tier is known, the trial's";
  EXPECT_EQ(proof.tiers(2).competitor_calls().count(), 2);
  ASSERT_EQ(proof.tiers(2).footholds().count(), 1);
  EXPECT_EQ(proof.tiers(2).footholds().event_ids(0), "kc7");
}

TEST(CadenceLists, CloseRatiosBeginAtThePriorAndOneLeadCountsOnce) {
  World world;
  const Deal deal{DealId{"r1"}, LeadSource::kReferral, {}, {}, 30};
  world.Publish(Event("a", "acme", At(2026, 3, 1), ReferralGiven{ReferralId{"r1"}, {}, {}}));
  world.Publish(Event("b", "acme", At(2026, 3, 1), DealOpened{deal}));
  world.Publish(Event("c", "acme", At(2026, 3, 2), ReferralWon{ReferralId{"r1"}, {}, {}}));
  world.Publish(Event("d", "acme", At(2026, 3, 3), DealLost{{DealId{"d2"}, {}, {}, {}, {}}}));
  world.Publish(Event("e", "acme", At(2026, 3, 1), DealOpened{{DealId{"d2"}, LeadSource::kCold, {}, true, 20}}));
  world.Run();
  const auto proof = world.Proof(At(2026, 3, 5));
  EXPECT_EQ(proof.close_ratios(0).source(), "referral");
  EXPECT_EQ(proof.close_ratios(0).won(), 1);
  EXPECT_EQ(proof.close_ratios(0).open(), 0);
  EXPECT_DOUBLE_EQ(proof.close_ratios(0).close_ratio(), 3.0 / 7);
  EXPECT_EQ(proof.close_ratios(2).lost(), 1);
  EXPECT_DOUBLE_EQ(proof.close_ratios(2).close_ratio(), 1.0 / 8);
  EXPECT_EQ(proof.effort().new_minutes(), 30);
  EXPECT_EQ(proof.effort().present_minutes(), 20);
  EXPECT_EQ(proof.referrers(0).client(), "acme");
}

TEST(CadenceLists, WorkloadNamesWhoIsOverCapacityAndMovesTheClientsOfLeastRevenue) {
  World world;
  world.Publish(BookEvent("ann", At(2026, 3, 1), RepSet{RepId{"ann"}, {}, BookRole::kSales, 5, {}, {}, {}}));
  world.Publish(BookEvent("bob", At(2026, 3, 1), RepSet{RepId{"bob"}, {}, BookRole::kSales, 60, {}, {}, {}}));
  for (const int i : {1, 2}) {
    const std::string client = "c" + std::to_string(i);
    world.Publish(Event("w" + client, client, At(2026, 3, 1), OwnerChanged{RepId{"ann"}}));
    world.Publish(Event("o" + client, client, At(2026, 3, 1), Order("o" + client, 100 * i)));
    world.PublishTier(client, Tier::kA, At(2026, 3, 1));
  }
  world.Run();
  const auto workload = world.Workload(At(2026, 3, 2));
  ASSERT_EQ(workload.over_capacity_size(), 1);
  EXPECT_EQ(workload.over_capacity(0), "ann");
  EXPECT_TRUE(workload.plan().possible());
  ASSERT_EQ(workload.plan().moves_size(), 1);
  EXPECT_EQ(workload.plan().moves(0).client(), "c1");
  EXPECT_EQ(workload.plan().moves(0).to(), "bob");
  world.Publish(BookEvent("ann2", At(2026, 3, 2), RepSet{RepId{"ann"}, {}, BookRole::kSales, 10, {}, {}, {}}));
  world.Run();
  EXPECT_FALSE(world.Workload(At(2026, 3, 3)).has_plan());
}

TEST(CadenceLists, AMergedClientTakesItsLeadsMinutesAndContactsAlong) {
  World world;
  world.Publish(Event("t1", "twin", At(2026, 3, 3), With("pat", 10)));
  world.Publish(Event("s1", "twin", At(2026, 3, 3), SurveyAnswered{SurveyId{"s"}, 9, {}, {}}));
  world.Publish(Event("r1", "twin", At(2026, 3, 3), ReferralGiven{ReferralId{"r1"}, {}, {}}));
  world.Publish(Event("m", "twin", At(2026, 3, 4), ClientMerged{ClientId{"acme"}}));
  world.Run();
  EXPECT_EQ(Ids(world.Gaps(At(2026, 3, 5)).one_contact()), "acme ");
  EXPECT_EQ(Ids(world.Gaps(At(2026, 3, 5)).no_survey()), "");
  const auto proof = world.Proof(At(2026, 3, 5));
  EXPECT_EQ(proof.effort().new_minutes(), 10);
  EXPECT_EQ(proof.referrers(0).client(), "acme");
  EXPECT_EQ(world.Goals("acme", At(2026, 3, 5)).reviews(0).surveys(0).score(), 9);
}

}  // namespace
}  // namespace mainstay::cadence
