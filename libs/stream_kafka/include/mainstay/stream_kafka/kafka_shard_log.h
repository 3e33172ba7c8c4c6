// KafkaShardLog: one shard of one service on Kafka, as the runtime's ShardLog.
//
//   <installation>.<service>.changelog  compacted: state, timers and META; key = table(be16)|key, META = "M"
//   <installation>.<service>.dedup      time retention: (source, event id) hashes, packed
//   transactional.id                    <installation>.<service>.<partition>
//
// A Commit is one Kafka transaction: outputs, changelog, dedup, META last. Acquire fences every earlier owner
// (init_transactions), then reads changelog and dedup from what the store remembers up to their ends; META there
// decides where the shard stands. The store remembers those offsets in its table kRestoreTable, always as a lower
// bound: reading a record again that it already has changes nothing, because the last one wins.
//
// Offsets of Kafka have gaps (commit markers, compaction). End() hides those behind the last record.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"
#include "mainstay/stream_kafka/kafka_cluster.h"
#include "mainstay/stream_kafka/wire_record.h"

namespace mainstay::stream_kafka {

// In the store only, never on a topic: key "changelog" or "dedup" -> offset to restore from (be64).
// Never scanned: a store may write what is scanned ahead of META (ports.h), and a note must not be.
inline constexpr stream::TableId kRestoreTable = 0xfff8;

[[nodiscard]] std::string ChangelogTopic(const std::string& installation, const std::string& service);
[[nodiscard]] std::string DedupTopic(const std::string& installation, const std::string& service);

struct ShardLogOptions {
  const RecordFormat* format = nullptr;  // Outlives the log; null: bytes as they are, everywhere.
  // The broker aborts a transaction that is open longer.
  Duration transaction_timeout = std::chrono::seconds{15};
  // How long one request may take until its connection is given up; a request that timed out taints the producer.
  Duration request_timeout = std::chrono::seconds{10};
  // How long Acquire waits for brokers and for the outcome of an earlier owner's transaction.
  Duration acquire_timeout = std::chrono::seconds{60};
  // How long an upstream transaction that is still open holds the shard back (it waits for a
  // topic whose position is behind its high watermark). Longer ones belong to somebody who died.
  Duration open_transaction_wait = std::chrono::seconds{1};
  // Of the changelog (delete.retention.ms). A store last written longer ago, while others wrote, is emptied and
  // restored in full, because erasures in between may be gone.
  Duration changelog_delete_retention = std::chrono::hours{24};
  std::function<Instant()> wall_clock;  // Empty: the system's.
};

// Since construction; for metrics.
struct ShardLogStats {
  std::uint64_t committed = 0;
  std::uint64_t produced = 0;  // Records to output topics in committed transactions; dead letters are none.
  std::uint64_t aborted = 0;
  std::uint64_t fenced = 0;
  std::uint64_t unknown = 0;
  std::uint64_t producers_replaced = 0;  // Tainted by a request that timed out.
  std::uint64_t acquired = 0;
  std::uint64_t restored_records = 0;  // Changelog and dedup, all Acquires.
  Duration last_restore{};
  Duration commit_latency{};  // Of commit_transaction, smoothed.
};

// Worker thread of the shard only, except where it says "any thread".
class KafkaShardLog final : public stream::ShardLog {
 public:
  // All outlive it. Opens nothing: Acquire does.
  KafkaShardLog(KafkaCluster& cluster, const stream::Topology& topology, std::int32_t partition,
                ShardLogOptions options = {});
  ~KafkaShardLog() override;  // An open transaction is aborted by the next owner.
  KafkaShardLog(const KafkaShardLog&) = delete;
  KafkaShardLog& operator=(const KafkaShardLog&) = delete;

  // `store` outlives the log or its next Acquire. Blocks while it restores. Errors, each one line:
  //   kUnavailable         no broker, or an earlier transaction still undecided: call again
  //   kNotFound            a topic is missing; it is named
  //   kFailedPrecondition  not allowed on the cluster (authorization)
  //   kDataLoss            refused, an operator must look: the store has state but the changelog has none; the
  //   changelog
  //                        has records but no META; a position below the start of its topic or beyond its end; the
  //                        store is ahead of the changelog
  Result<stream::Meta> Acquire(stream::Store& store) override;
  // REQUIRES, as all below: Acquire succeeded. Waits a moment when records are known to be on their way.
  Result<void> Read(stream::TopicId topic, std::int64_t offset, std::size_t max,
                    std::vector<stream::Record>& out) override;
  Result<std::int64_t> End(stream::TopicId topic) override;
  // A committed `position` as lag tools count: past the markers behind the last record, which no reader ever gets.
  [[nodiscard]] std::int64_t Passed(stream::TopicId topic, std::int64_t position) const;
  stream::Outcome Commit(const stream::CommitBatch& batch) override;

  // Blocks until input may have arrived, Wake was called, or `timeout` passed. For a shard with nothing to do.
  void AwaitInput(Duration timeout);
  void Wake();  // Any thread.
  // Clean end: remembers in the store how far the changelog was applied, so that the next start restores little.
  // Nothing but the destructor or Acquire may follow.
  void Release();

  // Offset after the last committed record of each output on the own partition, for read-your-writes tokens. Any
  // thread.
  [[nodiscard]] std::vector<std::int64_t> OutputEnds() const;
  [[nodiscard]] ShardLogStats stats() const;     // Any thread.
  [[nodiscard]] std::string last_error() const;  // What made the last Commit fail; for logs. Any thread.

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mainstay::stream_kafka
