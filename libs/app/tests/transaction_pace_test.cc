#include "transaction_pace.h"

#include <gtest/gtest.h>

namespace mainstay::app {
namespace {

TEST(TransactionPace, FewShardsKeepToATenthOfASecondHoweverSlowTheBroker) {
  EXPECT_EQ(PaceOf(Duration{5}, 4).always, kShortestPace);
  EXPECT_EQ(PaceOf(Duration{45}, 4).always, Duration{90}) << "twice what a commit takes";
  EXPECT_EQ(PaceOf(Duration{5'000}, 4).always, kLongestPace);
}

TEST(TransactionPace, ManyShardsGiveWayToASlowBrokerUpToALimit) {
  EXPECT_EQ(PaceOf(Duration{5}, 24).always, kShortestPace) << "a fast one is no reason";
  EXPECT_EQ(PaceOf(Duration{100}, 24).always, Duration{200});
  EXPECT_EQ(PaceOf(Duration{5'000}, 24).always, 24 * kPacePerShard);
  EXPECT_EQ(PaceOf(Duration{5'000}, 1'000).always, kLongestPaceOfMany);
}

TEST(TransactionPace, WhatTellsNobodyAnythingHasTimeAndMoreWhereShardsAreMany) {
  EXPECT_EQ(PaceOf(Duration{5}, 4).silent, kSilentPace);
  EXPECT_EQ(PaceOf(Duration{5}, 16).silent, 16 * kSilentPacePerShard);
  EXPECT_EQ(PaceOf(Duration{5}, 1'000).silent, kSilentPaceOfMany);
}

}  // namespace
}  // namespace mainstay::app
