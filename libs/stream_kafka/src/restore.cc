#include "restore.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cluster_parts.h"
#include "levers.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/stream_kafka/kafka_shard_log.h"
#include "meta_format.h"
#include "partition_stream.h"

namespace mainstay::stream_kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kChunk = 10'000;
constexpr std::size_t kChunkBytes = 16 << 20;

std::string_view KeyOf(const rd_kafka_message_t& record) {
  return {static_cast<const char*>(record.key), record.key_len};
}

std::string_view ValueOf(const rd_kafka_message_t& record) {
  return {static_cast<const char*>(record.payload), record.len};
}

// Collects changes, the last one of a key, and ids, and writes them with the offset they reach.
class Chunk {
 public:
  Chunk(stream::Store& store, stream::Meta meta) : store_(store) { batch_.meta = std::move(meta); }

  void Add(stream::TableChange change) {
    const auto [at, is_new] = index_.try_emplace(ChangelogKey(change.table, change.key), batch_.changes.size());
    bytes_ += change.bytes();
    if (is_new) {
      batch_.changes.push_back(std::move(change));
    } else {
      batch_.changes[at->second].value = std::move(change.value);
    }
  }
  void Add(const stream::SeenId& seen) { batch_.seen.push_back(seen); }
  void SetMeta(stream::Meta meta) { batch_.meta = std::move(meta); }
  [[nodiscard]] const stream::Meta& meta() const { return batch_.meta; }
  [[nodiscard]] bool is_full() const {
    return batch_.changes.size() + batch_.seen.size() >= kChunk || bytes_ >= kChunkBytes;
  }
  [[nodiscard]] Result<void> Flush(std::string_view note, std::int64_t offset) {
    batch_.changes.push_back(OffsetNote(note, offset));
    MAINSTAY_TRY(store_.Apply(batch_));
    batch_.changes.clear();
    batch_.seen.clear();
    index_.clear();
    bytes_ = 0;
    return {};
  }

 private:
  stream::Store& store_;
  stream::CommitBatch batch_;
  std::unordered_map<std::string, std::size_t> index_;
  std::size_t bytes_ = 0;
};

// Calls `take` for every committed record of [from, to).
template <class Take>
Result<std::uint64_t> ReadAll(ClusterParts& parts, const std::string& topic, std::int32_t partition, std::int64_t from,
                              std::int64_t to, Duration patience, Take take) {
  std::uint64_t records = 0;
  if (from >= to) return records;
  MAINSTAY_TRY_ASSIGN(consumer, parts.Restorer());
  PartitionStream stream(consumer.get(), topic, partition);
  MAINSTAY_TRY(stream.Restart(from));
  auto last_news = SteadyClock::now();
  for (;;) {
    auto item = stream.Poll(Duration{200});
    if (!item && item.error().code != ErrorCode::kUnavailable) return tl::unexpected(item.error());
    if (item && item->kind == PartitionStream::Kind::kRecord) {
      last_news = SteadyClock::now();
      ++records;
      MAINSTAY_TRY(take(*item->record));
      // Not the end of the loop: the record before `to` is often a commit marker, which only the end reports.
      if (item->record->offset + 1 >= to) return records;
    } else if (item && item->kind == PartitionStream::Kind::kEnd) {
      last_news = SteadyClock::now();
      if (item->end >= to) return records;
    } else if (SteadyClock::now() - last_news > patience) {
      return Fail(ErrorCode::kUnavailable, "nothing arrives from " + topic + "/" + std::to_string(partition) + ": " +
                                               (item ? parts.log.last_error() : item.error().message));
    }
  }
}

Result<std::int64_t> ReadNote(stream::Store& store, std::string_view note) {
  MAINSTAY_TRY_ASSIGN(bytes, store.Get(kRestoreTable, note));
  if (!bytes || bytes->size() != 8) return -1;
  return stream::ReadOrderedInt64(*bytes);
}

struct Start {
  stream::Meta local;
  OffsetRange changelog;
  OffsetRange dedup;
  std::int64_t changelog_from = 0;
  std::int64_t dedup_from = 0;
};

Result<Start> FindStart(const stream::Topology& topology, const RestorePlan& plan, stream::Store& store) {
  Start start;
  MAINSTAY_TRY_ASSIGN(local, store.LastMeta());
  start.local = std::move(local);
  start.changelog = plan.changelog_range;
  start.dedup = plan.dedup_range;
  MAINSTAY_TRY_ASSIGN(changelog_note, ReadNote(store, kChangelogNote));
  MAINSTAY_TRY_ASSIGN(dedup_note, ReadNote(store, kDedupNote));
  const std::string where = plan.changelog + "/" + std::to_string(plan.partition);
  if (start.local.transaction > 0 && start.changelog.end == 0) {
    return Fail(ErrorCode::kDataLoss, "the store has state of transaction " + std::to_string(start.local.transaction) +
                                          " but " + where +
                                          " is empty: was the topic made anew? Empty the state directory only if that "
                                          "was meant");
  }
  if (changelog_note > start.changelog.end || dedup_note > start.dedup.end) {
    return Fail(ErrorCode::kDataLoss,
                "the store is ahead of " + where + ": the topic has lost records or was made anew");
  }
  // Nothing but the META it has and its marker: no erasure can have been missed.
  const bool is_current = changelog_note >= 0 && start.changelog.end - changelog_note <= 2;
  const bool too_old = !is_current && start.local.transaction > 0 &&
                       start.local.wall_ms < ToMs(plan.now) - plan.delete_retention.count();
  const bool unusable = changelog_note < start.changelog.begin || too_old;
  if (unusable && (start.local.transaction > 0 || changelog_note >= 0)) {
    MAINSTAY_TRY(store.Clear(stream::Meta{0, std::vector<std::int64_t>(topology.inputs.size(), 0)}));
    start.local = {};
    dedup_note = -1;
  }
  start.changelog_from = unusable ? start.changelog.begin : changelog_note;
  start.dedup_from = std::max(dedup_note, start.dedup.begin);
  start.local.positions.resize(topology.inputs.size(), -1);
  return start;
}

