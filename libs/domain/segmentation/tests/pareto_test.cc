#include "mainstay/segmentation/pareto.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/segmentation/book_index.h"

namespace mainstay::segmentation {
namespace {

constexpr TierPolicy kPareto{TierPolicy::Kind::kPareto, 0, 0, 0};
constexpr TierPolicy kRevenue{TierPolicy::Kind::kRevenue, 0, 0, 0};

Money Whole(std::int64_t units) { return Money::FromUnits(units * Money::kUnitsPerWhole); }

struct ParetoClient {
  ClientId client;
  ParetoPlace place;
};
struct Answer : Pareto {
  std::vector<ParetoRow> rows;
};

// As a service does it: totals kept client by client, rows in the order of the ranking.
Result<Answer> AnswerPareto(const TierPolicy& policy, const std::vector<ParetoClient>& clients) {
  ParetoTotals totals;
  RankTree ranking;
  std::map<ClientId, ParetoPlace> places;
  for (const ParetoClient& client : clients) {
    totals.Add(client.place);
    places[client.client] = client.place;
    if (client.place.revenue > Money{}) ranking.Insert({client.place.revenue, client.client});
  }
  totals.DrawLine(ranking);
  MAINSTAY_TRY_ASSIGN(pareto, AnswerPareto(policy, totals));
  Answer answer{pareto, {}};
  ParetoRows rows(pareto);
  ranking.ForEach(0, ranking.size(), [&](std::size_t, const Ranked& entry) {
    answer.rows.push_back(rows.Next(entry.client, places.at(entry.client)));
  });
  return answer;
}

TEST(Pareto, EffortStandsAgainstRevenue) {
  const auto place = [](std::int64_t revenue, Tier tier, std::int64_t minutes) {
    return ParetoPlace{Whole(revenue), tier, tier, minutes};
  };
  const auto answer = AnswerPareto(
      kPareto, {{ClientId{"large"}, place(900, Tier::kA, 10)}, {ClientId{"small"}, place(100, Tier::kC, 30)}});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->rows[1].share, 0.1);
  EXPECT_EQ(answer->rows[1].effort_share, 0.75);
  EXPECT_EQ(answer->tiers[0].effort_share, 0.25);
  EXPECT_EQ(answer->tiers[1].effort_share, 0);
  EXPECT_FALSE(AnswerPareto(kPareto, {{ClientId{"c"}, place(1, Tier::kA, 0)}})->rows[0].effort_share.has_value());
}

// A book whose effective tiers are its rank tiers.
std::vector<ParetoClient> Book(const TierPolicy& policy, const std::vector<std::int64_t>& revenues) {
  BookIndex index{policy};
  std::vector<ParetoClient> clients;
  for (std::size_t i = 0; i < revenues.size(); ++i) {
    clients.push_back({ClientId{"c" + std::to_string(1'000 + i)}, {Whole(revenues[i])}});
    index.Restore(clients.back().client, clients.back().place.revenue);
  }
  for (auto& [client, place] : clients) place.tier = place.rank_tier = index.RankTierOf(client, place.revenue);
  return clients;
}

TEST(Pareto, EqualsTheIntegerRuleForEveryBookUpTo300) {
  Random random{3};
  for (std::size_t n = 1; n <= 300; ++n) {
    std::vector<std::int64_t> revenues;
    for (std::size_t i = 0; i < n; ++i) revenues.push_back(1 + static_cast<std::int64_t>(Below(random, 100)));
    const Answer answer = AnswerPareto(kPareto, Book(kPareto, revenues)).value();
    const std::size_t a = std::min<std::size_t>(n, std::max<std::size_t>(1, (20 * n + 50) / 100));
    const std::size_t ab = std::max<std::size_t>(a, (36 * n + 50) / 100);
    ASSERT_EQ(answer.clients, n);
    ASSERT_EQ(answer.tiers[0].clients, a);
    ASSERT_EQ(answer.tiers[1].clients, ab - a);
    ASSERT_EQ(answer.tiers[2].clients, n - ab);
    ASSERT_EQ(answer.rows.back().cumulative_share, 1.0);
    std::sort(revenues.rbegin(), revenues.rend());
    std::int64_t total = 0;
    for (const std::int64_t revenue : revenues) total += revenue;
    std::int64_t sum = 0;
    std::size_t line = 0;
    while (100 * sum < 80 * total) sum += revenues[line++];
    ASSERT_EQ(answer.line_80.clients, line);
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_EQ(answer.rows[i].rank, i + 1);
      ASSERT_EQ(answer.rows[i].revenue, Whole(revenues[i]));
      ASSERT_EQ(answer.rows[i].rank_tier, i < a ? Tier::kA : i < ab ? Tier::kB : Tier::kC);
    }
  }
}

TEST(Pareto, TwoHundredEqualClientsNeedEightyPercentOfThem) {
  const Answer answer = AnswerPareto(kPareto, Book(kPareto, std::vector<std::int64_t>(200, 1'000))).value();
  EXPECT_EQ(answer.line_80.clients, 160U);
  EXPECT_DOUBLE_EQ(answer.line_80.fraction.value(), 0.8);
  EXPECT_EQ(answer.tiers[0].clients, 40U);
  EXPECT_EQ(answer.tiers[1].clients, 32U);
  EXPECT_EQ(answer.tiers[2].clients, 128U);
  EXPECT_DOUBLE_EQ(answer.tiers[0].share.value(), 0.2);
  EXPECT_DOUBLE_EQ(answer.tiers[0].expected_share.value(), 0.8);
  EXPECT_DOUBLE_EQ(answer.tiers[0].deviation.value(), 0.2 - 0.8);
  EXPECT_DOUBLE_EQ(answer.rows[0].share, 0.005) << "losing one of 200 equal clients";
  EXPECT_EQ(answer.rows[0].client, ClientId{"c1000"}) << "ties by client id";
}

TEST(Pareto, FourGiantsAmongTwoHundredSmallClients) {
  std::vector<std::int64_t> revenues(200, 1'000);
  revenues.insert(revenues.end(), 4, 50'000);
  const Answer answer = AnswerPareto(kPareto, Book(kPareto, revenues)).value();
  EXPECT_EQ(answer.clients, 204U);
  EXPECT_EQ(answer.revenue, Whole(400'000));
  EXPECT_EQ(answer.line_80.clients, 124U) << "200,000 of the giants and 120 x 1,000";
  EXPECT_EQ(answer.tiers[0].clients, 41U);
  EXPECT_EQ(answer.tiers[0].revenue, Whole(237'000));
  EXPECT_EQ(answer.tiers[1].clients, 32U);
  EXPECT_DOUBLE_EQ(answer.rows[3].cumulative_share, 0.5);
  const Answer by_revenue = AnswerPareto(kRevenue, Book(kRevenue, revenues)).value();
  EXPECT_EQ(by_revenue.tiers[0].clients, 124U) << "the 80 % line is the A line of this policy";
  EXPECT_FALSE(by_revenue.tiers[0].expected_share.has_value());
  EXPECT_FALSE(by_revenue.tiers[0].deviation.has_value());
  EXPECT_TRUE(by_revenue.tiers[0].share.has_value());
}

TEST(Pareto, AnEmptyBookHasNoSharesAndNoLine) {
  const std::vector<ParetoClient> nobody_pays = {{ClientId{"a"}, {}}, {ClientId{"b"}, {Whole(-5)}}};
  for (const auto& clients : {std::vector<ParetoClient>{}, nobody_pays}) {
    const Answer answer = AnswerPareto(kPareto, clients).value();
    EXPECT_EQ(answer.clients, 0U);
    EXPECT_TRUE(answer.rows.empty());
    EXPECT_EQ(answer.line_80.clients, 0U);
    EXPECT_FALSE(answer.line_80.fraction.has_value());
    EXPECT_FALSE(answer.tiers[0].share.has_value());
    EXPECT_FALSE(answer.tiers[0].deviation.has_value());
    EXPECT_EQ(answer.tiers[2].tier, Tier::kC);
  }
}

TEST(Pareto, EffectiveTiersAreCountedApart) {
  std::vector<ParetoClient> clients = Book(kPareto, {50, 40, 30, 20, 10});
  clients[4].place.tier = Tier::kA;  // In grace, so not demoted.
  const Answer answer = AnswerPareto(kPareto, clients).value();
  EXPECT_EQ(answer.tiers[0].clients, 1U);
  EXPECT_EQ(answer.effective_tiers[0].clients, 2U);
  EXPECT_EQ(answer.effective_tiers[0].revenue, Whole(60));
  EXPECT_EQ(answer.effective_tiers[2].clients, 2U);
}

TEST(Pareto, WhatIsTakenOutOfTheTotalsLeavesNoTrace) {
  Random random{5};
  const std::vector<ParetoClient> stays = Book(kPareto, {50, 40, 30, 20, 10});
  ParetoTotals expected;
  for (const ParetoClient& client : stays) expected.Add(client.place);
  ParetoTotals totals = expected;
  std::vector<ParetoPlace> comes_and_goes;
  for (int i = 0; i < 100; ++i) {
    const auto tier = [&] { return static_cast<Tier>(Below(random, 4)); };
    comes_and_goes.push_back({Whole(static_cast<std::int64_t>(Below(random, 100)) - 20), tier(), tier()});
    totals.Add(comes_and_goes.back());
  }
  EXPECT_NE(totals, expected);
  for (const ParetoPlace& place : comes_and_goes) totals.Remove(place);
  EXPECT_EQ(totals, expected);
}

TEST(Pareto, ABookWhoseSumLeavesTheRangeIsRefused) {
  const Money max = Money::FromUnits(std::numeric_limits<std::int64_t>::max());
  const std::vector<ParetoClient> clients = {{ClientId{"a"}, {max, Tier::kA, Tier::kA}},
                                             {ClientId{"b"}, {max, Tier::kC, Tier::kC}}};
  EXPECT_EQ(AnswerPareto(kPareto, clients).error().code, ErrorCode::kOutOfRange);
}

TEST(Pareto, LossSeverityIsTheShareThatLeaves) {
  EXPECT_DOUBLE_EQ(LossSeverity(Whole(25), Whole(100)), 0.25);
  EXPECT_DOUBLE_EQ(LossSeverity(Whole(1), Whole(200)), 0.005);
  EXPECT_EQ(LossSeverity(Whole(1), Money{}), 0);
}

}  // namespace
}  // namespace mainstay::segmentation
