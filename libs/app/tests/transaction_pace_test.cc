#include "transaction_pace.h"

#include <gtest/gtest.h>

namespace mainstay::app {
namespace {

TEST(TransactionPace, FewShardsKeepToATenthOfASecondHoweverSlowTheBroker) {
  EXPECT_EQ(PaceOf(true, Duration{5}, 4).always, kShortestPace);
  EXPECT_EQ(PaceOf(true, Duration{45}, 4).always, Duration{90}) << "twice what a commit takes";
  EXPECT_EQ(PaceOf(true, Duration{5'000}, 4).always, kLongestPace);
}

TEST(TransactionPace, ManyShardsGiveWayToASlowBrokerUpToALimit) {
  EXPECT_EQ(PaceOf(true, Duration{5}, 24).always, kShortestPace) << "a fast one is no reason";
  EXPECT_EQ(PaceOf(true, Duration{100}, 24).always, Duration{200});
  EXPECT_EQ(PaceOf(true, Duration{5'000}, 24).always, 24 * kPacePerShard);
  EXPECT_EQ(PaceOf(true, Duration{5'000}, 1'000).always, kLongestPaceOfMany);
}

TEST(TransactionPace, WhoIsListenedToDoesNotWaitForCallers) {
  for (const std::int32_t shards : {1, 4, 24, 1'000}) {
    const Pace pace = PaceOf(true, Duration{30}, shards);
    EXPECT_EQ(pace.unless_called, pace.always);
  }
}

TEST(TransactionPace, WhereNobodyIsToldAnythingThereIsTimeUnlessACallerWaits) {
  EXPECT_EQ(PaceOf(false, Duration{5}, 4).always, kShortestPace);
  EXPECT_EQ(PaceOf(false, Duration{5}, 4).unless_called, kQuietPace);
  EXPECT_EQ(PaceOf(false, Duration{5}, 16).unless_called, 16 * kQuietPacePerShard);
  EXPECT_EQ(PaceOf(false, Duration{5}, 1'000).unless_called, kQuietPaceOfMany);
}

}  // namespace
}  // namespace mainstay::app
