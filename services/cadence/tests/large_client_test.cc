// One client with very many orders: what an order costs and what is kept of the client do not grow with them.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "world.h"

namespace mainstay::cadence {
namespace {

struct Whale {
  std::size_t ordering = 0;   // Reads of the store for one order after the other, until all have left the window.
  std::size_t refunding = 0;  // For refunding all of them but the oldest.
  std::size_t largest = 0;    // Bytes of the largest value any table ever held.
};

enum class Refunds { kNone, kOldestFirst, kNewestFirst };

Whale Live(int orders, Duration in, Refunds refunds) {
  stream_sim::DriverOptions options;
  options.loop.cache_bytes = 0;
  options.loop.max_records_per_commit = 1;  // Else a scan finds in memory what was erased before.
  World world(std::move(options));
  Whale whale;
  const auto measure = [&] {
    for (const auto& [table, entries] : world.driver().store(0).image().tables) {
      for (const auto& [key, value] : entries) whale.largest = std::max(whale.largest, value.size());
    }
  };
  const Instant start = At(2024, 1, 1, 0);
  for (int i = 0; i < orders; ++i) {
    const std::string id = std::to_string(i);
    world.Publish(Event("o" + id, "whale", start + i * (in / orders), Order(id, 10)));
  }
  world.Run();
  measure();
  const Instant end = start + in + std::chrono::days{400};
  world.TickTo(end);
  measure();
  whale.ordering = world.driver().store(0).reads();
  for (int i = 1; refunds != Refunds::kNone && i < orders; ++i) {
    const std::string id = std::to_string(refunds == Refunds::kOldestFirst ? i : orders - i);
    const OrderRefunded refund{RefundId{"r" + id}, OrderId{id}, kGbp, Money::FromUnits(100'000), {}};
    world.Publish(Event("refund-" + id, "whale", end, refund));
  }
  world.Run();
  measure();
  whale.refunding = world.driver().store(0).reads() - whale.ordering;
  EXPECT_TRUE(world.DeadLetters().empty());
  if (refunds == Refunds::kNone) return whale;
  const ClientRecord client = world.Client("whale");
  EXPECT_FALSE(client.last_order.event.raw().empty());
  // Days beyond the newest 256 count for ever, so the last of those is the newest then.
  if (client.order_days.parts().folded.bits.empty()) {
    EXPECT_EQ(client.last_order.event.raw(), "o0");
  }
  return whale;
}

TEST(ALargeClient, AnOrderOfAClientWithManyCostsAsMuchAsOfOneWithFew) {
  for (const Duration in : {Duration{std::chrono::days{800}}, Duration{std::chrono::hours{20}}}) {
    for (const Refunds refunds : {Refunds::kOldestFirst, Refunds::kNewestFirst}) {
      const Whale few = Live(400, in, refunds);
      const Whale many = Live(1'600, in, refunds);
      EXPECT_GT(few.refunding, 400U) << "vacuous: nothing was read";
      EXPECT_LT(many.ordering, 5 * few.ordering) << "four times as many orders";
      EXPECT_LT(many.refunding, 5 * few.refunding) << "four times as many refunds";
    }
  }
}

// Ten years of orders, four a day: days beyond the newest 256 are a bit each.
TEST(ALargeClient, NoStateValueGrowsBeyond64KiB) {
  const Whale whale = Live(14'600, std::chrono::days{3'650}, Refunds::kNone);
  EXPECT_GT(whale.largest, 500U) << "vacuous: nothing was kept";
  EXPECT_LE(whale.largest, 65'536U);
}

}  // namespace
}  // namespace mainstay::cadence
