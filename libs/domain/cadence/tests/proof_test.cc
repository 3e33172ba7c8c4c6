// Gap lists, "did it work", close ratios.
#include "mainstay/cadence/proof.h"

#include <gtest/gtest.h>

#include <string>

#include "mainstay/cadence/gaps.h"

namespace mainstay::cadence {
namespace {

Instant T(const char* text) { return ParseInstant(text).value(); }
const Instant kNow = T("2026-06-01T00:00:00Z");

std::string Ids(const std::vector<Gap>& gaps) {
  std::string ids;
  for (const Gap& gap : gaps) ids += gap.client.raw() + " ";
  return ids;
}

TEST(Gaps, ASaleWithoutATouchSinceIsSellAndForget) {
  GapClient never{.client = ClientId{"never"}, .last_sale = T("2026-05-01T00:00:00Z")};
  GapClient before = never;
  before.client = ClientId{"before"};
  before.last_sale = T("2026-02-01T00:00:00Z");
  before.last_touch = T("2026-01-31T00:00:00Z");
  GapClient since = before;
  since.client = ClientId{"since"};
  since.last_touch = T("2026-02-01T00:00:00Z");
  const GapClient nothing{.client = ClientId{"nothing"}};
  EXPECT_EQ(Ids(FindGaps({never, before, since, nothing}, kNow).sell_and_forget), "before never ");
}

TEST(Gaps, AYearIs365DaysAndNeverIsMissingToo) {
  GapClient never{.client = ClientId{"never"}};
  GapClient old{.client = ClientId{"old"}, .last_survey = T("2025-06-01T00:00:00Z")};
  GapClient fresh{.client = ClientId{"fresh"}, .last_survey = T("2025-06-01T00:00:01Z")};
  old.last_offer = fresh.last_survey;
  fresh.last_offer = old.last_survey;
  fresh.has_goal = true;
  const Gaps gaps = FindGaps({old, fresh, never}, kNow);
  EXPECT_EQ(Ids(gaps.no_survey), "never old ");
  EXPECT_EQ(Ids(gaps.no_offer), "never fresh ");
  EXPECT_EQ(Ids(gaps.no_goal), "never old ");
}

TEST(Gaps, OneContactIsExactlyOne) {
  const GapClient none{.client = ClientId{"none"}};
  const GapClient one{.client = ClientId{"one"}, .contacts = {ContactId{"pat"}}};
  const GapClient two{.client = ClientId{"two"}, .contacts = {ContactId{"pat"}, ContactId{"kim"}}};
  const Gaps gaps = FindGaps({none, one, two}, kNow);
  EXPECT_EQ(Ids(gaps.one_contact), "one ");
  EXPECT_EQ(gaps.one_contact[0].contact, ContactId{"pat"});
}

TEST(Proof, CountsWhatWasCaughtFootholdsAndReferralsByTier) {
  ProofClient acme{.client = ClientId{"acme"}, .tier = Tier::kA};
  acme.emergencies = {{EventId{"late"}, T("2026-03-02T00:00:00Z"), Tier::kA, true},
                      {EventId{"early"}, T("2026-03-01T00:00:00Z"), Tier::kA, false},
                      {EventId{"old"}, T("2025-03-01T00:00:00Z"), Tier::kA, true}};
  ProofClient lost{.client = ClientId{"lost"}, .tier = Tier::kNone};
  lost.competitor_calls = {{EventId{"far"}, T("2025-12-01T00:00:00Z"), Tier::kB},
                           {EventId{"near"}, T("2026-01-01T00:00:00Z"), Tier::kB}};
  lost.losses = {{EventId{"loss"}, T("2026-04-01T00:00:00Z"), Tier::kB}};
  acme.referrals = {{EventId{"r1"}, T("2026-04-01T00:00:00Z"), Tier::kA}};
  const Proof proof = MakeProof({acme, lost}, kNow);
  EXPECT_EQ(proof.emergencies, (std::vector{EventId{"early"}, EventId{"late"}}));
  EXPECT_EQ(proof.caught, std::vector{EventId{"late"}});
  EXPECT_EQ(proof.tiers[1].competitor_calls.size(), 2U);
  EXPECT_EQ(proof.tiers[1].footholds, std::vector{EventId{"near"}}) << "exactly 90 days count, 121 do not";
  EXPECT_EQ(proof.tiers[0].referrals.size(), 1U);
  EXPECT_EQ(proof.tiers[0].clients, 1);
  ASSERT_EQ(proof.referrers.size(), 1U);
  EXPECT_EQ(proof.referrers[0].client, ClientId{"acme"});
}

TEST(CloseRatio, BeginsAtThePriorAndFollowsTheCounts) {
  EXPECT_DOUBLE_EQ(MakeCloseRatio(0, 0, 3, kReferralPrior).mean, 2.0 / 6);
  EXPECT_DOUBLE_EQ(MakeCloseRatio(0, 0, 0, kColdPrior).mean, 1.0 / 7);
  const CloseRatio ratio = MakeCloseRatio(10, 6, 0, kReferralPrior);
  EXPECT_DOUBLE_EQ(ratio.mean, 12.0 / 22);
  EXPECT_LT(0, ratio.lo);
  EXPECT_LT(ratio.lo, ratio.mean);
  EXPECT_LT(ratio.mean, ratio.hi);
  EXPECT_LT(ratio.hi, 1);
  // Beta(1, 6) has the closed form 1 - (1 - p)^(1 / 6).
  EXPECT_NEAR(MakeCloseRatio(0, 0, 0, kColdPrior).hi, 0.3930378, 1e-6);
}

}  // namespace
}  // namespace mainstay::cadence
