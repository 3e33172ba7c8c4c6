// After three days down, with touches and ticks waiting, nobody is called overdue who was touched in time.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "debug_processor.h"
#include "mainstay/base/random.h"
#include "mainstay/stream_sim/broker.h"
#include "mainstay/stream_sim/task_driver.h"
#include "mainstay/testing/seed.h"

namespace mainstay::simulation {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDueMs = 48 * kHourMs;

// A touch makes its client due two days later; each touch takes the old moment back.
class TouchProcessor final : public stream::Processor {
 public:
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override {
    return context.SetTimer(1, record.key, FromMs(record.ingest_ms + kDueMs), {});
  }
  Result<void> OnTimer(stream::Context& context, const stream::Timer& timer) override {
    context.Emit(0, timer.key, "overdue");
    return {};
  }
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}
};

// Returns who was called overdue. Client 0 is the only one without a touch for more than two days.
std::vector<std::string> CatchUp(std::uint64_t seed, const stream_sim::Mutations& mutations) {
  Random random{seed};
  stream_sim::SimBroker broker{1};
  stream_sim::DriverOptions options;
  options.mutations = mutations;
  options.loop.max_records_per_commit = 1 + Below(random, 20);
  stream_sim::TaskDriver driver(
      broker, DebugTopology(), [](auto, auto) { return std::make_unique<TouchProcessor>(); }, options);
  for (int client = 0; client < 5; ++client) broker.Append({"second", 0, 0, "c" + std::to_string(client), ""});
  EXPECT_TRUE(driver.RunUntilIdle().has_value());
  // Three days pass while the shard is down.
  const std::int64_t first_waiting = broker.EndOf("second", 0);
  for (int hour = 1; hour <= 72; ++hour) {
    broker.Append({"debug.internal", 0, hour * kHourMs, std::string(stream::kTickKey), ""});
    if (hour % 12 == 0) {
      for (int client = 1; client < 5; ++client) {
        broker.Append({"second", 0, hour * kHourMs, "c" + std::to_string(client), ""});
      }
    }
  }
  // It comes back; the ticks are there at once, the touches arrive bit by bit.
  for (std::int64_t readable = first_waiting; readable < broker.EndOf("second", 0);
       readable += static_cast<std::int64_t>(Below(random, 3))) {
    broker.Hold("second", 0, readable);
    driver.Crash(0, stream_sim::Loss::kProcess);
    EXPECT_TRUE(driver.RunUntilIdle().has_value());
  }
  broker.Hold("second", 0, std::nullopt);
  EXPECT_TRUE(driver.RunUntilIdle().has_value());
  std::vector<std::string> overdue;
  for (const auto& entry : broker.All("left", 0)) overdue.push_back(entry.key);
  return overdue;
}

TEST(CatchUp, NobodyIsOverdueWhoseTouchIsStillWaiting) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  for (std::uint64_t run = seed; run < seed + 20; ++run) {
    SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(run));
    EXPECT_EQ(CatchUp(run, {}), std::vector<std::string>{"c0"});
  }
}

TEST(CatchUpControl, TakingTopicsWithoutWaitingIsNoticed) {
  stream_sim::Mutations mutations;
  mutations.hide_lag = true;
  EXPECT_NE(CatchUp(mainstay::testing::SeedFromEnv(), mutations), std::vector<std::string>{"c0"});
}

// Facts converge: any interleaving of two topics, with late events and repeats, ends in the same state.
class NameProcessor final : public stream::Processor {
 public:
  explicit NameProcessor(bool trusts_arrival) : trusts_arrival_(trusts_arrival) {}
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override {
    // The value begins with the event's own time, padded, so it sorts by it and then by content.
    MAINSTAY_TRY_ASSIGN(known, context.Get(kLists, record.key));
    if (trusts_arrival_ || !known || *known < record.value) context.Put(kLists, record.key, std::string(record.value));
    return {};
  }
  Result<void> OnTimer(stream::Context&, const stream::Timer&) override { return {}; }
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}

 private:
  const bool trusts_arrival_;
};

stream_sim::TableImage FoldShuffled(std::uint64_t facts_seed, std::uint64_t order_seed, bool trusts_arrival) {
  Random facts{facts_seed};
  std::vector<std::pair<std::string, std::string>> events;
  for (int i = 0; i < 60; ++i) {
    events.emplace_back("k" + std::to_string(Below(facts, 5)),
                        std::to_string(1'000 + Below(facts, 50)) + " name " + std::to_string(i));
  }
  Random order{order_seed};
  for (std::size_t i = 0; i < 30; ++i) events.push_back(events[Below(order, 60)]);
  for (std::size_t i = events.size() - 1; i > 0; --i) std::swap(events[i], events[Below(order, i + 1)]);
  stream_sim::SimBroker broker{1};
  for (std::size_t i = 0; i < events.size(); ++i) {
    broker.Append({Below(order, 2) == 0 ? "first" : "second", 0, static_cast<std::int64_t>(i / 3), events[i].first,
                   events[i].second});
  }
  stream_sim::TaskDriver driver(broker, DebugTopology(),
                                [&](auto, auto) { return std::make_unique<NameProcessor>(trusts_arrival); }, {});
  EXPECT_TRUE(driver.RunUntilIdle().has_value());
  return driver.store(0).image().tables.at(kLists);
}

TEST(Convergence, FactsEndInTheSameStateInAnyOrderAndAHandlerThatTrustsArrivalIsNoticed) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  const auto reference = FoldShuffled(seed, 0, false);
  bool noticed = false;
  for (std::uint64_t order = 1; order <= 30; ++order) {
    EXPECT_EQ(FoldShuffled(seed, order, false), reference);
    noticed = noticed || FoldShuffled(seed, order, true) != FoldShuffled(seed, 0, true);
  }
  EXPECT_TRUE(noticed) << "control";
}

}  // namespace
}  // namespace mainstay::simulation
