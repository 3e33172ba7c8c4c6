#include "mainstay/risk/client_value.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "clients.h"

namespace mainstay::risk {
namespace {

constexpr double kYear = 365.25 / 7;
const ChurnParameters kParameters;

double Whole(Money money) { return static_cast<double>(money.units()) / Money::kUnitsPerWhole; }

OrderDays DaysOf(const std::vector<int>& amounts) {
  OrderDays days;
  Day day = std::chrono::floor<std::chrono::days>(kToday) - weeks{60};
  for (const int amount : amounts) {
    EXPECT_TRUE(days.Add(day, Money::FromUnits(amount * Money::kUnitsPerWhole)));
    day += weeks{4};
  }
  return days;
}

TEST(DiscountedOrders, WithoutDiscountAreAllThatAreExpectedWithinTheHorizon) {
  const Repeats repeats{5, 40, 0};
  const double expected = ExpectedOrders(kParameters.model, repeats, 45, 10 * kYear);
  EXPECT_NEAR(DiscountedOrders(kParameters.model, repeats, 45, 10, 0), expected, 1e-12 * expected);
  EXPECT_NEAR(DiscountedOrdersOfNew(kParameters.model, 10, 0), 1 + ExpectedRepeats(kParameters.model, 10 * kYear),
              1e-12);
}

TEST(DiscountedOrders, CountEachYearAtItsEnd) {
  const Repeats repeats{5, 40, 0};
  const double first = ExpectedOrders(kParameters.model, repeats, 45, kYear);
  const double both = ExpectedOrders(kParameters.model, repeats, 45, 2 * kYear);
  EXPECT_NEAR(DiscountedOrders(kParameters.model, repeats, 45, 2, .25), first / 1.25 + (both - first) / 1.5625, 1e-12);
}

TEST(DiscountedOrders, OfOrdersInStagesComeOnceForEachOfThem) {
  // Nobody leaves: a client whose rate of stages is known orders at half of it if an order takes two.
  OrderModel steady{.r = 1e7, .alpha = 1e7, .a = 1e-6, .b = 1e6, .k = 2, .m = 1};
  EXPECT_NEAR(DiscountedOrders(steady, {0, 0, 0}, 0, 1, 0), kYear / 2, .01);
}

TEST(ValuesOf, TheFirstOrderDayIsNoRepeatOrder) {
  const OrderValues none = ValuesOf(OrderDays{});
  EXPECT_EQ(none.x, 0);
  const OrderValues one = ValuesOf(DaysOf({50}));
  EXPECT_EQ(one.x, 0);
  EXPECT_EQ(one.mean, 0);
  EXPECT_EQ(one.first, 500'000);
  const OrderValues three = ValuesOf(DaysOf({50, 10, 30}));
  EXPECT_EQ(three.x, 2);
  EXPECT_EQ(three.mean, 200'000);
}

// churn-risk, worked example: revenue 40k a year, margin 30 %, 10 % discount, sBG "High End" after one renewal.
TEST(ClientValue, OfAContractIsTheMarginOfItsDiscountedTerms) {
  ClientFacts facts;
  facts.contract = ContractFacts{EventId{"signed"}, 1, kToday + weeks{10}, kYear};
  const Score score = ScoreClient(facts, kParameters, kToday);
  const ValueFacts values{{}, Money::FromUnits(40'000LL * Money::kUnitsPerWhole), 1};
  Economics economics;
  economics.replacement_cost = 7'500.0 * Money::kUnitsPerWhole;
  const ClientValue value = ValueOf(facts, score, values, kParameters, std::nullopt, economics);
  EXPECT_NEAR(Whole(value.residual), 70'800, 100);
  EXPECT_EQ(Whole(value.replacement), 7'500);
  // One referral in two terms, won once in three; a new client is worth a margin of 12k in each of its own terms.
  const double worth = 12'000 * DiscountedLifetime(kParameters.renewals, 1, .1);
  EXPECT_NEAR(Whole(value.referral), .5 * Whole(value.residual) / 12'000 / 3 * 1.16 * worth, .01);
}

TEST(ClientValue, OfOrdersIsShrunkenTowardsTheBooks) {
  const ClientFacts facts = RegularBuyer(2, weeks{8});
  const Score score = ScoreClient(facts, kParameters, kToday);
  const ValueFacts values{ValuesOf(DaysOf({50, 10, 30})), {}, 0};
  const ClientValue own = ValueOf(facts, score, values, kParameters, std::nullopt, {});
  const double orders = DiscountedOrders(kParameters.model, facts.orders->statistics.repeats, *score.age_weeks, 10, .1);
  EXPECT_NEAR(Whole(own.residual), .3 * 20 * orders, 1e-4);
  const GammaGamma rich{.p = 6.25, .q = 3.74, .gamma = 1e7};
  const ClientValue shrunken = ValueOf(facts, score, values, kParameters, rich, {});
  EXPECT_NEAR(Whole(shrunken.residual) / Whole(own.residual), ExpectedOrderValue(rich, 2, 200'000) / 200'000, 1e-4);
}

TEST(ClientValue, OfOneThatHasNotBoughtIsItsReplacement) {
  const ClientFacts facts;
  Economics economics;
  economics.replacement_cost = 123;
  const ClientValue value =
      ValueOf(facts, ScoreClient(facts, kParameters, kToday), {}, kParameters, std::nullopt, economics);
  EXPECT_EQ(value.total(), Money::FromUnits(123));
  EXPECT_EQ(MoneyAtStake(value, ScoreClient(facts, kParameters, kToday)), Money{});  // Nobody knows how likely.
}

TEST(ClientValue, OfOneThatHasLeftForSureIsNoLongerThatOfItsOrders) {
  const ClientFacts buys = RegularBuyer(50, weeks{50});
  const ClientFacts silent = RegularBuyer(50, weeks{50}, kToday - weeks{150});
  const ValueFacts values{ValuesOf(DaysOf({50, 10, 30})), {}, 0};
  const auto residual = [&](const ClientFacts& facts) {
    return ValueOf(facts, ScoreClient(facts, kParameters, kToday), values, kParameters, std::nullopt, {}).residual;
  };
  EXPECT_GT(residual(buys), Money::FromUnits(Money::kUnitsPerWhole));
  EXPECT_LT(residual(silent), Money::FromUnits(100));
}

TEST(ClientValue, IsFiniteWithoutDiscountAndForALongHorizon) {
  Economics economics;
  economics.discount = 0;
  economics.horizon_years = 100;
  const ValueFacts values{ValuesOf(DaysOf({50, 10, 30})), Money::FromUnits(1'000'000), 3};
  ClientFacts facts = RegularBuyer(2, weeks{8});
  const ClientValue orders =
      ValueOf(facts, ScoreClient(facts, kParameters, kToday), values, kParameters, std::nullopt, economics);
  EXPECT_GT(orders.referral, Money{});
  EXPECT_LT(orders.total(), Money::FromUnits(1LL << 50));
  facts.contract = ContractFacts{EventId{"signed"}, 1, kToday + weeks{10}, 1};
  const ClientValue contract =
      ValueOf(facts, ScoreClient(facts, kParameters, kToday), values, kParameters, std::nullopt, economics);
  EXPECT_GT(contract.residual, Money{});
  EXPECT_LT(contract.total(), Money::FromUnits(1LL << 50));
}

TEST(MoneyAtStake, IsTheExpectedLossRoundedHalfUpToTheTenThousandth) {
  Score score;
  score.probability = .5;
  const ClientValue value{Money::FromUnits(1'000'000), Money::FromUnits(1), {}};
  EXPECT_EQ(MoneyAtStake(value, score), Money::FromUnits(500'001));
  score.probability = .25;
  EXPECT_EQ(MoneyAtStake({{}, {}, Money::FromUnits(5)}, score), Money::FromUnits(1));
}

}  // namespace
}  // namespace mainstay::risk
