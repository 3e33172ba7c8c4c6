// Whom the quarterly review proposes.
#include "mainstay/segmentation/review.h"

#include <gtest/gtest.h>

#include <chrono>

namespace mainstay::segmentation {
namespace {

const Instant kNow = Instant{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}};

bool Proposes(std::size_t rank, std::size_t clients, const PolicyValues& policy = {}) {
  return ProposesLowerService({rank, {}, false}, clients, kNow, policy);
}

TEST(Review, ProposesTheBottomQuarterRoundedDown) {
  EXPECT_FALSE(Proposes(149, 200));
  EXPECT_TRUE(Proposes(150, 200));
  EXPECT_FALSE(Proposes(6, 9)) << "a quarter of nine is two";
  EXPECT_TRUE(Proposes(7, 9));
  EXPECT_FALSE(Proposes(2, 3)) << "a quarter of three is none";
}

TEST(Review, AnotherShareOfTheBookIsAnotherBottom) {
  EXPECT_TRUE(Proposes(0, 4, {.review_share = 1}));
  EXPECT_FALSE(Proposes(3, 4, {.review_share = 0}));
  EXPECT_TRUE(Proposes(2, 4, {.review_share = .5}));
}

TEST(Review, NewAndProtectedClientsAreLeftInPeace) {
  const ReviewFacts young{9, kNow + std::chrono::milliseconds{1}, false};
  const ReviewFacts grown{9, kNow, false};
  const ReviewFacts shielded{9, {}, true};
  EXPECT_FALSE(ProposesLowerService(young, 10, kNow, {}));
  EXPECT_TRUE(ProposesLowerService(grown, 10, kNow, {}));
  EXPECT_FALSE(ProposesLowerService(shielded, 10, kNow, {}));
}

}  // namespace
}  // namespace mainstay::segmentation
