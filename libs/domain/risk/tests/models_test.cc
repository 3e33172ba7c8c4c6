#include "mainstay/risk/models.h"

#include <gtest/gtest.h>

#include <boost/math/quadrature/tanh_sinh.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"

namespace mainstay::risk {
namespace {

double LogUniform(Random& random, double low, double high) {
  return low * std::exp(Uniform(random) * std::log(high / low));
}

// ln Gamma of the likelihood, formed naively: fine for small numbers, which is what makes it independent.
double NaiveLogLikelihood(const OrderModel& model, const Repeats& repeats, double age) {
  const double x = static_cast<double>(repeats.x);
  const double shape = model.r + model.k * x;
  const auto ln_beta = [](double p, double q) { return std::lgamma(p) + std::lgamma(q) - std::lgamma(p + q); };
  double survival = 0;
  double rising = 1;
  double factorial = 1;
  for (int j = 0; j < model.k; ++j) {
    if (j > 0) {
      rising *= shape + j - 1;
      factorial *= j;
    }
    survival += rising * std::pow(age - repeats.t_x, j) / (factorial * std::pow(model.alpha + age, shape + j));
  }
  double left = model.a / (model.b + x - 1 + model.m) * std::pow(model.alpha + repeats.t_x, -shape);
  if (model.m == 0 && repeats.x == 0) left = 0;
  return (model.k - 1) * repeats.ln_gap_sum - x * std::lgamma(model.k) + ln_beta(model.a, model.b + x + model.m) -
         ln_beta(model.a, model.b) + std::lgamma(shape) - std::lgamma(model.r) + model.r * std::log(model.alpha) +
         std::log(left + survival);
}

TEST(OrderModels, AgreeWithTheFormulaWrittenOutNaively) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  for (int i = 0; i < 2000; ++i) {
    OrderModel model{.r = LogUniform(random, .1, 4),
                     .alpha = LogUniform(random, .5, 30),
                     .a = LogUniform(random, .1, 5),
                     .b = LogUniform(random, .1, 9)};
    model.k = 1 + static_cast<int>(Below(random, 4));
    model.m = static_cast<int>(Below(random, 2));
    Repeats repeats{.x = static_cast<std::int64_t>(Below(random, 12))};
    if (repeats.x > 0) repeats.t_x = 1 + 50 * Uniform(random);
    if (repeats.x > 0) repeats.ln_gap_sum = 3 * Uniform(random);
    const double age = repeats.t_x + 40 * Uniform(random);
    ASSERT_NEAR(LogLikelihood(model, repeats, age), NaiveLogLikelihood(model, repeats, age), 1e-9)
        << "r " << model.r << " alpha " << model.alpha << " k " << model.k << " m " << model.m << " x " << repeats.x;

    const double horizon = 5 + 50 * Uniform(random);
    const double left = std::exp(LnLeft(model, repeats));
    const double alive = std::exp(LnSurvival(model, repeats, age));
    const double later = std::exp(LnSurvival(model, repeats, age + horizon));
    ASSERT_NEAR(PAlive(model, repeats, age), alive / (left + alive), 1e-10);
    ASSERT_NEAR(PSilent(model, repeats, age, horizon), (left + later) / (left + alive), 1e-10);
  }
}

// For k = 1: 1 - P_alive (1 - ((alpha+T)/(alpha+T+h))^(r+x)).
TEST(OrderModels, PSilentIsPAliveTimesTheChanceToOrderForKOne) {
  const OrderModel model;
  for (const std::int64_t x : {0, 1, 7, 40}) {
    const Repeats repeats{.x = x, .t_x = x == 0 ? 0 : 30.0};
    const double none = std::pow((model.alpha + 45) / (model.alpha + 45 + 13), model.r + static_cast<double>(x));
    EXPECT_NEAR(PSilent(model, repeats, 45, 13), 1 - PAlive(model, repeats, 45) * (1 - none), 1e-13);
  }
}

TEST(OrderModels, StayFiniteAtEveryEdge) {
  const double tiny = 1e-3;
  int saturated = 0;
  for (const int k : {1, 2, 4}) {
    for (const int m : {0, 1}) {
      for (const double a : {tiny, 1.0, 50.0}) {
        for (const double b : {tiny, 2.0, 1e4, 1e12, 1e300}) {
          for (const std::int64_t x : {0, 1, 30, 5000}) {
            for (const double silence : {0.0, 1e-9, 12.0, 1e4}) {
              const OrderModel model{.r = .525, .alpha = 6.183, .a = a, .b = b, .k = k, .m = m};
              const Repeats repeats{.x = x, .t_x = x == 0 ? 0 : 200.0};
              const double age = repeats.t_x + silence;
              const double p = PSilent(model, repeats, age, 13);
              ASSERT_TRUE(p >= 0 && p <= 1) << p;
              ASSERT_TRUE(std::isfinite(LogitPSilent(model, repeats, age, 13)));
              ASSERT_TRUE(std::isfinite(LnPAlive(model, repeats, age)));
              ASSERT_TRUE(std::isfinite(LogLikelihood(model, repeats, age)));
              ASSERT_TRUE(std::isfinite(LnSurvival(model, repeats, age)));
              ASSERT_TRUE(std::isfinite(TypicalGap(model, repeats)));
              saturated += p == 1 ? 1 : 0;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(saturated, 0) << "no case where P rounds to 1: the logit was not put to the test";
}

TEST(OrderModels, AWithoutLimitOfBNobodyLeaves) {
  OrderModel model;
  model.b = 1e300;
  EXPECT_EQ(PAlive(model, {.x = 3, .t_x = 10}, 11), 1);
  model.m = 0;
  EXPECT_EQ(LnLeft(model, {}), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(PAlive(model, {}, 1000), 1) << "in BG/NBD a client of one order cannot have left";
}

// What is expected given the chance p to leave, averaged over what is known of p: no series, and no hypergeometric
// function.
double IntegratedOrders(const OrderModel& model, const Repeats& repeats, double age, double span) {
  const double x = static_cast<double>(repeats.x);
  const double stays = model.b + x + model.m;  // It has not left at any order.
  const double ln_beta = std::lgamma(model.a) + std::lgamma(stays) - std::lgamma(model.a + stays);
  boost::math::quadrature::tanh_sinh<double> integral;
  return integral.integrate(
      [&](double p, double to_end) {
        const double rest = to_end > 0 ? to_end : 1 - p;
        const double orders = -std::expm1(-(model.r + x) * std::log1p(p * span / (model.alpha + age))) / p;
        return orders * std::exp((model.a - 1) * std::log(p) + (stays - 1) * std::log(rest) - ln_beta);
      },
      0., 1.);
}

TEST(OrderModels, ExpectedOrdersAreTheAverageOverAllChancesToLeave) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  for (int i = 0; i < 300; ++i) {
    // Chances to leave and to stay that add up to 1 to 100: by steps, and as the plain series.
    const OrderModel model{.r = LogUniform(random, .1, 4),
                           .alpha = LogUniform(random, .5, 50),
                           .a = LogUniform(random, .2, 4),
                           .b = LogUniform(random, .5, 60),
                           .k = 1,
                           .m = 1};
    const Repeats repeats{static_cast<std::int64_t>(Below(random, 30)), 50 * Uniform(random), 0};
    const double age = repeats.t_x + 50 * Uniform(random);
    for (const double span : {1.0, 52.0, 520.0}) {
      const double expected = IntegratedOrders(model, repeats, age, span);
      ASSERT_NEAR(ExpectedOrdersIfActive(model, repeats, age, span), expected, 1e-9 * expected)
          << "a " << model.a << ", b " << model.b << ", x " << repeats.x << ", span " << span;
    }
  }
}

// Goal: what is expected within several spans is what is expected within each alone, bit by bit, and grows with them.
TEST(OrderModels, ExpectedOrdersOfSeveralSpansAreThoseOfEachAlone) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  for (int i = 0; i < 500; ++i) {
    const OrderModel model{.r = LogUniform(random, .1, 4),
                           .alpha = LogUniform(random, .5, 50),
                           .a = LogUniform(random, .1, 4),
                           .b = LogUniform(random, .1, 1e6),
                           .k = 1,
                           .m = static_cast<int>(Below(random, 2))};
    const Repeats repeats{static_cast<std::int64_t>(Below(random, 30)), 100 * Uniform(random), 0};
    const double age = repeats.t_x + 100 * Uniform(random);
    const std::vector<double> spans = {0, 1, 13, 52, 52, 520};
    const std::vector<double> together = ExpectedOrdersIfActive(model, repeats, age, spans);
    ASSERT_EQ(together.size(), spans.size());
    for (std::size_t s = 0; s < spans.size(); ++s) {
      ASSERT_EQ(together[s], ExpectedOrdersIfActive(model, repeats, age, spans[s])) << "span " << spans[s];
      ASSERT_GE(together[s], s > 0 ? together[s - 1] : 0);
    }
    ASSERT_EQ(together[0], 0);
  }
}

TEST(OrderModels, ExpectedOrdersAreSmoothAtAOneAndReachTheLimitOfNoAttrition) {
  const Repeats repeats{.x = 4, .t_x = 20};
  OrderModel model;
  const auto expected = [&](double a, double b) {
    model.a = a;
    model.b = b;
    return ExpectedOrders(model, repeats, 23, 52);
  };
  EXPECT_NEAR(expected(1, 2), expected(1 + 1e-10, 2), 1e-9);
  EXPECT_NEAR(expected(1, 2), expected(1 - 1e-10, 2), 1e-9);
  const double forever = (.525 + 4) * 52 / (6.183 + 23);  // Rate times span.
  EXPECT_NEAR(expected(.9, 1e6), forever, 1e-4);
  EXPECT_NEAR(expected(.9, 9e7), forever, 1e-6);
  EXPECT_EQ(expected(.9, 1e300), forever);
  EXPECT_EQ(ExpectedOrders({}, repeats, 23, 0), 0);
  EXPECT_LT(ExpectedOrders({}, repeats, 23, 52), forever);
}

TEST(OrderModels, SilenceOnlyRaisesPSilentForKOneButItDipsFirstForKTwo) {
  const OrderModel one;
  const Repeats repeats{.x = 10, .t_x = 40};
  double last = 0;
  for (double silence = 0; silence < 60; silence += .1) {
    const double p = PSilent(one, repeats, 40 + silence, 13);
    ASSERT_GE(p, last);
    last = p;
  }
  OrderModel two;
  two.k = 2;
  const double at_once = PSilent(two, repeats, 40, 5);
  EXPECT_LT(PSilent(two, repeats, 41.5, 5), at_once);
  EXPECT_GT(PSilent(two, repeats, 70, 5), at_once);
}

TEST(OrderModels, BeforeItsLastOrderAClientIsAsOldAsThatOrder) {
  const Repeats repeats{.x = 4, .t_x = 20};
  for (const int k : {1, 3}) {
    OrderModel model;
    model.k = k;
    EXPECT_EQ(PSilent(model, repeats, 12, 13), PSilent(model, repeats, 20, 13));
    EXPECT_EQ(PAlive(model, repeats, 12), PAlive(model, repeats, 20));
    EXPECT_EQ(LnSurvival(model, repeats, 12), LnSurvival(model, repeats, 20));
  }
}

TEST(OrderModels, MoreOrdersMakeLeavingLessLikelyRightAfterAnOrder) {
  const OrderModel model;
  double last = 1;
  for (std::int64_t x = 0; x < 60; ++x) {
    const double gone = 1 - PAlive(model, {.x = x, .t_x = 100}, 100);
    ASSERT_LT(gone, last);
    last = gone;
  }
}

}  // namespace
}  // namespace mainstay::risk
