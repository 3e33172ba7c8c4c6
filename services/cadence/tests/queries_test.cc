// The answers of the cadence service.
#include <gtest/gtest.h>

#include <utility>

#include "world.h"

namespace mainstay::cadence {
namespace {

TEST(CadenceQueries, TheCheckUpCountsWithTheEventsBehindEachNumber) {
  World world;
  world.Publish(Event("old", "acme", At(2024, 12, 1), CompetitorCalled{}));
  world.Publish(Event("r1", "acme", At(2025, 6, 1), ReferralGiven{ReferralId{"r"}, {}, {}}));
  world.Publish(Event("c1", "acme", At(2025, 12, 31), CompetitorCalled{}));
  world.Publish(Event("t1", "acme", At(2026, 1, 1), Call("ann")));
  world.Publish(Event("c2", "acme", At(2026, 1, 2), CompetitorCalled{}));
  world.Publish(Event("x", "beta", At(2026, 1, 3), EmergencyRaised{EmergencyId{"x"}, {}, {}}));
  world.Publish(Event("l", "gone", At(2026, 1, 4), ClientLost{LossReason::kCompetitor, {}, {}}));
  world.Publish(Event("p", "dear", At(2026, 1, 4), ClientLost{LossReason::kPrice, {}, {}}));
  world.PublishTier("acme", Tier::kC, At(2026, 1, 4));
  world.Run();
  const auto checkup = world.Checkup(At(2026, 1, 11));
  EXPECT_TRUE(checkup.touch_data_connected());
  EXPECT_EQ(checkup.clients().count(), 2) << "acme and, for its first 180 days, beta";
  EXPECT_EQ(checkup.days_since_touch().median(), 10);
  EXPECT_EQ(checkup.days_since_touch().never(), 1);
  ASSERT_EQ(checkup.competitor_calls().count(), 1);
  EXPECT_EQ(checkup.competitor_calls().event_ids(0), "c2");
  ASSERT_EQ(checkup.lost_to_competition().count(), 1);
  EXPECT_EQ(checkup.lost_to_competition().event_ids(0), "l");
  ASSERT_EQ(checkup.referrals().count(), 1);
  EXPECT_EQ(checkup.referrals().event_ids(0), "r1");
  ASSERT_EQ(checkup.emergencies().count(), 1);
  EXPECT_EQ(checkup.emergencies().event_ids(0), "x");
  EXPECT_EQ(checkup.as_of(), "2026-01-04T12:00:00Z");
  EXPECT_GT(checkup.position().transaction(), 0U);
}

TEST(CadenceQueries, ACallListSaysWhyAndWhatToTalkAbout) {
  World world;
  ClientRegistered registered;
  registered.attributes.name = "Acme";
  registered.attributes.owner = RepId{"ann"};
  world.Publish(BookEvent("rep", At(2026, 1, 5), RepSet{RepId{"ann"}, {}, BookRole::kSales, 100, {}, {}, {}}));
  world.Publish(Event("r", "acme", At(2026, 1, 5), registered));
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 10)));
  world.PublishTier("acme", Tier::kA, At(2026, 1, 5));
  world.Publish(Event("t", "acme", At(2026, 1, 6), Call("ann")));
  world.Publish(Event("p1", "acme", At(2026, 1, 6),
                      PromiseMade{PromiseId{"1"}, "a quote", std::chrono::floor<std::chrono::days>(At(2026, 1, 9))}));
  world.Publish(Event("p2", "acme", At(2026, 1, 6), PromiseMade{PromiseId{"2"}, "a visit", Day{}}));
  world.Publish(Event("k2", "acme", At(2026, 1, 7), PromiseKept{PromiseId{"2"}}));
  world.Publish(Event("c", "acme", At(2026, 1, 8), CompetitorCalled{}));
  world.TickTo(At(2026, 1, 16));
  const auto calls = world.Calls("ann", "2026-01-16", At(2026, 1, 16));
  EXPECT_EQ(calls.capacity_minutes(), 20);
  ASSERT_EQ(calls.rows_size(), 1);
  const auto& row = calls.rows(0);
  EXPECT_EQ(row.client(), "acme");
  EXPECT_EQ(row.due(), "2026-01-13");
  EXPECT_EQ(row.days_overdue(), 1);
  EXPECT_EQ(row.minutes(), 5);
  EXPECT_TRUE(row.has_expected_loss());
  EXPECT_EQ(row.last_touch(), "2026-01-06T12:00:00Z");
  ASSERT_GE(row.reasons_size(), 2);
  EXPECT_EQ(row.reasons(0), "touch overdue since 2026-01-15");
  ASSERT_EQ(row.talk_about_size(), 1);
  EXPECT_EQ(row.talk_about(0), "promise: a quote by 2026-01-09");
  EXPECT_TRUE(world.Calls("unassigned", "2026-01-16", At(2026, 1, 16)).rows().empty());
  const auto workload = world.Workload(At(2026, 1, 16));
  EXPECT_EQ(workload.calls_per_week(), 1);
  ASSERT_EQ(workload.reps_size(), 1);
  EXPECT_EQ(workload.reps(0).rep(), "ann");
  EXPECT_EQ(workload.reps(0).capacity_minutes(), 100);
}

TEST(CadenceQueries, RisksComeByMoneyAtStakeThenClientId) {
  World world;
  for (const auto& [client, amount] : {std::pair{"b", 10}, {"a", 10}, {"c", 900}, {"d", 5}}) {
    world.Publish(Event(std::string("o-") + client, client, At(2026, 1, 5), Order(std::string("o-") + client, amount)));
    if (*client != 'd') world.Publish(Event(std::string("c-") + client, client, At(2026, 1, 6), CompetitorCalled{}));
  }
  world.Run();
  const auto risks = world.Risks(At(2026, 1, 7), false);
  ASSERT_EQ(risks.rows_size(), 3);
  EXPECT_EQ(risks.rows(0).client(), "c");
  EXPECT_EQ(risks.rows(1).client(), "a");
  EXPECT_EQ(risks.rows(2).client(), "b");
  EXPECT_EQ(risks.rows(0).trigger(), "RULE");
  EXPECT_FALSE(risks.rows(0).episode().empty());
  EXPECT_EQ(risks.rows(0).sequence(), 1);
  EXPECT_EQ(world.Risks(At(2026, 1, 7), true).rows_size(), 4);
}

TEST(CadenceQueries, WhatDoesNotExistIsNotFound) {
  World world;
  world.Publish(Event("u", "acme", At(2026, 1, 5), ClientUpdated{}));
  world.Run();
  query::v1::GetCadenceResponse answer;
  EXPECT_EQ(world.Cadence("nobody", At(2026, 1, 5), answer).error_code(), grpc::StatusCode::NOT_FOUND);
  ASSERT_TRUE(world.Cadence("acme", At(2026, 1, 5), answer).ok());
  EXPECT_FALSE(answer.risk().has_probability());
  EXPECT_EQ(answer.risk().level(), "LOW");
  EXPECT_EQ(answer.risk().at_stake().currency(), "XXX");
}

}  // namespace
}  // namespace mainstay::cadence
