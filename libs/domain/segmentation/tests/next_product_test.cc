#include "mainstay/segmentation/next_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/risk/client_value.h"
#include "mainstay/segmentation/capacity.h"
#include "mainstay/segmentation/potential.h"
#include "mainstay/testing/seed.h"

namespace mainstay::segmentation {
namespace {

// 20 clients hold p1, 6 of them p2, 5 of those p3.
PairCounts Counted() {
  PairCounts counts({{"p1", 20}, {"p2", 6}, {"p3", 5}}, 20);
  for (int i = 0; i < 20; ++i) {
    std::vector<std::string> held{"p1"};
    if (i < 6) held.emplace_back("p2");
    if (i < 5) held.emplace_back("p3");
    counts.AddClient(held);
  }
  return counts;
}

std::vector<Association> Of(const PairCounts& counts, const std::string& owned) {
  for (std::size_t i = 0; i < counts.owned().size(); ++i) {
    if (counts.owned()[i] == owned) return counts.AssociationsOf(i);
  }
  return {};
}

TEST(NextProduct, CountsSupportConfidenceLiftAndSmoothedScore) {
  const std::vector<Association> from_p2 = Of(Counted(), "p2");
  ASSERT_EQ(from_p2.size(), 1U);  // p1 has lift 1.
  EXPECT_EQ(from_p2[0].product, "p3");
  EXPECT_EQ(from_p2[0].both, 5);
  EXPECT_DOUBLE_EQ(from_p2[0].support, 0.25);
  EXPECT_DOUBLE_EQ(from_p2[0].confidence, 5.0 / 6);
  EXPECT_DOUBLE_EQ(from_p2[0].lift, 10.0 / 3);
  EXPECT_DOUBLE_EQ(from_p2[0].score, 6.25 / 11);
}

TEST(NextProduct, WhatFewerThanFiveHoldIsNoCandidate) {
  PairCounts counts({{"a", 6}, {"b", 4}}, 20);
  for (int i = 0; i < 6; ++i)
    counts.AddClient(i < 4 ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{"a"});
  EXPECT_TRUE(Of(counts, "a").empty());
}

TEST(NextProduct, WhatIsHeldIsNotOffered) {
  const PairCounts counts = Counted();
  const std::vector<std::vector<Association>> lists = {Of(counts, "p2")};
  EXPECT_EQ(NextProducts({"p1", "p2"}, lists, 3).size(), 1U);
  EXPECT_TRUE(NextProducts({"p1", "p2", "p3"}, lists, 3).empty());
}

// Every unheld product with its best score, all of them sorted.
std::vector<std::string> SortedByBestScore(const PairCounts& counts, const std::set<std::string>& held) {
  std::map<std::string, double> best;
  for (const std::string& owned : held) {
    for (const Association& pair : Of(counts, owned)) {
      if (!held.contains(pair.product)) best[pair.product] = std::max(best[pair.product], pair.score);
    }
  }
  std::vector<std::pair<double, std::string>> sorted;
  sorted.reserve(best.size());
  for (const auto& [product, score] : best) sorted.emplace_back(-score, product);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> products;
  products.reserve(sorted.size());
  for (auto& [score, product] : sorted) products.push_back(std::move(product));
  return products;
}

struct Holders {
  std::vector<std::set<std::string>> clients;
  std::map<std::string, std::int64_t> of;
};

// Products come in threes that are bought together, and in twins with the same holders, so that scores are equal.
Holders RandomHolders(Random& random) {
  Holders holders;
  for (int c = 0; c < 80; ++c) {
    std::set<std::string>& held = holders.clients.emplace_back();
    for (std::uint64_t i = Below(random, 4) + 1; i > 0; --i) {
      const std::uint64_t trio = Below(random, 6);
      for (unsigned p = 0; p < 3; ++p) {
        if (Below(random, 4) == 0) continue;
        held.insert("t" + std::to_string(trio) + std::to_string(p));
        held.insert("twin-t" + std::to_string(trio) + std::to_string(p));
      }
    }
    for (const std::string& product : held) ++holders.of[product];
  }
  return holders;
}

TEST(NextProduct, BothRankingsEqualSortingEverything) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  std::size_t longest = 0;
  const Holders holders = RandomHolders(random);
  PairCounts counts(holders.of, static_cast<std::int64_t>(holders.clients.size()));
  for (const auto& held : holders.clients) counts.AddClient(std::vector<std::string>(held.begin(), held.end()));
  const Recommender recommender(counts);
  for (std::set<std::string> held : holders.clients) {
    if (!held.empty()) held.erase(held.begin());  // Of twins one alone: the other follows.
    const std::vector<std::string> sorted = SortedByBestScore(counts, held);
    longest = std::max(longest, sorted.size());
    std::vector<std::vector<Association>> lists;
    lists.reserve(held.size());
    for (const std::string& owned : held) lists.push_back(Of(counts, owned));
    for (const std::size_t most : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
      const std::vector<std::string> expected(
          sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(std::min(most, sorted.size())));
      EXPECT_EQ(recommender.For(std::vector<std::string>(held.begin(), held.end()), most), expected);
      std::vector<std::string> with_evidence;
      for (const Association& pair : NextProducts(held, lists, most)) with_evidence.push_back(pair.product);
      EXPECT_EQ(with_evidence, expected);
    }
  }
  EXPECT_GT(longest, 3U) << "vacuous: nobody has more than three to choose from";
}

TEST(Capacity, SixtyCallsAWeekOfFiveMinutesServeTwoHundredClients) {
  EXPECT_EQ(SlotsFor(300, {40, 40, 120}, {}), 200);
  EXPECT_EQ(FreeSlots(150, {40, 40, 120}, {}), -100);
  EXPECT_EQ(SlotsFor(0, {40, 40, 120}, {}), std::nullopt);
  EXPECT_EQ(SlotsFor(300, {}, {}), std::nullopt);
}

TEST(Capacity, RarerOrShorterCallsMakeRoom) {
  EXPECT_EQ(SlotsFor(300, {40, 40, 120}, {.interval_a_days = 14}), 300) << "40 calls a week";
  EXPECT_EQ(SlotsFor(300, {40, 40, 120}, {.interval_c_months = 6}), 218) << "55 calls a week";
  EXPECT_EQ(SlotsFor(300, {40, 40, 120}, {.minutes_per_call = 2.5}), 400);
}

TEST(Potential, ANewClientHasLessThanALoyalOneAndNoOrderHasNone) {
  const PolicyValues policy;
  EXPECT_FALSE(ExpectedOfBought({}, DefaultExpectation(100), policy).has_value());
  const Money net = Money::FromUnits(1'000'000);
  const auto fresh = ExpectedOfBought({1, 0, 1, net, net}, DefaultExpectation(1'000'000), policy);
  const auto loyal =
      ExpectedOfBought({30, 100, 102, Money::FromUnits(30'000'000), net}, DefaultExpectation(1'000'000), policy);
  ASSERT_TRUE(fresh && loyal);
  EXPECT_GT(*fresh, Money{});
  EXPECT_GT(*loyal, *fresh);
}

// Golden by hand: two repeats of 15 on average, whatever the first order was.
TEST(Potential, TheValueOfAnOrderIsThatOfRepeats) {
  const OrderExpectation expected = DefaultExpectation(125'000);
  const auto potential = [&](std::int64_t first) {
    return ExpectedOfBought({3, 10, 12, Money::FromUnits(first + 300'000), Money::FromUnits(first)}, expected, {});
  };
  EXPECT_EQ(potential(100'000), potential(9'000'000));
  const double value = risk::ExpectedOrderValue(expected.values, 2, 150'000);
  const PolicyValues policy;
  const double orders =
      risk::DiscountedOrders(expected.orders, {2, 10, 0}, 12, static_cast<int>(policy.horizon_years), policy.discount);
  EXPECT_EQ(potential(100'000), ScaleHalfUp(Money::FromUnits(1), orders * value));
}

TEST(Potential, FollowsTheParametersOfTheBook) {
  const PolicyValues policy;
  const BoughtFacts facts{30, 100, 102, Money::FromUnits(30'000'000), Money::FromUnits(1'000'000)};
  const OrderExpectation usual = DefaultExpectation(1'000'000);
  OrderExpectation loyal = usual;
  loyal.orders.b *= 10;  // Nobody leaves, as good as.
  OrderExpectation rich = usual;
  rich.values.gamma *= 100;
  EXPECT_GT(ExpectedOfBought(facts, loyal, policy), ExpectedOfBought(facts, usual, policy));
  EXPECT_GT(ExpectedOfBought(facts, rich, policy), ExpectedOfBought(facts, usual, policy));
}

TEST(Potential, AYearlyAmountIsDiscountedAtEachYearsEnd) {
  PolicyValues policy;
  policy.horizon_years = 2;
  EXPECT_EQ(ExpectedOfYearly(Money::FromUnits(12'100), policy).units(), 11'000 + 10'000);
}

}  // namespace
}  // namespace mainstay::segmentation
