#include "mainstay/risk/order_days.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"

namespace mainstay::risk {
namespace {

using std::chrono::days;

constexpr Day kStart{std::chrono::year{2020} / 1 / 1};
Money Pounds(std::int64_t pounds) { return Money::FromUnits(10'000 * pounds); }

void MustAdd(OrderDays& orders, Day day, Money change) { ASSERT_TRUE(orders.Add(day, change).has_value()); }

// The definition, word by word, from a plain map of days.
std::optional<OrderStatistics> Batch(const std::map<Day, std::int64_t>& net) {
  std::vector<Day> counting;
  for (const auto& [day, units] : net) {
    if (units > 0) counting.push_back(day);
  }
  if (counting.empty()) return std::nullopt;
  OrderStatistics statistics{{}, counting.front(), counting.back()};
  statistics.repeats.x = static_cast<std::int64_t>(counting.size()) - 1;
  statistics.repeats.t_x = static_cast<double>((counting.back() - counting.front()).count()) / 7;
  for (std::size_t i = 1; i < counting.size(); ++i) {
    statistics.repeats.ln_gap_sum += std::log(static_cast<double>((counting[i] - counting[i - 1]).count()) / 7);
  }
  return statistics;
}

TEST(OrderDays, CountsDistinctDaysBeyondTheFirstInWeeks) {
  OrderDays orders;
  EXPECT_FALSE(orders.statistics());
  MustAdd(orders, kStart, Pounds(10));
  EXPECT_EQ(orders.statistics()->repeats, Repeats{});
  MustAdd(orders, kStart, Pounds(5));
  MustAdd(orders, kStart + days{14}, Pounds(1));
  MustAdd(orders, kStart + days{35}, Pounds(1));
  ASSERT_TRUE(orders.statistics());
  EXPECT_EQ(orders.statistics()->repeats.x, 2);
  EXPECT_EQ(orders.statistics()->repeats.t_x, 5);
  EXPECT_NEAR(orders.statistics()->repeats.ln_gap_sum, std::log(2) + std::log(3), 1e-15);
  EXPECT_EQ(orders.statistics()->last, kStart + days{35});
}

TEST(OrderDays, AFullRefundTakesTheDayAwayAndACorrectionBringsItBack) {
  OrderDays orders;
  MustAdd(orders, kStart, Pounds(10));
  MustAdd(orders, kStart + days{7}, Pounds(10));
  MustAdd(orders, kStart + days{7}, Pounds(-4));
  EXPECT_EQ(orders.statistics()->repeats.x, 1);
  MustAdd(orders, kStart + days{7}, Pounds(-6));
  EXPECT_EQ(orders.statistics()->repeats.x, 0);
  EXPECT_EQ(orders.statistics()->last, kStart);
  MustAdd(orders, kStart + days{7}, Pounds(3));
  EXPECT_EQ(orders.statistics()->repeats.x, 1);
  MustAdd(orders, kStart + days{7}, Pounds(-3));
  MustAdd(orders, kStart, Pounds(-10));
  EXPECT_FALSE(orders.statistics());
  EXPECT_TRUE(orders.parts().days.empty());
}

TEST(OrderDays, RefusesAnOverflowAndChangesNothing) {
  OrderDays orders;
  MustAdd(orders, kStart, Money::FromUnits(std::numeric_limits<std::int64_t>::max()));
  const OrderDays before = orders;
  const Result<void> refused = orders.Add(kStart, Money::FromUnits(1));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(orders, before);
}

// Goal: whatever comes in whatever order, the state says what the set of days says, to the bit.
// Method: random orders and refunds over few days (so that days are hit again), some in time, some late.
TEST(OrderDays, StreamingEqualsBatchOnAnyHistory) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  int late = 0;
  int vanished = 0;
  for (int round = 0; round < 60; ++round) {
    OrderDays orders;
    std::map<Day, std::int64_t> net;
    const std::uint64_t span = 5 + Below(random, 240);
    for (int step = 0; step < 200; ++step) {
      const Day day = kStart + days{static_cast<std::int64_t>(Below(random, span))};
      const auto before = Batch(net);
      std::int64_t units = 1 + static_cast<std::int64_t>(Below(random, 3));
      const bool refund = Below(random, 3) == 0 && net[day] > 0;
      if (refund) units = -std::min(units, net[day]);
      net[day] += units;
      ASSERT_TRUE(orders.Add(day, Money::FromUnits(units)).has_value());
      late += !refund && before && day < before->last ? 1 : 0;
      vanished += refund && net[day] == 0 ? 1 : 0;
      ASSERT_EQ(orders.statistics(), Batch(net));
      ASSERT_EQ(orders.statistics(), orders.Recompute());
    }
    ASSERT_EQ(OrderDays{orders.parts()}, orders);
  }
  EXPECT_GT(late, 0) << "no order came out of order";
  EXPECT_GT(vanished, 0) << "no day was refunded away";
}

// Orders alone: beyond 256 days the amounts are folded away, and still every arrival order gives the same statistics.
TEST(OrderDays, AThousandShuffledDaysEqualTheSameDaysInOrder) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  for (int round = 0; round < 10; ++round) {
    std::vector<Day> when;
    std::map<Day, std::int64_t> net;
    for (int i = 0; i < 1000; ++i) {
      when.push_back(kStart + days{static_cast<std::int64_t>(Below(random, 2500))});
      net[when.back()] += 1;
    }
    OrderDays shuffled;
    for (const Day day : when) MustAdd(shuffled, day, Money::FromUnits(1));
    std::sort(when.begin(), when.end());
    OrderDays sorted;
    for (const Day day : when) MustAdd(sorted, day, Money::FromUnits(1));
    ASSERT_GT(net.size(), 2 * OrderDays::kKept) << "vacuous: hardly anything was folded";
    ASSERT_EQ(shuffled.statistics(), sorted.statistics());
    ASSERT_EQ(sorted.statistics(), Batch(net));
    ASSERT_EQ(sorted.parts().days.size(), OrderDays::kKept);
    ASSERT_EQ(sorted.parts().days, shuffled.parts().days);
    ASSERT_LE(sorted.parts().folded.bits.size(), 2500U / 8 + 1);
  }
}

TEST(OrderDays, AFoldedDayCannotBeRefundedAwayButARecentOneCan) {
  OrderDays orders;
  for (int i = 0; i < 300; ++i) MustAdd(orders, kStart + days{i}, Pounds(1));
  MustAdd(orders, kStart, Pounds(-1));
  EXPECT_EQ(orders.statistics()->repeats.x, 299);
  MustAdd(orders, kStart + days{299}, Pounds(-1));
  EXPECT_EQ(orders.statistics()->repeats.x, 298);
  EXPECT_EQ(orders.statistics()->last, kStart + days{298});
}

TEST(OrderDays, AnAbsurdDateCannotMakeTheStateGrowWithoutBound) {
  OrderDays orders;
  MustAdd(orders, Day{std::chrono::year{1} / 1 / 1}, Pounds(1));
  for (int i = 0; i < 400; ++i) MustAdd(orders, kStart + days{i}, Pounds(1));
  EXPECT_LE(orders.parts().folded.bits.size(), 36'525U / 8 + 2);
  EXPECT_EQ(orders.statistics()->first, kStart);
  EXPECT_EQ(orders.statistics(), orders.Recompute());
  MustAdd(orders, Day{std::chrono::year{1} / 1 / 1}, Pounds(1));
  EXPECT_EQ(orders.statistics()->first, kStart);
}

}  // namespace
}  // namespace mainstay::risk
