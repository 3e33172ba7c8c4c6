#include "mainstay/vocabulary/policy.h"

#include <gtest/gtest.h>

namespace mainstay {
namespace {

TEST(TierPolicy, FormatsToTheTextItParsesFrom) {
  for (const char* text : {"pareto", "revenue", "split 20/20/60", "split 1/0/99", "split 100/0/0"}) {
    const Result<TierPolicy> policy = ParseTierPolicy(text);
    ASSERT_TRUE(policy.has_value()) << text;
    EXPECT_EQ(FormatTierPolicy(*policy), text);
  }
  EXPECT_EQ(ParseTierPolicy("  split  20 / 20 / 60 ").value(), (TierPolicy{TierPolicy::Kind::kSplit, 20, 20, 60}));
}

TEST(TierPolicy, DefaultsToPareto) { EXPECT_EQ(FormatTierPolicy(TierPolicy{}), "pareto"); }

TEST(TierPolicy, RefusesNonsenseAndSaysWhy) {
  const struct {
    const char* text;
    const char* why;
  } cases[] = {
      {"", "must be pareto"},
      {"Pareto", "must be pareto"},
      {"split20/20/60", "must be pareto"},
      {"splitting", "must be pareto"},
      {"split", "three whole percents"},
      {"split 20/80", "three whole percents"},
      {"split 20/20/60/0", "three whole percents"},
      {"split 20//80", "three whole percents"},
      {"split -20/60/60", "three whole percents"},
      {"split +20/20/60", "three whole percents"},
      {"split 20.5/20/59.5", "three whole percents"},
      {"split 99999999999/0/1", "three whole percents"},
      {"split 20/20/20", "add up to 60"},
      {"split 0/40/60", "at least 1"},
  };
  for (const auto& bad : cases) {
    const Result<TierPolicy> policy = ParseTierPolicy(bad.text);
    ASSERT_FALSE(policy.has_value()) << bad.text;
    EXPECT_EQ(policy.error().field, "tiers");
    EXPECT_NE(policy.error().message.find(bad.why), std::string::npos) << policy.error().message;
  }
}

}  // namespace
}  // namespace mainstay
