#include "mainstay/segmentation/persona.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "mainstay/testing/seed.h"
#include "mainstay/vocabulary/policy_values.h"

namespace mainstay::segmentation {
namespace {

Money Whole(std::int64_t whole) { return Money::FromUnits(whole * Money::kUnitsPerWhole); }

PersonaFacts Repeating() {
  PersonaFacts facts;
  facts.revenue = Whole(1000);
  facts.minutes = 60;
  facts.order_days = 3;
  facts.products = 1;
  return facts;
}

std::optional<EffortLines> LinesAround(const PersonaFacts& facts) {
  return EffortLines{EffortOf(facts.minutes, facts.revenue), 0};
}

// Goal: median and MAD of the tree are those of sorting everything. The first list is plainly wrong for a
// middle that forgets even counts, so it kills that mutant.
TEST(EffortLines, OfATreeAreThoseOfSorting) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  std::mt19937_64 random{seed};
  for (int round = 0; round < 300; ++round) {
    RankTree tree;
    std::vector<Effort> all;
    const std::size_t n = random() % 40 + 1;
    for (std::size_t i = 0; i < n; ++i) {
      all.push_back(static_cast<Effort>(random() % 50 + 1));
      tree.Insert({Money::FromUnits(all.back()), ClientId{"c" + std::to_string(i)}});
    }
    std::sort(all.begin(), all.end());
    const auto middle = [](std::vector<Effort> sorted) {
      std::sort(sorted.begin(), sorted.end());
      const Effort low = sorted[(sorted.size() - 1) / 2];
      return low + (sorted[sorted.size() / 2] - low) / 2;
    };
    const Effort median = middle(all);
    std::vector<Effort> distances;
    distances.reserve(all.size());
    for (const Effort effort : all) distances.push_back(std::abs(effort - median));
    const EffortLines expected{median, middle(distances)};
    std::size_t nearest = random() % 60;  // Good and bad guesses.
    ASSERT_EQ(LinesOfEfforts(tree, nearest), expected) << "round " << round;
    ASSERT_EQ(LinesOfEfforts(tree, nearest), expected) << "round " << round;
    ASSERT_EQ(LinesOfEfforts(all), expected) << "round " << round;
  }
  std::size_t nearest = 3;
  EXPECT_FALSE(LinesOfEfforts(RankTree{}, nearest).has_value());
}

TEST(Persona, ABookOfNineHasNone) {
  const PersonaFacts facts = Repeating();
  EXPECT_EQ(DecidePersona(facts, 9, LinesAround(facts), {}).persona, Persona::kNone);
  EXPECT_EQ(DecidePersona(facts, 10, LinesAround(facts), {}).persona, Persona::kStagnant);
}

TEST(Persona, OneThatOnlyRepeatsIsStagnantUntilOneNewLine) {
  PersonaFacts facts = Repeating();
  facts.beyond_first = 1;
  facts.products = 2;
  EXPECT_EQ(DecidePersona(facts, 10, LinesAround(facts), {}).persona, Persona::kBest);
}

TEST(Persona, GrowthBeyondFivePercentIsNotStagnant) {
  PersonaFacts facts = Repeating();
  facts.previous = Whole(952);  // 1.0504
  EXPECT_NE(DecidePersona(facts, 10, LinesAround(facts), {}).persona, Persona::kStagnant);
  facts.previous = Whole(953);
  EXPECT_EQ(DecidePersona(facts, 10, LinesAround(facts), {}).persona, Persona::kStagnant);
}

TEST(Persona, ExactlyTenPercentMoreIsGrowthForEveryAmount) {
  for (const std::int64_t previous : {1'312'000, 1'310'000, 10, 70, 123'450}) {
    PersonaFacts facts = Repeating();
    facts.beyond_first = 1;
    facts.previous = Money::FromUnits(previous);
    facts.revenue = Money::FromUnits(previous / 10 * 11);
    const auto grew = [&] {
      const auto evidence = DecidePersona(facts, 10, LinesAround(facts), {}).evidence;
      return std::any_of(evidence.begin(), evidence.end(),
                         [](const Evidence& e) { return e.rule == "revenue_over_year_before"; });
    };
    EXPECT_TRUE(grew()) << previous;
    facts.revenue = Money::FromUnits(previous / 10 * 11 - 1);
    EXPECT_FALSE(grew()) << previous;
  }
}

TEST(Persona, DrainingNeedsBothEffortAndFrictionAndComesFirst) {
  PersonaFacts facts = Repeating();
  const auto lines = LinesAround(facts);
  facts.minutes = 68;  // 69/61 = 1.131 of the median; the line is 1.05^2 = 1.1025.
  facts.frictions = 1;
  EXPECT_EQ(DecidePersona(facts, 10, lines, {}).persona, Persona::kStagnant);
  facts.frictions = 2;
  const PersonaDecision decision = DecidePersona(facts, 10, lines, {});
  EXPECT_EQ(decision.persona, Persona::kDraining);
  ASSERT_EQ(decision.evidence.size(), 2U);
  EXPECT_NEAR(decision.evidence[0].value, 69.0 / 61, 1e-5);
  EXPECT_NEAR(decision.evidence[0].threshold, 1.1025, 1e-5);
  facts.minutes = 66;  // 1.098
  EXPECT_EQ(DecidePersona(facts, 10, lines, {}).persona, Persona::kStagnant);
}

TEST(Recommendation, ShowsItsArithmetic) {
  PersonaFacts facts = Repeating();
  const EffortLines lines = *LinesAround(facts);
  PolicyValues policy;
  EXPECT_EQ(Recommend(facts, lines, policy).action, "keep");  // 300 - 60, as everywhere.
  facts.minutes = 121;                                        // Twice the median.
  const Recommendation exit = Recommend(facts, lines, policy);
  EXPECT_EQ(exit.contribution, Whole(179));
  EXPECT_NEAR(static_cast<double>(exit.elsewhere.units()), 479e4, 100);
  EXPECT_EQ(exit.action, "exit");  // 300 of 1000 are missing.
  EXPECT_NEAR(exit.rise.value(), 0.3, 1e-4);
  EXPECT_EQ(ArithmeticOf(exit, facts, policy, Currency{"GBP"}),
            "1000.00 revenue leaves 300.00 of margin; 121 minutes cost 121.00; contribution 179.00. The same minutes "
            "bring 479.00 at the book's median effort. A price rise of 30 % makes up for it; the limit is 20 %.");
  policy.reprice_limit = 0.31;
  EXPECT_EQ(Recommend(facts, lines, policy).action, "reprice");
}

}  // namespace
}  // namespace mainstay::segmentation
