#include "transaction_pace.h"

#include <gtest/gtest.h>

namespace mainstay::app {
namespace {

TEST(TransactionPace, FewShardsKeepToATenthOfASecondHoweverSlowTheBroker) {
  EXPECT_EQ(PaceOf(true, Duration{5}, 4), kShortestPace);
  EXPECT_EQ(PaceOf(true, Duration{45}, 4), Duration{90}) << "twice what a commit takes";
  EXPECT_EQ(PaceOf(true, Duration{5'000}, 4), kLongestPace);
}

TEST(TransactionPace, ManyShardsGiveWayToASlowBrokerUpToALimit) {
  EXPECT_EQ(PaceOf(true, Duration{5}, 24), kShortestPace) << "a fast one is no reason";
  EXPECT_EQ(PaceOf(true, Duration{100}, 24), Duration{200});
  EXPECT_EQ(PaceOf(true, Duration{5'000}, 24), 24 * kPacePerShard);
  EXPECT_EQ(PaceOf(true, Duration{5'000}, 1'000), kLongestPaceOfMany);
}

TEST(TransactionPace, WhereNobodyIsToldAnythingThereIsTime) {
  EXPECT_EQ(PaceOf(false, Duration{5}, 4), kLongestPace);
  EXPECT_EQ(PaceOf(false, Duration{100}, 24), Duration{200});
}

}  // namespace
}  // namespace mainstay::app
