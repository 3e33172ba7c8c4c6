#include "mainstay/segmentation/tier_lines.h"

#include <gtest/gtest.h>

#include <limits>

namespace mainstay::segmentation {
namespace {

constexpr TierPolicy kPareto{TierPolicy::Kind::kPareto, 0, 0, 0};
constexpr TierPolicy kRevenue{TierPolicy::Kind::kRevenue, 0, 0, 0};

constexpr TierPolicy Split(int a, int b, int c) { return {TierPolicy::Kind::kSplit, a, b, c}; }
Money Of(std::int64_t units) { return Money::FromUnits(units); }

RankTree Ranking(const std::vector<std::int64_t>& revenues) {
  RankTree tree;
  for (std::size_t i = 0; i < revenues.size(); ++i) {
    tree.Insert({Of(revenues[i]), ClientId{"c" + std::to_string(1'000 + i)}});
  }
  return tree;
}

TEST(TierCuts, TwoHundredClientsGiveThePublishedNumbers) {
  EXPECT_EQ(CutsByCount(kPareto, 200), (TierCuts{40, 72})) << "40/32/128";
  EXPECT_EQ(CutsByCount(Split(20, 20, 60), 200), (TierCuts{40, 80})) << "40/40/120";
}

TEST(TierCuts, ParetoEqualsTheIntegerRuleForSmallBooks) {
  const TierCuts expected[] = {{0, 0}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 2}, {1, 2}, {1, 3}, {2, 3}, {2, 3}, {2, 4}};
  for (std::size_t n = 0; n <= 10; ++n) EXPECT_EQ(CutsByCount(kPareto, n), expected[n]) << n;
}

TEST(TierCuts, AreOrderedAndNeverBeyondTheBook) {
  for (const TierPolicy& policy : {kPareto, Split(20, 20, 60), Split(1, 0, 99), Split(100, 0, 0), Split(50, 50, 0)}) {
    TierCuts before = CutsByCount(policy, 0);
    EXPECT_EQ(before, (TierCuts{0, 0}));
    for (std::size_t n = 1; n <= 2'000; ++n) {
      const TierCuts cuts = CutsByCount(policy, n);
      ASSERT_GE(cuts.a, 1U);
      ASSERT_LE(cuts.a, cuts.ab);
      ASSERT_LE(cuts.ab, n);
      // One client more moves each cut by at most one place: this bounds the cost of a change.
      ASSERT_LE(cuts.a - before.a, 1U);
      ASSERT_LE(cuts.ab - before.ab, 1U);
      before = cuts;
    }
  }
}

TEST(TierCuts, ByRevenueLooksAtTheShareBeforeTheClient) {
  EXPECT_EQ(CutsOf(kRevenue, Ranking({80, 16, 4})), (TierCuts{1, 2})) << "exactly 80 % before: not A";
  EXPECT_EQ(CutsOf(kRevenue, Ranking({79, 17, 4})), (TierCuts{2, 2})) << "79 % before: A";
  EXPECT_EQ(CutsOf(kRevenue, Ranking({100})), (TierCuts{1, 1}));
  EXPECT_EQ(CutsOf(kRevenue, RankTree{}), (TierCuts{0, 0}));
}

TEST(TierLines, RunBetweenTheLastInsideAndTheFirstOutside) {
  const RankTree ranking = Ranking({100, 80, 60, 40, 20});
  const std::optional<TierLines> lines = LinesOf(ranking, {1, 3});
  ASSERT_TRUE(lines.has_value());
  EXPECT_EQ(lines->a, (Line{Of(100), Of(80)}));
  EXPECT_EQ(lines->ab, (Line{Of(60), Of(40)}));
  EXPECT_EQ(LinesOf(ranking, {5, 5})->a, (Line{Of(20), std::nullopt}));
  EXPECT_FALSE(LinesOf(RankTree{}, {0, 0}).has_value());
}

TEST(TierLines, ALineIsPassedByMoreThanTwoPercentOfItNotByTwo) {
  const Line line{Of(1'010), Of(990)};  // The line is 1,000.
  EXPECT_FALSE(Passes(Of(1'020), line, 200));
  EXPECT_TRUE(Passes(Of(1'021), line, 200));
  EXPECT_FALSE(Passes(Of(980), line, 200));
  EXPECT_TRUE(Passes(Of(979), line, 200));
  EXPECT_TRUE(Passes(Of(1), Line{Of(1), std::nullopt}, 200)) << "nobody outside: at once";
  const std::int64_t max = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(Passes(Of(max), Line{Of(max), Of(max)}, 200)) << "no overflow at the end of the range";
  EXPECT_TRUE(Passes(Of(1), Line{Of(max), Of(max)}, 200));
}

}  // namespace
}  // namespace mainstay::segmentation
