// Other intervals and graces: a change of them is to a client what a change of its tier is.
#include <gtest/gtest.h>

#include <random>

#include "mainstay/cadence/plan.h"
#include "mainstay/testing/seed.h"
#include "test_client.h"

namespace mainstay::cadence {
namespace {

// Touched on Monday 5 January 2026, registered long before.
TestClient TouchedClient(Tier tier) {
  TestClient client("2025-12-01T09:00:00Z");
  client.Register("2025-12-01T09:00:00Z");
  client.Segment(tier);
  client.AdvanceTo("2026-01-05T10:00:00Z");
  client.Touch("t1", "2026-01-05T10:00:00Z");
  (void)client.Facts();
  return client;
}

TEST(PlanTerms, ALongerIntervalMovesTheDueDayLikeADemotion) {
  TestClient client = TouchedClient(Tier::kA);
  client.AdvanceTo("2026-01-09T12:00:00Z");
  client.SetTerms({.interval_a_days = 14});
  EXPECT_EQ(client.Due(), "2026-01-19");
  EXPECT_EQ(client.timer, T("2026-01-19T00:00:00Z"));
  EXPECT_EQ(client.Facts(), Lines{});
}

TEST(PlanTerms, AShorterIntervalMovesItLikeAPromotionButNeverIntoThePast) {
  TestClient client = TouchedClient(Tier::kC);
  client.AdvanceTo("2026-03-01T12:00:00Z");  // A Sunday.
  client.SetTerms({.interval_c_months = 1});
  EXPECT_EQ(client.Due(), "2026-03-02");
  EXPECT_EQ(client.Facts(), Lines{});
  client.AdvanceTo("2026-03-02T00:00:00Z");
  EXPECT_EQ(client.Facts(), Lines{"due C 2026-03-02 @2026-03-02T00:00:00Z"});
}

TEST(PlanTerms, OtherTiersStayWhereTheyAre) {
  TestClient client = TouchedClient(Tier::kB);
  const ClientPlan before = client.plan;
  client.SetTerms({.interval_a_days = 14, .interval_c_months = 6, .grace_a_days = 0});
  EXPECT_EQ(client.plan, before);
}

TEST(PlanTerms, AnotherGraceMovesTheDayOnWhichADueTouchBecomesOverdue) {
  TestClient client = TouchedClient(Tier::kA);
  client.AdvanceTo("2026-01-12T12:00:00Z");
  ASSERT_EQ(client.Facts().size(), 1U) << "due";
  client.SetTerms({.grace_a_days = 4});
  EXPECT_EQ(client.timer, T("2026-01-16T00:00:00Z"));
  client.AdvanceTo("2026-01-15T12:00:00Z");
  EXPECT_EQ(client.Facts(), Lines{});
  client.SetTerms({.grace_a_days = 1});
  EXPECT_EQ(client.Facts(), Lines{"overdue A 2026-01-13 @2026-01-15T12:00:00Z"}) << "by the day it would have been";
}

TEST(PlanTerms, WithoutGraceATouchIsOverdueAsSoonAsItIsDue) {
  TestClient client = TouchedClient(Tier::kA);
  client.SetTerms({.grace_a_days = 0});
  client.AdvanceTo("2026-01-12T00:00:00Z");
  EXPECT_EQ(client.Facts(),
            (Lines{"due A 2026-01-12 @2026-01-12T00:00:00Z", "overdue A 2026-01-12 @2026-01-12T00:00:00Z"}));
}

TEST(PlanTerms, TermsThatGoAndComeBackOpenNoSecondEpisode) {
  TestClient client = TouchedClient(Tier::kA);
  client.AdvanceTo("2026-01-20T10:00:00Z");
  for (const int days : {28, 7, 3, 1, 7}) client.SetTerms({.interval_a_days = days});
  client.AdvanceTo("2026-06-20T10:00:00Z");
  EXPECT_EQ(client.Facts().size(), 2U) << "due and overdue, once";
}

TEST(PlanTerms, AClientWithoutACadenceHasNoneAfterwards) {
  TestClient client("2026-01-05T09:00:00Z");
  client.Register("2026-01-05T09:00:00Z");
  client.Take(OnLost(client.plan, client.Now()));
  const ClientPlan before = client.plan;
  client.SetTerms({.interval_a_days = 14, .interval_b_months = 2, .interval_c_months = 6});
  EXPECT_EQ(client.plan, before);
}

// Goal: whatever has happened, giving tier B the terms of C is to a B client what becoming a C client is, and back.
// Method: two clients live through the same random touches, retractions and days; one changes its tier, the other one
// its terms. Names of tiers apart, due days, timers and facts stay the same. The probes prove that open and overdue
// episodes, promotions into the past and spread days were met.
TEST(PlanTerms, AChangeOfTermsIsToAClientWhatAChangeOfTierIs) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  std::mt19937_64 random{seed};
  const CadenceTerms as_c{.interval_b_months = 3, .grace_b_days = 14};
  int open = 0;
  int overdue = 0;
  int held_back = 0;
  for (int round = 0; round < 200; ++round) {
    TestClient tiered("2025-12-01T09:00:00Z");
    TestClient termed("2025-12-01T09:00:00Z");
    for (TestClient* client : {&tiered, &termed}) {
      client->Register("2025-12-01T09:00:00Z");
      client->Segment(Tier::kB);
    }
    bool is_c = false;
    for (int step = 0; step < 40; ++step) {
      const Instant to = tiered.clock + std::chrono::hours{random() % 500};
      const bool touches = random() % 3 == 0;
      const Instant touched = to - std::chrono::hours{random() % 900};
      for (TestClient* client : {&tiered, &termed}) {
        client->AdvanceTo(to);
        if (touches) client->Touch("t" + std::to_string(step), FormatInstant(touched));
      }
      if (random() % 4 == 0) {
        is_c = !is_c;
        open += tiered.plan.episode ? 1 : 0;
        overdue += tiered.plan.episode && tiered.plan.episode->overdue_since ? 1 : 0;
        tiered.Segment(is_c ? Tier::kC : Tier::kB);
        termed.SetTerms(is_c ? as_c : CadenceTerms{});
        held_back += tiered.plan.not_before ? 1 : 0;
      }
      ASSERT_EQ(tiered.Due(), termed.Due()) << "round " << round << ", step " << step;
      ASSERT_EQ(tiered.timer, termed.timer);
      ASSERT_EQ(tiered.facts.size(), termed.facts.size());
      for (std::size_t i = 0; i < tiered.facts.size(); ++i) {
        ASSERT_EQ(PlanOf(tiered.facts[i]).due, PlanOf(termed.facts[i]).due);
        ASSERT_EQ(PlanOf(tiered.facts[i]).overdue_since, PlanOf(termed.facts[i]).overdue_since);
      }
    }
  }
  EXPECT_GT(open, 50);
  EXPECT_GT(overdue, 50);
  EXPECT_GT(held_back, 50);
}

}  // namespace
}  // namespace mainstay::cadence
