#include "mainstay/segmentation/client_status.h"

#include <gtest/gtest.h>

namespace mainstay::segmentation {
namespace {

using std::chrono::days;

constexpr Instant At(int day) { return Instant{days{day}}; }

TEST(ClientStatus, ANewClientHasTheCadenceOfCFor180Days) {
  const ClientFacts facts{Money{}, false, At(0), std::nullopt};
  EXPECT_EQ(StatusAt(facts, At(179)), ClientStatus::kNew);
  EXPECT_EQ(StatusEndsAt(facts, At(179)), At(180));
  EXPECT_EQ(StatusAt(facts, At(180)), ClientStatus::kLapsed);
  EXPECT_EQ(StatusEndsAt(facts, At(180)), std::nullopt);
  EXPECT_EQ(CadenceTier(ClientStatus::kNew, Tier::kNone), Tier::kC);
  EXPECT_EQ(CadenceTier(ClientStatus::kLapsed, Tier::kNone), Tier::kNone);
}

TEST(ClientStatus, APayingClientHasTheCadenceOfItsTier) {
  const ClientFacts facts{Money::FromUnits(1), false, At(0), At(5)};
  EXPECT_EQ(StatusAt(facts, At(10)), ClientStatus::kPaying);
  EXPECT_EQ(CadenceTier(ClientStatus::kPaying, Tier::kB), Tier::kB);
}

TEST(ClientStatus, ALostClientHasNoCadenceWhateverItPaid) {
  const ClientFacts facts{Money::FromUnits(1), true, At(0), At(5)};
  EXPECT_EQ(StatusAt(facts, At(10)), ClientStatus::kLost);
  EXPECT_EQ(CadenceTier(ClientStatus::kLost, Tier::kA), Tier::kNone);
}

TEST(ClientStatus, AFullyRefundedFirstOrderLeavesAClientNew) {
  EXPECT_EQ(StatusAt({Money{}, false, At(0), At(5)}, At(10)), ClientStatus::kNew);
}

TEST(ClientStatus, AnOldClientRegisteredLatelyIsLapsedNotNew) {
  const ClientFacts facts{Money{}, false, At(1'000), At(600)};
  EXPECT_EQ(StatusAt(facts, At(1'000)), ClientStatus::kLapsed) << "its order left the window on day 965";
  const ClientFacts refunded{Money{}, false, At(1'000), At(700)};
  EXPECT_EQ(StatusAt(refunded, At(1'001)), ClientStatus::kNew);
  EXPECT_EQ(StatusEndsAt(refunded, At(1'001)), At(1'065)) << "when its order leaves the window";
  EXPECT_EQ(StatusAt(refunded, At(1'065)), ClientStatus::kLapsed);
}

TEST(ClientStatus, HasANameForEach) {
  EXPECT_EQ(ClientStatusName(ClientStatus::kPaying), "PAYING");
  EXPECT_EQ(ClientStatusName(ClientStatus::kNew), "NEW");
  EXPECT_EQ(ClientStatusName(ClientStatus::kLapsed), "LAPSED");
  EXPECT_EQ(ClientStatusName(ClientStatus::kLost), "LOST");
}

}  // namespace
}  // namespace mainstay::segmentation
