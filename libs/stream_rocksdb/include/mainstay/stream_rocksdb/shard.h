// EmbeddedShard: one RocksDB that holds everything of one shard index: the log partitions, and state, timers, dedup and
// outbox of all services. EmbeddedShardLog: one service's view of it, as the runtime's ShardLog and Store.
//
// A transaction is one write batch: outputs, state and META together, so there is nothing to restore. A write is in the
// write-ahead log when the call returns and survives the process (kill -9); Sync makes it survive the machine.
//
//   AppendAll / Commit ---> written_sequence() ---Sync---> synced_sequence() ---> acks, readers of the log, outbox
//
// The first failed write or sync stops the shard: every later write is refused with the same error, reads go on, and
// opening it again after the cause is gone continues from the last whole transaction.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"
#include "mainstay/stream_rocksdb/directory.h"
#include "mainstay/stream_rocksdb/shared_memory.h"

namespace mainstay::stream_rocksdb {

struct Append {  // Views are read during the call only.
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
  stream::Record record;  // `offset` is unused.
};

struct TopicRange {
  std::int64_t begin = 0;  // First offset that is kept.
  std::int64_t end = 0;    // First offset that is not there yet.
};

using TopicEnds = std::map<std::string, std::int64_t, std::less<>>;  // By topic: first offset that is not there yet.

struct ShardState;    // Private.
struct ServiceState;  // Private.

// Threads: every function may be called from any thread; writers take turns. Opening and destruction: one thread.
class EmbeddedShard {
 public:
  // Opens or creates the shard below `path` (EmbeddedDirectory::ShardPath); the directory's lock must be held as long
  // as it is open. `installation` is the directory's: files of another one are refused; empty: not checked.
  // kDataLoss: files are damaged, missing, of another shard, or older than what was made durable (refused before
  // anything is overwritten). kUnavailable: disk full, permissions.
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedShard>> Open(const std::filesystem::path& path,
                                                                   std::int32_t partition, const SharedMemory& memory,
                                                                   std::string_view installation = {});
  // All shards of the directory, side by side on a few threads, because most of opening is waiting for the disk. The
  // error of the lowest shard that failed.
  [[nodiscard]] static Result<std::vector<std::unique_ptr<EmbeddedShard>>> OpenAll(const EmbeddedDirectory& directory,
                                                                                   const SharedMemory& memory);
  // Destroys them side by side.
  static void CloseAll(std::vector<std::unique_ptr<EmbeddedShard>> shards);
  // Syncs and closes. Snapshots may outlive it (its files stay open until then); EmbeddedShardLogs may not.
  ~EmbeddedShard();
  EmbeddedShard(const EmbeddedShard&) = delete;
  EmbeddedShard& operator=(const EmbeddedShard&) = delete;

  [[nodiscard]] std::int32_t partition() const;

  // --- The log. A topic begins when it is first appended to or a service that names it acquires. ---

  // Appends to the own partition, all or nothing in one write, and returns the offsets. Ingest times are lifted to at
  // least the largest one appended to this shard before, so that time never runs backwards at the door.
  [[nodiscard]] Result<std::vector<std::int64_t>> AppendAll(std::span<const Append> appends);
  // The largest ingest time of AppendAll; INT64_MIN before the first. The next one is not below it.
  [[nodiscard]] std::int64_t largest_ingest_ms() const;
  // Up to `max` durable records from `offset` on; none at the end. kOutOfRange below the first one.
  [[nodiscard]] Result<std::vector<stream::Record>> ReadTopic(std::string_view topic, std::int64_t offset,
                                                              std::size_t max) const;
  [[nodiscard]] TopicRange DurableRange(std::string_view topic) const;  // What ReadTopic sees.
  [[nodiscard]] std::int64_t DurableEnd(std::string_view topic) const { return DurableRange(topic).end; }
  [[nodiscard]] std::int64_t WrittenEnd(std::string_view topic) const;  // What the shard loops see.

  // --- Durability. ---

