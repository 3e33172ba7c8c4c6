#include "services/segmentation/rank_counts.h"

#include <gtest/gtest.h>

#include "mainstay/base/random.h"

namespace mainstay::segmentation {
namespace {

TEST(RevenueStep, StepsFollowRevenueWithoutGapOrOverlap) {
  Random random{7};
  for (int i = 0; i < 100'000; ++i) {
    const auto units = static_cast<std::int64_t>((random() >> 2) >> Below(random, 62)) + 1;  // Of every size.
    const Money revenue = Money::FromUnits(units);
    const Money largest = LargestInStepOf(revenue);
    ASSERT_GE(largest, revenue);
    ASSERT_EQ(StepOf(largest), StepOf(revenue)) << units;
    ASSERT_GT(StepOf(Money::FromUnits(largest.units() + 1)), StepOf(revenue)) << units;
    ASSERT_LT(StepOf(revenue).step, kStepsOfBand);
  }
}

TEST(RevenueStep, AStepIsAThousandthOfAnOctaveOrOneUnit) {
  for (std::int64_t units = 1; units <= 2'047; ++units)
    EXPECT_EQ(LargestInStepOf(Money::FromUnits(units)).units(), units);
  const std::int64_t million = 1'000'000;
  const std::int64_t wide = LargestInStepOf(Money::FromUnits(million)).units() - million;
  EXPECT_GT(wide, 0);
  EXPECT_LT(wide, million / 512);
  EXPECT_EQ(LargestInStepOf(Money::FromUnits(INT64_MAX)).units(), INT64_MAX);
}

}  // namespace
}  // namespace mainstay::segmentation
