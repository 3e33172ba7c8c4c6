// The curve from the order model's log-odds to the published ones.
#include "mainstay/risk/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"

namespace mainstay::risk {
namespace {

double Sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

std::vector<CalibrationRow> Rows(int n, std::uint64_t seed, const std::function<double(double)>& truth) {
  Random random{seed};
  std::vector<CalibrationRow> rows;
  for (int i = 0; i < n; ++i) {
    const double z = 8 * Uniform(random) - 4;
    const double kept = Uniform(random) < .2 ? .7 : 1;
    rows.push_back({z, kept, 1, Uniform(random) < 1 - (1 - truth(z)) * kept});
  }
  return rows;
}

TEST(CalibrationCurve, IsALineWithoutStepsAndGoesThroughThemWithTheSlopeBeyond) {
  EXPECT_EQ(Calibrated(2, {}), 2);
  EXPECT_EQ(Calibrated(2, {.5, .25, {}}), 1);
  const Calibration steps{9, .5, {{-1, -2}, {1, 0}, {2, 0}}};
  EXPECT_DOUBLE_EQ(Calibrated(-1, steps), -2);
  EXPECT_DOUBLE_EQ(Calibrated(0, steps), -1);
  EXPECT_DOUBLE_EQ(Calibrated(1.5, steps), 0);
  EXPECT_DOUBLE_EQ(Calibrated(-3, steps), -3) << "below: the last step and the slope";
  EXPECT_DOUBLE_EQ(Calibrated(6, steps), 2) << "above: the last step and the slope";
}

TEST(CalibrationCurve, NeedsMoreThanAThousandLabelsForSteps) {
  const auto as_it_is = [](double z) { return Sigmoid(z); };
  EXPECT_TRUE(FitCalibration(Rows(1'000, 1, as_it_is), {}).steps.empty());
  EXPECT_FALSE(FitCalibration(Rows(1'001, 1, as_it_is), {}).steps.empty());
}

TEST(CalibrationCurve, StepsFindWhatNoLineCanBe) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  const auto truth = [](double z) { return z < 0 ? .1 : z < 2 ? .5 : .6; };
  const Calibration fit = FitCalibration(Rows(20'000, seed, truth), {});
  double by_steps = 0, by_line = 0;
  for (const double z : {-3.0, -2.5, -2.0, -1.5, -1.0, 1.0, 1.25, 3.0, 3.5}) {  // Away from the two jumps.
    by_steps += std::abs(Sigmoid(Calibrated(z, fit)) - truth(z));
    by_line += std::abs(Sigmoid(fit.c0 + fit.c1 * z) - truth(z));
  }
  EXPECT_LT(by_steps, .5 * by_line);
  EXPECT_LT(by_steps / 9, .04);
}

TEST(CalibrationCurve, NeverFallsAndStaysFiniteWhateverTheLabels) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  const std::vector<std::function<double(double)>> worlds = {
      [](double) { return 0.0; }, [](double) { return 1.0; }, [](double z) { return Sigmoid(-z); },
      [](double) { return .5; }, [](double z) { return z > 0 ? 1.0 : 0.0; }};
  std::size_t pooled = 0;
  for (const auto& world : worlds) {
    const Calibration fit = FitCalibration(Rows(3'000, seed, world), {});
    ASSERT_LE(fit.steps.size(), kMostCalibrationSteps);
    pooled += kMostCalibrationSteps - fit.steps.size();
    ASSERT_GT(fit.c1, 0);
    double before = -INFINITY;
    for (double z = -40; z <= 40; z += .25) {
      const double now = Calibrated(z, fit);
      ASSERT_TRUE(std::isfinite(now));
      ASSERT_GE(now, before) << z;
      before = now;
    }
  }
  EXPECT_GT(pooled, 0U) << "vacuous: no violator was ever pooled";
}

TEST(CalibrationCurve, OfNoLabelsAndOfOneValueIsFinite) {
  EXPECT_EQ(FitCalibration({}, {}), Calibration{});
  const std::vector<CalibrationRow> same(2'000, {.5, 1, 1, true});
  const Calibration fit = FitCalibration(same, {});
  EXPECT_LE(fit.steps.size(), 2U);
  EXPECT_TRUE(std::isfinite(Calibrated(-3, fit)));
}

}  // namespace
}  // namespace mainstay::risk
