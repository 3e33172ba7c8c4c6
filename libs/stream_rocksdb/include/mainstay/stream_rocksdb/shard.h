// EmbeddedShard: one RocksDB that holds everything of one shard index: log, state, timers, dedup and outbox of all
// services. EmbeddedShardLog: one service's view of it, as the runtime's ShardLog and Store.
//
// A transaction is one WriteBatch: outputs, state and META together, so there is nothing to restore. Writes go to
// the WAL at once and survive the process; Sync makes them survive the machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"

namespace mainstay::stream_rocksdb {

// Memory that all shards of a process share.
struct Memory {
  std::size_t block_cache_bytes = 64 << 20;
  std::size_t write_buffer_bytes = 96 << 20;
  std::size_t max_wal_bytes = 128 << 20;  // Of one shard.
};
class SharedMemory {
 public:
  explicit SharedMemory(const Memory& memory);
  ~SharedMemory();
  struct Parts;
  [[nodiscard]] const Parts& parts() const { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

struct Append {
  std::string_view topic;
  std::int64_t ingest_ms = 0;
  std::string_view key;
  std::string_view value;
};

// A record on its way to another shard, exact by sequence.
struct Outbound {
  std::int32_t destination = 0;
  std::uint64_t sequence = 0;  // Contiguous from 1 per (source, destination).
  std::string topic;
  stream::Record record;
};

class EmbeddedShard {
 public:
  // Opens or creates the shard. kDataLoss with what to do when the files are damaged or older than what was synced.
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedShard>> Open(const std::filesystem::path& path,
                                                                   std::int32_t partition,
                                                                   const SharedMemory& memory);
  ~EmbeddedShard();
  EmbeddedShard(const EmbeddedShard&) = delete;
  EmbeddedShard& operator=(const EmbeddedShard&) = delete;

  // --- Worker thread of the shard only. ---
  // Appends to the own partition in one write and returns the offsets. Ingest times are lifted to at least the
  // largest one the shard has given out, so that no topic's time runs backwards.
  [[nodiscard]] Result<std::vector<std::int64_t>> AppendAll(std::span<const Append> appends);
  // Makes all writes so far durable and visible to readers of the log.
  [[nodiscard]] Result<void> Sync();
  [[nodiscard]] Result<std::vector<Outbound>> ReadOutbox(std::size_t max);
  // Appends what another shard sent, each sequence once; a gap is kInternal.
  [[nodiscard]] Result<void> Deliver(std::int32_t source, std::span<const Outbound> records);
  // Forgets what `destination` has durably.
  [[nodiscard]] Result<void> AcknowledgeOutbox(std::int32_t destination, std::uint64_t up_to_sequence);
  [[nodiscard]] std::int64_t largest_ingest_ms() const;

  // --- Any thread. ---
  [[nodiscard]] Result<std::vector<stream::Record>> ReadTopic(std::string_view topic, std::int64_t offset,
                                                              std::size_t max) const;  // Durable ones only.
  [[nodiscard]] std::int64_t DurableEnd(std::string_view topic) const;
  [[nodiscard]] Result<std::unique_ptr<stream::Snapshot>> TakeSnapshot(std::string_view service) const;

  struct State;
  [[nodiscard]] State& state() { return *state_; }

 private:
  explicit EmbeddedShard(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One service on one shard.
class EmbeddedShardLog final : public stream::ShardLog, public stream::Store {
 public:
  // Both outlive it.
  EmbeddedShardLog(EmbeddedShard& shard, const stream::Topology& topology);
  ~EmbeddedShardLog() override;

  Result<stream::Meta> Acquire(stream::Store& store) override;
  Result<void> Read(stream::TopicId topic, std::int64_t offset, std::size_t max,
                    std::vector<stream::Record>& out) override;
  Result<std::int64_t> End(stream::TopicId topic) override;
  stream::Outcome Commit(const stream::CommitBatch& batch) override;

  Result<std::optional<std::string>> Get(stream::TableId table, std::string_view key) override;
  Result<void> Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                    const stream::Snapshot::Visit& visit) override;
  Result<void> Apply(const stream::CommitBatch&) override { return {}; }  // Commit wrote it all.
  Result<std::unique_ptr<stream::Snapshot>> TakeSnapshot() const override;

  // Why the last Commit did not succeed.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  EmbeddedShard& shard_;
  const stream::Topology& topology_;
  std::string timer_floor_;  // No timer key is smaller: spares the scan over those that fired.
  std::string last_error_;
};

}  // namespace mainstay::stream_rocksdb
