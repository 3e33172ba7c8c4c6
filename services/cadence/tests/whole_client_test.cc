// Clients that go up in others.
#include "services/cadence/whole_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "world.h"

namespace mainstay::cadence {
namespace {

// What two clients did, told of two or of one: `twin` names the second.
void PublishFacts(World& world, const std::string& twin) {
  world.Publish(Event("o1", "acme", At(2026, 1, 5), Order("o1", 100)));
  world.Publish(Event("o2", twin, At(2026, 1, 19), Order("o2", 200)));
  world.Publish(Event("o3", "acme", At(2026, 1, 19), Order("o3", 50)));
  world.Publish(Event("t1", twin, At(2026, 1, 20), Call("ann")));
  world.Publish(Event("x", twin, At(2026, 1, 21), EmergencyRaised{EmergencyId{"x"}, {}, {}}));
  world.Publish(Event("c", twin, At(2026, 1, 22), CompetitorCalled{}));
  world.Publish(
      Event("g", twin, At(2026, 1, 22), GoalSet{GoalId{"g1"}, "growth", "points", 0, 10, D("2026-12-31"), {}}));
}

TEST(WholeClient, AMergedClientStandsAsIfItHadBeenOneFromTheStart) {
  World two;
  World one;
  PublishFacts(two, "twin");
  PublishFacts(one, "acme");
  two.Publish(Event("m", "twin", At(2026, 2, 2), ClientMerged{ClientId{"acme"}}));
  one.Publish(Event("m", "acme", At(2026, 2, 2), PrioritiesShifted{}));
  for (World* world : {&two, &one}) {
    const std::string twin = world == &two ? "twin" : "acme";
    world->Publish(Event("o4", twin, At(2026, 2, 3), Order("o4", 30)));
    world->Publish(Event("x2", twin, At(2026, 2, 3), EmergencyResolved{EmergencyId{"x"}}));
    world->Run();
  }
  const ClientRecord merged = two.Client("acme");
  const ClientRecord single = one.Client("acme");
  EXPECT_EQ(merged.order_days.parts().days, single.order_days.parts().days);
  EXPECT_EQ(merged.window.trailing, single.window.trailing);
  EXPECT_EQ(merged.window.trailing, Money::FromUnits(380 * Money::kUnitsPerWhole));
  EXPECT_EQ(merged.last_order.event, single.last_order.event);
  EXPECT_EQ(merged.plan.due, single.plan.due);
  EXPECT_EQ(merged.plan.touches.size(), 1U);
  EXPECT_EQ(merged.signals.emergencies, single.signals.emergencies);
  EXPECT_EQ(merged.signals.competitor_calls, single.signals.competitor_calls);
  EXPECT_EQ(merged.plan_timer, single.plan_timer);
  EXPECT_EQ(merged.agreement_timer, single.agreement_timer);
  EXPECT_EQ(two.Checkup(At(2026, 2, 4)).SerializeAsString().size(),
            one.Checkup(At(2026, 2, 4)).SerializeAsString().size());
  EXPECT_EQ(two.Checkup(At(2026, 2, 4)).clients().count(), 1);
  EXPECT_EQ(two.Goals("acme", At(2026, 2, 4)).rows_size(), 1);
}

TEST(WholeClient, TheOneThatGoesEndsItsEpisodesAndIsHeardOfNoMore) {
  World world;
  PublishFacts(world, "twin");
  world.Publish(Event("m", "twin", At(2026, 2, 2), ClientMerged{ClientId{"acme"}}));
  world.PublishTier("twin", Tier::kNone, At(2026, 2, 2));
  world.Run();
  const std::vector<OutEvent> told = world.Risk();
  const auto last =
      std::find_if(told.rbegin(), told.rend(), [](const OutEvent& event) { return event.client == ClientId{"twin"}; });
  ASSERT_NE(last, told.rend());
  EXPECT_EQ(std::get<ChurnRiskChanged>(last->data).level, RiskLevel::kLow);
  EXPECT_EQ(std::get<ChurnRiskChanged>(told.back().data).level, RiskLevel::kElevated) << "the emergency is acme's now";
  EXPECT_EQ(told.back().client, ClientId{"acme"});
  for (const std::string& entry : world.Tables()) {
    const bool merger = entry.starts_with(std::to_string(kMergers.table()) + "/");
    EXPECT_TRUE(merger || entry.find("twin") == entry.npos) << entry;
  }
}

TEST(WholeClient, MergersInACircleOrIntoASecondClientAreRefused) {
  World world;
  PublishFacts(world, "twin");
  world.Publish(Event("m1", "twin", At(2026, 2, 2), ClientMerged{ClientId{"acme"}}));
  world.Publish(Event("m2", "acme", At(2026, 2, 2), ClientMerged{ClientId{"twin"}}));
  world.Publish(Event("m3", "twin", At(2026, 2, 2), ClientMerged{ClientId{"third"}}));
  world.Publish(Event("m4", "twin", At(2026, 2, 2), ClientMerged{ClientId{"acme"}}));
  world.Publish(Event("e", "twin", At(2026, 2, 2), ClientErased{}));
  world.Run();
  EXPECT_EQ(world.DeadLetters(), (std::vector<std::string>{"data.intoClientId: this would merge in a circle",
                                                           "data.intoClientId: twin was merged into acme",
                                                           "subject: twin went up in acme; erase that one"}));
  EXPECT_EQ(*(world.verdicts().rbegin() + 1), stream::Verdict::Kind::kAlreadySeen);
}

TEST(WholeClient, AnErasedSurvivorLeavesNoNameOfWhoWentUpInItAlsoThroughOthers) {
  World world;
  PublishFacts(world, "twin");
  world.Publish(Event("m1", "twin", At(2026, 2, 2), ClientMerged{ClientId{"heir"}}));
  world.Publish(Event("m2", "heir", At(2026, 2, 2), ClientMerged{ClientId{"acme"}}));
  world.Publish(Event("m3", "other", At(2026, 2, 2), ClientMerged{ClientId{"stays"}}));
  world.Publish(Event("e", "acme", At(2026, 2, 3), ClientErased{}));
  world.TickTo(At(2027, 1, 1));
  bool kept = false;
  for (const std::string& entry : world.Tables()) {
    EXPECT_EQ(entry.find("twin"), entry.npos) << entry;
    EXPECT_EQ(entry.find("heir"), entry.npos) << entry;
    kept = kept || entry.find("other") != entry.npos;
  }
  EXPECT_TRUE(kept) << "mergers of others stand";
}

TEST(WholeClient, WhatHappenedBeforeAnErasureIsNotTakenAgain) {
  World world;
  PublishFacts(world, "acme");
  world.Publish(Event("e", "acme", At(2026, 2, 3), ClientErased{}));
  world.Run();
  const std::vector<std::string> before = world.Tables();
  for (const std::string& entry : before) EXPECT_EQ(entry.find("acme"), entry.npos) << entry;
  world.Publish(Event("again", "acme", At(2026, 2, 3), Order("new id, old order", 10)), At(2026, 2, 4));
  world.Run();
  EXPECT_EQ(world.verdicts().back(), stream::Verdict::Kind::kAlreadySeen);
  for (const std::string& entry : world.Tables()) EXPECT_EQ(entry.find("acme"), entry.npos) << entry;
  world.Publish(Event("anew", "acme", At(2026, 6, 4), Order("later", 10)));
  world.Run();
  EXPECT_EQ(world.Client("acme").order_days.statistics()->repeats.x, 0);
}

TEST(WholeClient, TheEmptySegmentRecordOfAnErasedClientChangesNothing) {
  World world;
  PublishFacts(world, "acme");
  world.Publish(Event("e", "acme", At(2026, 2, 3), ClientErased{}));
  world.Run();
  const std::vector<std::string> before = world.Tables();
  world.PublishRaw(2, "", At(2026, 2, 3));
  world.Run();
  EXPECT_EQ(world.Tables(), before);
  EXPECT_TRUE(world.DeadLetters().empty());
}

TEST(WholeClient, AnOverdueTouchOfTheSurvivorIsClearedByANewerTouchOfTheOther) {
  World world;
  world.Publish(Event("o1", "acme", At(2026, 1, 5), Order("o1", 100)));
  world.PublishTier("acme", Tier::kA, At(2026, 1, 5));
  world.Publish(Event("t1", "twin", At(2026, 1, 20), Call("ann")));
  world.TickTo(At(2026, 1, 21));
  world.Publish(Event("m", "twin", At(2026, 1, 22), ClientMerged{ClientId{"acme"}}));
  world.Run();
  const std::vector<OutEvent> told = world.Cadence();
  ASSERT_FALSE(told.empty());
  const auto* cleared = std::get_if<TouchCleared>(&told.back().data);
  ASSERT_NE(cleared, nullptr);
  EXPECT_EQ(cleared->touch_event, EventId{"t1"});
  EXPECT_EQ(world.Client("acme").plan.due, D("2026-01-27"));
}

}  // namespace
}  // namespace mainstay::cadence
