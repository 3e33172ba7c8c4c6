// One shard of a counting service on a fresh installation, and what tests ask about it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "counting_processor.h"
#include "counting_topology.h"
#include "kafka_world.h"
#include "levers.h"
#include "mainstay/stream/shard_loop.h"

namespace mainstay::stream_kafka {

class ShardTest : public ::testing::Test {
 protected:
  // A worker's view of the shard: store, log and loop. Several may be alive, each with its own store.
  struct Owner {
    std::unique_ptr<KafkaCluster> cluster;  // Of its own, as in another process.
    std::unique_ptr<stream_rocksdb::LocalStore> store;
    std::unique_ptr<KafkaShardLog> log;
    std::unique_ptr<stream::ShardLoop> loop;
  };
  static constexpr int kMostFed = 500;                 // Values of which a state tells whether they were seen,
  static constexpr stream::TableId kNoTable = 0xffff;  // as if in this table.
  using State = std::map<std::pair<stream::TableId, std::string>, std::string>;

  void SetUp() override {
    MAINSTAY_NEED_BROKER(broker);
    broker_ = &broker;
    auto world = KafkaWorld::Make(broker, CountingTopology(""));
    ASSERT_TRUE(world.has_value()) << world.error().message;
    world_ = std::move(*world);
    options_.acquire_timeout = std::chrono::seconds{20};
  }
  void TearDown() override {
    TestLevers().die_after_commit = false;
    TestLevers().die_before_commit = false;
    TestLevers().unclear_commit = false;
    TestLevers().taint_next = false;
    TestLevers().ignore_taint = false;
    TestLevers().random_transactional_id = false;
    TestLevers().restore_without_dedup = false;
  }

  [[nodiscard]] Owner Own(int store_number) {
    Owner owner;
    auto cluster = KafkaCluster::Open(world_->settings());
    EXPECT_TRUE(cluster.has_value());
    owner.cluster = std::move(*cluster);
    owner.store = world_->OpenStore(store_number);
    owner.log = std::make_unique<KafkaShardLog>(*owner.cluster, world_->topology(), 0, options_);
    owner.loop = std::make_unique<stream::ShardLoop>(world_->topology(), 0, 1, *owner.log, *owner.store,
                                                     std::make_unique<CountingProcessor>(), stream::EffectSink{});
    return owner;
  }
  // Appends values under two keys, a second of ingest time apart.
  void Feed(int from, int to) {
    std::vector<stream::Record> records;
    for (int i = from; i < to; ++i) {
      records.push_back({0, 1'000'000 + i * 1'000, i % 2 == 0 ? "even" : "odd", "v" + std::to_string(i)});
    }
    static_cast<void>(world_->Append(world_->Named("in"), 0, records));
  }
  // Steps until everything that was fed is taken. The results of the steps, summed up.
  stream::StepResult Drain(Owner& owner, std::int64_t until) {
    stream::StepResult sum;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (std::chrono::steady_clock::now() < deadline) {
      auto step = owner.loop->Step(wall_);
      if (!step) {
        ADD_FAILURE() << step.error().message;
        return sum;
      }
      sum.records += step->records;
      sum.dropped = sum.dropped || step->dropped;
      sum.released = step->released;
      if (step->released || (!owner.loop->meta().positions.empty() && owner.loop->meta().positions[0] >= until)) {
        return sum;
      }
      if (!step->progressed) owner.log->AwaitInput(Duration{50});
    }
    ADD_FAILURE() << "not drained: " << owner.log->last_error();
    return sum;
  }
  // Everything in the store but the notes, which are about the store itself.
  [[nodiscard]] static State StateOf(stream::Store& store) {
    State state;
    for (const stream::TableId table : {kListTable, stream::kTimerTable, stream::kTimerIndexTable}) {
      EXPECT_TRUE(store
                      .Scan(table, {}, {},
                            [&](std::string_view key, std::string_view value) {
                              state[{table, std::string(key)}] = std::string(value);
                              return true;
                            })
                      .has_value());
    }
    for (const std::string& value : Expected(0, kMostFed)) {
      const auto seen = store.SeenAt(HashParts({"test", value}));
      EXPECT_TRUE(seen.has_value());
      if (*seen) state[{kNoTable, value}] = std::to_string(**seen);
    }
    return state;
  }
  [[nodiscard]] std::vector<std::string> Values(const std::string& topic) {
    std::vector<std::string> values;
    for (const WireRecord& record : world_->ReadAll(world_->Named(topic))) values.push_back(record.value.value_or("?"));
    return values;
  }
  template <class Condition>
  [[nodiscard]] static bool Eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (std::chrono::steady_clock::now() < deadline) {
      if (condition()) return true;
    }
    return false;
  }
  [[nodiscard]] static std::vector<std::string> Expected(int from, int to) {
    std::vector<std::string> values;
    for (int i = from; i < to; ++i) values.push_back("v" + std::to_string(i));
    return values;
  }

  broker::Broker* broker_ = nullptr;
  std::unique_ptr<KafkaWorld> world_;
  ShardLogOptions options_;
  Instant wall_ = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());  // When commits happen.
};

}  // namespace mainstay::stream_kafka