  // Makes everything written before the call durable, then moves synced_sequence() and the durable ends. Does nothing
  // when nothing was written. May run on a thread of its own beside the worker.
  [[nodiscard]] Result<void> Sync();
  [[nodiscard]] std::uint64_t written_sequence() const;  // Of the last write, of whatever kind.
  [[nodiscard]] std::uint64_t synced_sequence() const;   // Writes up to it are durable.
  [[nodiscard]] Result<void> health() const;             // Why the shard stopped, or nothing.

  // --- Records that services committed here for another shard. ---
  // The mover's order, so that each arrives exactly once whatever dies in between: ReadOutbox here, Deliver there, Sync
  // there, AcknowledgeOutbox here.

  // Durable records that are not acknowledged, in the order of their sequences, at most `max` per destination.
  [[nodiscard]] Result<std::vector<Outbound>> ReadOutbox(std::size_t max) const;
  // Appends what shard `source` sent. A sequence seen before is dropped; kInternal when one before it is missing:
  // nothing is appended then.
  [[nodiscard]] Result<void> Deliver(std::int32_t source, std::span<const Outbound> records);
  // Forgets what `destination` has durably.
  [[nodiscard]] Result<void> AcknowledgeOutbox(std::int32_t destination, std::uint64_t up_to_sequence);

  // --- Queries. ---

  // META and state of one service, frozen between two transactions. kUnavailable before its first Acquire.
  [[nodiscard]] Result<std::unique_ptr<stream::Snapshot>> TakeSnapshot(std::string_view service) const;

  [[nodiscard]] ShardState& state() const { return *state_; }  // For EmbeddedShardLog.

 private:
  explicit EmbeddedShard(std::shared_ptr<ShardState> state);
  std::shared_ptr<ShardState> state_;
};

// One service on one shard. Commit writes outputs, state changes and META in one write, those for another partition to
// the outbox; there is nothing left for Store::Apply. Reads see what is written, durable or not.
//
// One thread at a time, except TakeSnapshot; the services of a shard may be on different threads.
class EmbeddedShardLog final : public stream::ShardLog, public stream::Store {
 public:
  // Both outlive it.
  EmbeddedShardLog(EmbeddedShard& shard, const stream::Topology& topology);

  // The last committed META; positions follow the topics by name when the topology was changed. Fails with the reason
  // when the shard has stopped, and with kDataLoss when there is state without META or a position outside the log.
  Result<stream::Meta> Acquire(stream::Store& store) override;
  // REQUIRES, as all below: Acquire succeeded.
  Result<void> Read(stream::TopicId topic, std::int64_t offset, std::size_t max,
                    std::vector<stream::Record>& out) override;
  Result<std::int64_t> End(stream::TopicId topic) override;
  // kFenced after another EmbeddedShardLog of the service acquired; kUnknown when the write failed: the shard has
  // stopped, and Acquire and last_error() say why.
  stream::Outcome Commit(const stream::CommitBatch& batch) override;

  Result<std::optional<std::string>> Get(stream::TableId table, std::string_view key) override;
  // A scan of the timer table from its start remembers where the first timer is: fired ones are walked over once.
  Result<void> Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                    const stream::Snapshot::Visit& visit) override;
  Result<std::optional<std::int64_t>> SeenAt(const Hash128& id) override;
  Result<void> Apply(const stream::CommitBatch&) override { return {}; }  // Commit wrote it all.
  Result<void> Clear(const stream::Meta& meta) override;  // kFailedPrecondition: nothing could restore it.
  // From now on Read and End see each of these topics as if it ended there; every other one as it is.
  void SeeUpTo(const TopicEnds& ends);
  Result<stream::Meta> LastMeta() override;
  Result<std::unique_ptr<stream::Snapshot>> TakeSnapshot() const override;
  stream::TakenMarks* taken_marks() override { return marks_.get(); }

  [[nodiscard]] std::string last_error() const;  // Why the shard stopped; empty while it works.

 private:
  struct Topics;
  EmbeddedShard& shard_;
  const stream::Topology& topology_;
  std::shared_ptr<const Topics> topics_;  // Resolved by Acquire.
  ServiceState* service_ = nullptr;
  std::unique_ptr<stream::TakenMarks> marks_;
  std::uint64_t epoch_ = 0;
  std::vector<std::int64_t> seen_ends_;  // By input topic.
};

}  // namespace mainstay::stream_rocksdb
