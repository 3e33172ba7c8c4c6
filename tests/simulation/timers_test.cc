// Durable timers against a map, over crashes, lost disks and an idle shard that only ticks.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "debug_processor.h"
#include "mainstay/base/random.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/stream_sim/broker.h"
#include "mainstay/stream_sim/task_driver.h"
#include "mainstay/testing/seed.h"

namespace mainstay::simulation {
namespace {

constexpr int kManyRecords = 2'500;
constexpr int kOperations = 40;  // A record.

// A record is a seed: its operations follow from it, in the processor and in the model alike.
struct Operation {
  bool set = false;
  stream::TimerKind kind = 0;
  std::string key;
  std::int64_t after_ms = 0;
  bool plain = false;
};
std::vector<Operation> OperationsOf(std::uint64_t seed) {
  Random random{seed};
  std::vector<Operation> operations(kOperations);
  for (Operation& operation : operations) {
    operation.set = Below(random, 3) > 0;
    operation.kind = static_cast<stream::TimerKind>(Below(random, 3));
    operation.plain = Below(random, 3) > 0;
    operation.key = "k" + std::to_string(Below(random, 400));
    operation.after_ms =
        static_cast<std::int64_t>(Below(random, 4) == 0 ? Below(random, 100) : Below(random, 100'000)) - 5;
  }
  return operations;
}

std::string Fired(std::int64_t at_ms, stream::TimerKind kind, const std::string& key, const std::string& payload) {
  return std::to_string(at_ms) + " " + std::to_string(kind) + " " + key + " " + payload;
}

class TimerProcessor final : public stream::Processor {
 public:
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override {
    const std::uint64_t seed = std::strtoull(std::string(record.value).c_str(), nullptr, 10);
    for (const Operation& operation : OperationsOf(seed)) {
      if (operation.set) {
        MAINSTAY_TRY(context.SetTimer(operation.kind, operation.key, context.Now() + Duration{operation.after_ms},
                                      operation.plain ? std::string() : std::string(record.value)));
      } else {
        MAINSTAY_TRY(context.CancelTimer(operation.kind, operation.key));
      }
    }
    return {};
  }
  Result<void> OnTimer(stream::Context& context, const stream::Timer& timer) override {
    context.Emit(0, timer.key, Fired(ToMs(timer.at), timer.kind, timer.key, timer.payload));
    return {};
  }
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}
};

// The same rules on a map.
class Model {
 public:
  void Record(std::int64_t at_ms, std::uint64_t seed) {
    FireUntil(at_ms);
    for (const Operation& operation : OperationsOf(seed)) {
      const auto name = std::pair(operation.kind, operation.key);
      if (const auto old = at_.find(name); old != at_.end()) {
        timers_.erase({old->second, operation.kind, operation.key});
        at_.erase(old);
        ++replaced;
      }
      if (!operation.set) continue;
      const std::int64_t due = std::max(at_ms, at_ms + operation.after_ms);
      timers_[{due, operation.kind, operation.key}] = operation.plain ? "" : std::to_string(seed);
      at_[name] = due;
    }
    FireUntil(at_ms);
  }
  void FireUntil(std::int64_t at_ms) {
    while (!timers_.empty() && std::get<0>(timers_.begin()->first) <= at_ms) {
      const auto [name, payload] = *timers_.begin();
      timers_.erase(timers_.begin());
      at_.erase({std::get<1>(name), std::get<2>(name)});
      fired.push_back(Fired(std::get<0>(name), std::get<1>(name), std::get<2>(name), payload));
    }
  }
  [[nodiscard]] std::size_t pending() const { return timers_.size(); }
  std::vector<std::string> fired;
  int replaced = 0;

 private:
  std::map<std::tuple<std::int64_t, stream::TimerKind, std::string>, std::string> timers_;
  std::map<std::pair<stream::TimerKind, std::string>, std::int64_t> at_;
};

std::vector<std::string> Emitted(const stream_sim::SimBroker& broker) {
  std::vector<std::string> emitted;
  for (const auto& entry : broker.All("left", 0)) emitted.push_back(entry.value.value_or(""));
  return emitted;
}

// A hundred thousand operations; then the shard is idle and only ticks move it. Returns whether all was as in the
// model.
bool Walk(std::uint64_t seed, const stream_sim::Mutations& mutations, bool probe) {
  Random random{seed};
  stream_sim::SimBroker broker{1};
  Model model;
  int faults = 0;
  stream_sim::DriverOptions options;
  options.mutations = mutations;
  options.loop.max_records_per_commit = 16;
  options.loop.max_timers_per_commit = 50;
  options.loss = [&] { return static_cast<stream_sim::Loss>(Below(random, 3)); };
  options.fault = [&](std::int32_t) {
    if (Below(random, 20) > 0) return stream_sim::CommitFault::kNone;
    ++faults;
    return static_cast<stream_sim::CommitFault>(1 + Below(random, stream_sim::kCommitFaults - 1));
  };
  stream_sim::TaskDriver driver(
      broker, DebugTopology(), [](auto, auto) { return std::make_unique<TimerProcessor>(); }, options);
  std::int64_t now = 0;
  for (int i = 0; i < kManyRecords; ++i) {
    now += static_cast<std::int64_t>(Below(random, 300));
    const std::uint64_t record = Below(random, 1'000'000'000);
    broker.Append({"first", 0, now, "k", std::to_string(record)});
    model.Record(now, record);
    if (Below(random, 8) == 0 && !driver.RunUntilIdle(10'000)) return false;
    if (i % 500 == 499) driver.Crash(0, stream_sim::Loss::kDisk);
  }
  if (!driver.RunUntilIdle(10'000)) return false;
  const std::size_t pending = model.pending();
  for (int i = 0; i < 12; ++i) {
    now += 10'000;
    if (!driver.TickTo(FromMs(now)) || !driver.RunUntilIdle(10'000)) return false;
    model.FireUntil(now);
    if (Emitted(broker) != model.fired) return false;
  }
  const std::size_t commits = driver.commits();
  const std::int64_t end = broker.EndOf("debug.internal", 0);
  if (!driver.TickTo(FromMs(now + 10'000)) || !driver.RunUntilIdle(10'000)) return false;
  if (probe) {
    EXPECT_EQ(driver.commits(), commits) << "an idle shard without timers writes nothing";
    EXPECT_EQ(broker.EndOf("debug.internal", 0), end);
    EXPECT_GT(faults, 3);
    EXPECT_GT(pending, 100U);
    EXPECT_GT(model.fired.size(), 5'000U);
    EXPECT_GT(model.replaced, 5'000);
    EXPECT_FALSE(driver.store(0).image().tables.contains(stream::kTimerTable));
    EXPECT_FALSE(driver.store(0).image().tables.contains(stream::kTimerIndexTable));
  }
  return true;
}

TEST(Timers, FireAsInAMapOverCrashesAndLostDisks) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  EXPECT_TRUE(Walk(seed, {}, true));
}

TEST(TimersControl, TimersThatALostDiskTakesWithItAreNoticed) {
  stream_sim::Mutations mutations;
  mutations.changelog_without_timers = true;
  EXPECT_FALSE(Walk(mainstay::testing::SeedFromEnv(), mutations, false));
}

}  // namespace
}  // namespace mainstay::simulation
