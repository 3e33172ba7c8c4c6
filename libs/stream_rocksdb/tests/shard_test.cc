#include "mainstay/stream_rocksdb/shard.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "embedded_fixture.h"
#include "mainstay/base/random.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/testing/seed.h"
#include "shard_state.h"

namespace mainstay::stream_rocksdb {
namespace {

namespace fs = std::filesystem;

class Shard : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void Open() {
    log_.reset();
    opened_ = {};
    auto opened = OpenShardIn(root_.path() / "data");
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    opened_ = std::move(*opened);
    log_ = std::make_unique<EmbeddedShardLog>(shard(), topology_);
    auto meta = log_->Acquire(*log_);
    ASSERT_TRUE(meta.has_value()) << meta.error().message;
    meta_ = *meta;
  }
  [[nodiscard]] EmbeddedShard& shard() { return *opened_.shard; }
  void Commit(stream::CommitBatch batch) {
    batch.meta = meta_;
    ++batch.meta.transaction;
    ASSERT_EQ(log_->Commit(batch), stream::Outcome::kCommitted);
    meta_ = batch.meta;
  }
  [[nodiscard]] std::vector<std::int64_t> IngestTimes(const std::string& topic) {
    std::vector<std::int64_t> times;
    EXPECT_TRUE(shard().Sync().has_value());
    const auto records = shard().ReadTopic(topic, 0, 1'000);
    EXPECT_TRUE(records.has_value());
    for (const stream::Record& record : *records) times.push_back(record.ingest_ms);
    return times;
  }

  testing::TemporaryDirectory root_;
  stream::Topology topology_ = CounterTopology();
  OpenedShard opened_;
  std::unique_ptr<EmbeddedShardLog> log_;
  stream::Meta meta_;
};

TEST_F(Shard, TimeNeverRunsBackwardsAtTheDoorNotEvenAfterReopening) {
  ASSERT_TRUE(shard().AppendAll(std::vector<Append>{{"in", 50, "k", "v"}, {"in", 40, "k", "v"}}).has_value());
  ASSERT_TRUE(shard().AppendAll(std::vector<Append>{{"other", 10, "k", "v"}}).has_value());
  Open();
  EXPECT_EQ(shard().largest_ingest_ms(), 50);
  ASSERT_TRUE(shard().AppendAll(std::vector<Append>{{"in", 20, "k", "v"}, {"in", 60, "k", "v"}}).has_value());
  EXPECT_EQ(IngestTimes("in"), (std::vector<std::int64_t>{50, 50, 50, 60}));
  EXPECT_EQ(IngestTimes("other"), (std::vector<std::int64_t>{50}));
}

// Outputs carry the service's own time; how far the door has run ahead must not show in them.
TEST_F(Shard, OutputsKeepTheirTime) {
  ASSERT_TRUE(shard().AppendAll(std::vector<Append>{{"in", 1'000, "k", "v"}}).has_value());
  Commit({{}, {{false, 0, 0, 7, "k", "v"}}, {}});
  EXPECT_EQ(IngestTimes("out"), (std::vector<std::int64_t>{7}));
}

TEST_F(Shard, ReadersOfTheLogSeeOnlyWhatIsDurableTheLoopSeesAll) {
  const auto offsets = shard().AppendAll(std::vector<Append>{{"in", 1, "k", "v"}});
  ASSERT_TRUE(offsets.has_value());
  EXPECT_EQ(shard().DurableEnd("in"), 0);
  EXPECT_EQ(shard().WrittenEnd("in"), 1);
  EXPECT_EQ(*log_->End(0), 1);
  EXPECT_TRUE(shard().ReadTopic("in", 0, 10)->empty());
  EXPECT_LT(shard().synced_sequence(), shard().written_sequence());
  ASSERT_TRUE(shard().Sync().has_value());
  EXPECT_EQ(shard().synced_sequence(), shard().written_sequence());
  EXPECT_EQ(shard().ReadTopic("in", 0, 10)->size(), 1U);
  EXPECT_EQ(shard().ReadTopic("in", -1, 10).error().code, ErrorCode::kOutOfRange);
  EXPECT_TRUE(shard().ReadTopic("never heard of", 0, 10)->empty());
}

TEST_F(Shard, TheOutboxHandsOutDurableRecordsUntilTheyAreAcknowledged) {
  Commit({{}, {{false, 0, 3, 5, "a", "1"}, {false, 0, 5, 6, "b", "2"}, {true, 0, 3, 7, "c", "3"}}, {}});
  EXPECT_TRUE(shard().ReadOutbox(10)->empty()) << "what may still be lost must not reach another shard";
  ASSERT_TRUE(shard().Sync().has_value());
  auto records = shard().ReadOutbox(10);
  ASSERT_TRUE(records.has_value());
  ASSERT_EQ(records->size(), 3U);
  EXPECT_EQ((*records)[0].destination, 3);
  EXPECT_EQ((*records)[0].sequence, 1U);
  EXPECT_EQ((*records)[0].topic, "out");
  EXPECT_EQ((*records)[0].record.ingest_ms, 5);
  EXPECT_EQ((*records)[1].topic, "counter.dead-letter");
  EXPECT_EQ((*records)[1].sequence, 2U);
  EXPECT_EQ((*records)[2].destination, 5);
  EXPECT_EQ((*records)[2].sequence, 1U);
  EXPECT_EQ(shard().ReadOutbox(1)->size(), 2U) << "at most one for each destination";

  ASSERT_TRUE(shard().AcknowledgeOutbox(3, 1).has_value());
  ASSERT_TRUE(shard().AcknowledgeOutbox(3, 1).has_value()) << "twice is once";
  EXPECT_EQ(shard().AcknowledgeOutbox(3, 9).error().code, ErrorCode::kInternal);
  Open();
  records = shard().ReadOutbox(10);
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ((*records)[0].sequence, 2U);
  ASSERT_TRUE(shard().AcknowledgeOutbox(3, 2).has_value());
  ASSERT_TRUE(shard().AcknowledgeOutbox(5, 1).has_value());
  Open();
  EXPECT_TRUE(shard().ReadOutbox(10)->empty());
  Commit({{}, {{false, 0, 3, 5, "a", "4"}}, {}});
  ASSERT_TRUE(shard().Sync().has_value());
  EXPECT_EQ(shard().ReadOutbox(10)->front().sequence, 3U) << "sequences go on after a restart";
}

std::vector<Outbound> Sent(std::uint64_t first, std::uint64_t last) {
  std::vector<Outbound> records;
  for (std::uint64_t s = first; s <= last; ++s) {
    records.push_back({0, s, "in", {0, static_cast<std::int64_t>(s), "k", std::to_string(s)}});
  }
  return records;
}

TEST_F(Shard, TakesEachSequenceOnceAndNoticesAGap) {
  ASSERT_TRUE(shard().Deliver(4, Sent(1, 3)).has_value());
  ASSERT_TRUE(shard().Deliver(4, Sent(2, 5)).has_value());
  Open();
  ASSERT_TRUE(shard().Deliver(4, Sent(1, 6)).has_value());
  EXPECT_EQ(shard().Deliver(4, Sent(8, 8)).error().code, ErrorCode::kInternal);
  EXPECT_EQ(shard().Deliver(6, Sent(2, 2)).error().code, ErrorCode::kInternal);
  ASSERT_TRUE(shard().Deliver(6, Sent(1, 1)).has_value()) << "each source counts for itself";
  auto misdirected = Sent(7, 7);
  misdirected[0].destination = 1;
  EXPECT_FALSE(shard().Deliver(4, misdirected).has_value());
  EXPECT_EQ(IngestTimes("in"), (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 6}));
}

TEST_F(Shard, PositionsFollowTheirTopicsWhenTheTopologyChanges) {
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(
        shard().AppendAll(std::vector<Append>{{"in", i, "k", "v"}, {"counter.internal", i, "k", "v"}}).has_value());
  }
  meta_.positions = {7, 8};
  Commit({});
  topology_.inputs = {"brand-new", "counter.internal", "in"};
  Open();
  EXPECT_EQ(meta_.positions, (std::vector<std::int64_t>{0, 8, 7}));
}

TEST_F(Shard, ServicesDoNotSeeEachOthersState) {
  Commit({{}, {}, {{1, "a", "mine"}, {stream::kTimerTable, std::string(10, '\1'), "t"}}});
  stream::Topology other = CounterTopology();
  other.service = "other";
  EmbeddedShardLog log(shard(), other);
  ASSERT_TRUE(log.Acquire(log).has_value());
  EXPECT_EQ(*log.Get(1, "a"), std::nullopt);
  int seen = 0;
  for (const stream::TableId table : {stream::TableId{1}, stream::kTimerTable}) {
    ASSERT_TRUE(log.Scan(table, {}, {}, [&](auto, auto) { return ++seen > 0; }).has_value());
  }
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(shard().TakeSnapshot("nobody").error().code, ErrorCode::kUnavailable);
}

TEST_F(Shard, APositionBeyondTheLogIsDamage) {
  meta_.positions[0] = 5;
  Commit({});
  EmbeddedShardLog again(shard(), topology_);
  EXPECT_EQ(again.Acquire(again).error().code, ErrorCode::kDataLoss);
}

TEST_F(Shard, StateWithoutMetaIsDamageNotAFirstStart) {
  Commit({{}, {}, {{1, "a", "1"}}});
  ShardState& state = shard().state();
  ASSERT_TRUE(state.db->Delete({}, state.family(kMeta), MetaKeyOf(1)).ok());
  EmbeddedShardLog again(shard(), topology_);
  EXPECT_EQ(again.Acquire(again).error().code, ErrorCode::kDataLoss);
}

TEST_F(Shard, ASnapshotMayOutliveItsShard) {
  Commit({{}, {}, {{1, "a", "1"}}});
  const auto snapshot = shard().TakeSnapshot("counter");
  ASSERT_TRUE(snapshot.has_value());
  log_.reset();
  opened_.shard.reset();
  EXPECT_EQ(*(*snapshot)->Get(1, "a"), std::optional<std::string>("1"));
}

TEST_F(Shard, DedupEntriesAreSweptOnlyBeyond36DaysOfDurableStreamTime) {
  constexpr std::int64_t kDay = 24 * 60 * 60 * 1000;
  constexpr Hash128 kOld{1, 1};
  constexpr Hash128 kYoung{1, 2};
  Commit({{}, {}, {}, {{kOld, 0}, {kYoung, 5 * kDay}}});
  meta_.stream_time_ms = 40 * kDay;
  Commit({});
  ShardState& state = shard().state();
  const auto compact = [&] {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    ASSERT_TRUE(state.db->CompactRange(options, state.family(kDedup), nullptr, nullptr).ok());
  };
  compact();
  EXPECT_TRUE(log_->SeenAt(kOld)->has_value()) << "that time could still be lost";
  ASSERT_TRUE(shard().Sync().has_value());
  compact();
  EXPECT_FALSE(log_->SeenAt(kOld)->has_value());
  EXPECT_TRUE(log_->SeenAt(kYoung)->has_value());
}

// Writers, the sync thread and readers at once: offsets are contiguous, nothing durable is ever taken back.
TEST_F(Shard, AnyThreadMayAppendSyncAndRead) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  constexpr int kAppends = 400;
  std::atomic<int> running = 3;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      Random random{seed + t};
      for (int i = 0; i < kAppends; ++i) {
        const std::string topic = Below(random, 2) == 0 ? "in" : "topic-" + std::to_string(Below(random, 5));
        EXPECT_TRUE(shard().AppendAll(std::vector<Append>{{topic, i, "k", "v"}, {"all", i, "k", "v"}}).has_value());
      }
      --running;
    });
  }
  std::thread syncer([&] {
    while (running > 0) EXPECT_TRUE(shard().Sync().has_value());
  });
  std::int64_t seen = 0;
  while (running > 0) {
    const std::int64_t durable = shard().DurableEnd("all");
    EXPECT_GE(durable, seen);
    EXPECT_GE(shard().ReadTopic("all", 0, SIZE_MAX)->size(), static_cast<std::size_t>(durable));
    EXPECT_TRUE(shard().TakeSnapshot("counter").has_value());
    seen = durable;
  }
  for (std::thread& thread : threads) thread.join();
  syncer.join();
  EXPECT_EQ(IngestTimes("all").size(), 1'000U) << "as many as were asked for";
  EXPECT_EQ(shard().DurableEnd("all"), 3 * kAppends);
}

// A worker's front thread acknowledges while its rear thread reads.
TEST_F(Shard, TheOutboxIsReadWholeWhileItIsBeingAcknowledged) {
  constexpr std::uint64_t kRecords = 80'000;
  stream::CommitBatch batch;
  for (std::uint64_t i = 0; i < kRecords; ++i) batch.outputs.push_back({false, 0, 3, 1, "k", "v"});
  Commit(std::move(batch));
  ASSERT_TRUE(shard().Sync().has_value());
  std::thread acknowledger([&] {
    for (std::uint64_t s = 1; s <= kRecords; ++s) {
      EXPECT_TRUE(shard().AcknowledgeOutbox(3, s).has_value());
      std::this_thread::yield();
    }
  });
  std::uint64_t first = 1;
  while (true) {
    const auto records = shard().ReadOutbox(1);
    EXPECT_TRUE(records.has_value()) << records.error().message;
    if (!records.has_value() || records->empty()) break;
    EXPECT_GE(records->front().sequence, first);
    first = records->front().sequence;
  }
  acknowledger.join();
}

// A flush that runs keeps the next one of its family waiting, so memory is over its budget until it ends.
void AwaitFlushes(rocksdb::DB& db) {
  for (std::uint64_t busy = 1; busy > 0; std::this_thread::yield()) {
    std::uint64_t running = 0;
    std::uint64_t pending = 0;
    ASSERT_TRUE(db.GetIntProperty("rocksdb.num-running-flushes", &running));
    ASSERT_TRUE(db.GetAggregatedIntProperty("rocksdb.mem-table-flush-pending", &pending));
    busy = running + pending;
  }
}

// Writes 12 MB into each of 7 shards, less than any flushes of its own accord; what their memtables hold after that.
std::uint64_t MemtablesOfSeven(const EmbeddedDirectory& directory, const SharedMemory& shared, bool each_its_own) {
  std::vector<std::unique_ptr<SharedMemory>> own;
  std::vector<std::unique_ptr<EmbeddedShard>> shards;
  for (std::int32_t p = 1; p < 8; ++p) {
    own.push_back(std::make_unique<SharedMemory>());
    auto opened = EmbeddedShard::Open(directory.ShardPath(p), p, each_its_own ? *own.back() : shared);
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    shards.push_back(std::move(*opened));
  }
  const std::string value(2'000, 'x');
  for (auto& shard : shards) {
    for (int batch = 0; batch < 12; ++batch) {
      EXPECT_TRUE(shard->AppendAll(std::vector<Append>(500, Append{"in", batch, "k", value})).has_value());
      AwaitFlushes(*shard->state().db);
    }
  }
  std::uint64_t memtables = 0;
  for (auto& shard : shards) {
    std::uint64_t bytes = 0;
    EXPECT_TRUE(shard->state().db->GetAggregatedIntProperty("rocksdb.cur-size-active-mem-table", &bytes));
    memtables += bytes;
  }
  shards.clear();
  return memtables;
}

// Shards must not cost memory each: the budget is of all together.
TEST_F(Shard, ManyShardsShareTheirMemoryAndOnesWithTheirOwnAreNoticed) {
  const SharedMemory memory;
  constexpr std::uint64_t kBudget = 64 << 20;
  EXPECT_LT(MemtablesOfSeven(*opened_.directory, memory, false), kBudget);
  const testing::TemporaryDirectory root;
  const auto other = EmbeddedDirectory::Open(root.path() / "data", {});
  ASSERT_TRUE(other.has_value());
  EXPECT_GT(MemtablesOfSeven(**other, memory, true), kBudget) << "control";
}

}  // namespace
}  // namespace mainstay::stream_rocksdb