// First, and without META: until the changelog follows, nobody uses the store.
Result<std::uint64_t> RestoreDedup(ClusterParts& parts, const RestorePlan& plan, const Start& start,
                                   stream::Store& store) {
  if (TestLevers().restore_without_dedup) return 0;
  stream::Meta meta = start.local;
  for (std::int64_t& position : meta.positions) position = std::max<std::int64_t>(position, 0);
  Chunk chunk(store, meta);
  MAINSTAY_TRY_ASSIGN(records, ReadAll(parts, plan.dedup, plan.partition, start.dedup_from, start.dedup.end,
                                       plan.patience, [&](const rd_kafka_message_t& record) -> Result<void> {
                                         auto seen = ReadSeen(KeyOf(record), ValueOf(record));
                                         if (!seen) {
                                           return Fail(ErrorCode::kDataLoss,
                                                       "the record at offset " + std::to_string(record.offset) +
                                                           " of " + plan.dedup + " is damaged or of a newer format");
                                         }
                                         for (const stream::SeenId& id : *seen) chunk.Add(id);
                                         if (!chunk.is_full()) return {};
                                         return chunk.Flush(kDedupNote, record.offset + 1);
                                       }));
  if (records > 0) MAINSTAY_TRY(chunk.Flush(kDedupNote, start.dedup.end));
  return records;
}

}  // namespace

stream::TableChange OffsetNote(std::string_view note, std::int64_t offset) {
  std::string bytes;
  stream::AppendOrderedInt64(bytes, offset);
  return {kRestoreTable, std::string(note), std::move(bytes)};
}

Result<Restored> Restore(const KafkaCluster& cluster, const stream::Topology& topology, const RestorePlan& plan,
                         stream::Store& store) {
  ClusterParts& parts = cluster.parts();
  MAINSTAY_TRY_ASSIGN(start, FindStart(topology, plan, store));
  MAINSTAY_TRY_ASSIGN(dedup_records, RestoreDedup(parts, plan, start, store));

  Restored restored;
  bool has_meta = false;
  Chunk chunk(store, start.local);
  const auto take = [&](const rd_kafka_message_t& record) -> Result<void> {
    const std::string_view key = KeyOf(record);
    if (key == kMetaKey) {
      auto meta = DecodeMeta(ValueOf(record), topology.inputs);
      if (!meta) {
        return Fail(ErrorCode::kDataLoss, "META at offset " + std::to_string(record.offset) + " of " + plan.changelog +
                                              " is damaged or of a newer format");
      }
      has_meta = true;
      restored.meta = *meta;
      restored.changelog_note = record.offset;
      chunk.SetMeta(std::move(*meta));
      return {};
    }
    if (key.size() < 2) return Fail(ErrorCode::kDataLoss, "a foreign record in " + plan.changelog);
    stream::TableChange change{stream::ReadUint16(key), std::string(key.substr(2)), {}};
    if (record.payload != nullptr) change.value = ValueOf(record);
    chunk.Add(std::move(change));
    return chunk.is_full() ? chunk.Flush(kChangelogNote, record.offset + 1) : Result<void>{};
  };
  MAINSTAY_TRY_ASSIGN(records, ReadAll(parts, plan.changelog, plan.partition, start.changelog_from, start.changelog.end,
                                       plan.patience, take));
  restored.records = records + dedup_records;
  restored.dedup_note = start.dedup.end;
  restored.is_new = !has_meta && records == 0 && start.local.transaction == 0;
  if (restored.is_new) {
    restored.changelog_note = start.changelog.begin;
    restored.meta.positions.assign(topology.inputs.size(), -1);
    return restored;
  }
  if (!has_meta) {
    return Fail(ErrorCode::kDataLoss, plan.changelog + "/" + std::to_string(plan.partition) +
                                          " has records but no META: positions are unknown, so nothing may start here");
  }
  if (start.local.transaction > restored.meta.transaction) {
    return Fail(ErrorCode::kDataLoss, "the store is at transaction " + std::to_string(start.local.transaction) + ", " +
                                          plan.changelog + " at " + std::to_string(restored.meta.transaction) +
                                          ": the topic has lost records");
  }
  MAINSTAY_TRY(chunk.Flush(kChangelogNote, restored.changelog_note));
  return restored;
}

}  // namespace mainstay::stream_kafka
