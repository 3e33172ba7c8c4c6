#include "mainstay/base/money.h"

#include <gtest/gtest.h>

#include <limits>

namespace mainstay {
namespace {

const Currency kGbp{"GBP"};

TEST(Money, ParsesDecimalsExactly) {
  EXPECT_EQ(ParseMoney("139.12").value().units(), 1'391'200);
  EXPECT_EQ(ParseMoney("-0.0001").value().units(), -1);
  EXPECT_EQ(ParseMoney(".5").value().units(), 5'000);
  EXPECT_EQ(ParseMoney("1.50000").value().units(), 15'000);
}

TEST(Money, RefusesWhatIsNoAmount) {
  for (const char* text : {"", "-", ".", "1e3", "1,000", "1.23456", "12.3.4", "922337203685477.5808"}) {
    const Result<Money> money = ParseMoney(text);
    ASSERT_FALSE(money.has_value()) << text;
    EXPECT_EQ(money.error().field, "amount");
  }
}

TEST(Money, FormatsWithMinorDigits) {
  EXPECT_EQ(FormatMoney(Money::FromUnits(222'000), kGbp), "22.20");
  EXPECT_EQ(FormatMoney(Money::FromUnits(-222'001), kGbp), "-22.2001");
  EXPECT_EQ(FormatMoney(Money::FromUnits(5'000'000), Currency{"JPY"}), "500");
  EXPECT_EQ(FormatMoney(Money::FromUnits(10'000), Currency{"KWD"}), "1.000");
}

TEST(Money, OverflowIsRefusedNotWrapped) {
  const Money max = Money::FromUnits(std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(CheckedAdd(max, Money::FromUnits(1)).has_value());
  EXPECT_FALSE(CheckedSubtract(-max, Money::FromUnits(1)).has_value());
  EXPECT_FALSE(CheckedMultiply(max, 2).has_value());
  EXPECT_EQ(CheckedSubtract(max, max).value(), Money{});
}

TEST(Money, ScaleRoundsHalfUp) {
  EXPECT_EQ(ScaleHalfUp(Money::FromUnits(5), 0.5).units(), 3);
  EXPECT_EQ(ScaleHalfUp(Money::FromUnits(4), 0.5).units(), 2);
}

}  // namespace
}  // namespace mainstay
