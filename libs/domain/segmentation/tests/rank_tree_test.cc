#include "mainstay/segmentation/rank_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"

namespace mainstay::segmentation {
namespace {

Ranked Entry(std::int64_t revenue, const std::string& id) { return {Money::FromUnits(revenue), ClientId{id}}; }

std::vector<Ranked> InOrder(const RankTree& tree) {
  std::vector<Ranked> entries;
  tree.ForEach(0, tree.size(), [&](std::size_t rank, const Ranked& entry) {
    EXPECT_EQ(rank, entries.size());
    entries.push_back(entry);
  });
  return entries;
}

TEST(RankTree, RanksByRevenueThenClientId) {
  RankTree tree;
  for (const Ranked& entry : {Entry(5, "b"), Entry(9, "z"), Entry(5, "a"), Entry(1, "c")}) tree.Insert(entry);
  EXPECT_EQ(InOrder(tree), (std::vector<Ranked>{Entry(9, "z"), Entry(5, "a"), Entry(5, "b"), Entry(1, "c")}));
  EXPECT_EQ(tree.At(2), Entry(5, "b"));
  EXPECT_EQ(tree.RankOf(Entry(5, "b")), 2U);
  EXPECT_EQ(tree.RankOf(Entry(5, "aa")), 2U) << "a key that is not there";
  EXPECT_TRUE(tree.SumBefore(3) == 19);
}

TEST(RankTree, AnEmptyTreeAnswers) {
  const RankTree tree;
  EXPECT_EQ(tree.size(), 0U);
  EXPECT_EQ(tree.CountUntilShare(80), 0U);
  EXPECT_TRUE(tree.SumBefore(0) == 0);
  EXPECT_FALSE(tree.Contains(Entry(1, "a")));
  tree.ForEach(0, 10, [](std::size_t, const Ranked&) { ADD_FAILURE(); });
}

TEST(RankTree, SumsBeyondMoneyDoNotOverflow) {
  RankTree tree;
  const std::int64_t max = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 1'000; ++i) tree.Insert(Entry(max, "c" + std::to_string(i)));
  EXPECT_TRUE(tree.total() == RevenueSum{max} * 1'000);
  EXPECT_EQ(tree.CountUntilShare(80), 800U);
}

TEST(RankTree, TheShareLineIsReachedExactlyAtEqualityAndNotOneLater) {
  RankTree tree;
  for (const char* id : {"a", "b", "c", "d", "e"}) tree.Insert(Entry(20, id));
  EXPECT_EQ(tree.CountUntilShare(80), 4U) << "the fifth has exactly 80 % before it";
  EXPECT_EQ(tree.CountUntilShare(81), 5U);
  EXPECT_EQ(tree.CountUntilShare(100), 5U);
  EXPECT_EQ(tree.CountUntilShare(1), 1U);
}

// Goal: every answer equals the one of a sorted vector, after any mix of insertions and deletions.
TEST(RankTree, EqualsASortedVector) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  int ties = 0;
  int shrinks = 0;
  std::size_t deepest = 0;
  for (const std::size_t most : {1U, 2U, 7U, 60U, 500U, 4'000U}) {
    RankTree tree;
    std::vector<Ranked> model;
    for (std::size_t step = 0; step < 1'500 + 2 * most; ++step) {
      const Ranked entry =
          Entry(1 + static_cast<std::int64_t>(Below(random, most * 2)), "c" + std::to_string(Below(random, 3 * most)));
      const auto place = std::lower_bound(model.begin(), model.end(), entry, RanksBefore);
      const bool there = place != model.end() && *place == entry;
      ASSERT_EQ(tree.Contains(entry), there);
      ASSERT_EQ(tree.RankOf(entry), static_cast<std::size_t>(place - model.begin()));
      if (there || model.size() >= most) {
        const auto found = static_cast<std::size_t>(place - model.begin());
        const std::size_t victim = there ? found : Below(random, model.size());
        tree.Erase(model[victim]);
        model.erase(model.begin() + static_cast<std::ptrdiff_t>(victim));
        ++shrinks;
      } else {
        ties += place != model.end() && place->revenue == entry.revenue ? 1 : 0;
        model.insert(place, entry);
        tree.Insert(entry);
      }
      ASSERT_EQ(tree.size(), model.size());
      const std::size_t rank = Below(random, model.size() + 1);
      RevenueSum before = 0;
      for (std::size_t i = 0; i < rank; ++i) before += model[i].revenue.units();
      ASSERT_TRUE(tree.SumBefore(rank) == before);
      if (rank < model.size()) {
        ASSERT_EQ(tree.At(rank), model[rank]);
      }
      const int percent = 1 + static_cast<int>(Below(random, 100));
      std::size_t count = 0;
      RevenueSum sum = 0;
      for (const Ranked& m : model) {
        if (sum * 100 < tree.total() * percent) ++count;
        sum += m.revenue.units();
      }
      ASSERT_TRUE(sum == tree.total());
      ASSERT_EQ(tree.CountUntilShare(percent), count);
      if (step % 50 == 0) {
        ASSERT_EQ(InOrder(tree), model);
      }
    }
    deepest = std::max(deepest, tree.Depth());
    while (!model.empty()) {
      const std::size_t victim = Below(random, model.size());
      tree.Erase(model[victim]);
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(victim));
      if (model.size() % 50 == 0) {
        ASSERT_EQ(InOrder(tree), model);
      }
    }
    EXPECT_TRUE(tree.total() == 0);
  }
  EXPECT_GT(deepest, 2U) << "vacuous: no node above the leaves was ever split";
  EXPECT_GT(ties, 0);
  EXPECT_GT(shrinks, 0);
}

// The worst inputs for an unbalanced tree: sorted insertions, and deletions from one end. A node is a quarter full, so
// each level has at least eight times as many entries below it as the one under it.
TEST(RankTree, StaysShallowForSortedInput) {
  RankTree tree;
  constexpr int kClients = 20'000;
  const auto bound = [&] { return 2 + std::log(static_cast<double>(tree.size()) / 16 + 1) / std::log(8); };
  for (int i = 1; i <= kClients; ++i) tree.Insert(Entry(i, "c"));
  EXPECT_LE(static_cast<double>(tree.Depth()), bound());
  for (int i = 1; i <= kClients - 100; ++i) tree.Erase(Entry(i, "c"));
  EXPECT_EQ(tree.size(), 100U);
  EXPECT_LE(static_cast<double>(tree.Depth()), bound());
  for (int i = 1; i <= 100; ++i) tree.Insert(Entry(i, "d"));
  EXPECT_EQ(tree.At(0), Entry(kClients, "c"));
  EXPECT_EQ(tree.At(199), Entry(1, "d"));
}

TEST(RankTree, VisitsOnlyTheRangeAskedFor) {
  RankTree tree;
  for (int i = 1; i <= 100; ++i) tree.Insert(Entry(i, "c"));
  std::vector<std::size_t> ranks;
  tree.ForEach(97, 10, [&](std::size_t rank, const Ranked&) { ranks.push_back(rank); });
  EXPECT_EQ(ranks, (std::vector<std::size_t>{97, 98, 99}));
  ranks.clear();
  tree.ForEach(40, 2, [&](std::size_t rank, const Ranked&) { ranks.push_back(rank); });
  EXPECT_EQ(ranks, (std::vector<std::size_t>{40, 41}));
}

}  // namespace
}  // namespace mainstay::segmentation
