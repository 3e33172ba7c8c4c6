#include "mainstay/stream_sim/shard_log.h"

#include <utility>

#include "mainstay/stream/key_builder.h"

namespace mainstay::stream_sim {
namespace {

using stream::AppendOrderedInt64;
using stream::ReadOrderedInt64;

constexpr std::string_view kMetaKey = "M";  // Every other key begins with the two bytes of its table, or is an id's.
constexpr stream::TableId kNoTable = 0xffff;

// Ids lie beside the state: kNoTable|id -> when it was seen.
std::string SeenKey(const Hash128& id) {
  std::string key;
  stream::AppendUint16(key, kNoTable);
  const auto bytes = id.Bytes();
  return key.append(bytes.data(), bytes.size());
}

void Take(const LogEntry& entry, stream::CommitBatch& batch) {
  const stream::TableId table = stream::ReadUint16(entry.key);
  if (table == kNoTable) {
    batch.seen.push_back({Hash128::FromBytes(std::string_view(entry.key).substr(2)), ReadOrderedInt64(*entry.value)});
  } else {
    batch.changes.push_back({table, entry.key.substr(2), entry.value});
  }
}

std::string EncodeMeta(const stream::Meta& meta) {
  std::string bytes;
  AppendOrderedInt64(bytes, static_cast<std::int64_t>(meta.transaction));
  AppendOrderedInt64(bytes, meta.stream_time_ms);
  AppendOrderedInt64(bytes, meta.wall_ms);
  for (const std::int64_t position : meta.positions) AppendOrderedInt64(bytes, position);
  return bytes;
}

stream::Meta DecodeMeta(std::string_view bytes) {
  const auto next = [&bytes] {
    const std::int64_t number = ReadOrderedInt64(bytes);
    bytes.remove_prefix(8);
    return number;
  };
  stream::Meta meta;
  meta.transaction = static_cast<std::uint64_t>(next());
  meta.stream_time_ms = next();
  meta.wall_ms = next();
  while (!bytes.empty()) meta.positions.push_back(next());
  return meta;
}

}  // namespace

SimShardLog::SimShardLog(SimBroker& broker, const stream::Topology& topology, std::int32_t partition, Faults& faults,
                         const Mutations& mutations)
    : broker_(broker),
      topology_(topology),
      partition_(partition),
      faults_(faults),
      mutations_(mutations),
      changelog_(topology.service + ".changelog"),
      id_("mainstay." + topology.service + "." + std::to_string(partition)) {}

Result<stream::Meta> SimShardLog::Acquire(stream::Store& store) {
  if (faults_.dead) return Fail(ErrorCode::kUnavailable, "the simulated process is dead");
  store_ = &store;
  broker_.no_fencing = mutations_.no_fencing;
  broker_.init_ignores_prepared = mutations_.acquire_ignores_prepared;
  epoch_ = broker_.InitTransactions(id_);
  MAINSTAY_TRY_ASSIGN(last, store.LastMeta());
  std::vector<LogEntry> entries;
  broker_.Read(changelog_, partition_, 0, SIZE_MAX, entries);
  stream::CommitBatch batch;
  std::uint64_t logged = 0;
  for (const LogEntry& entry : entries) {
    if (entry.key != kMetaKey) {
      Take(entry, batch);
      continue;
    }
    batch.meta = DecodeMeta(*entry.value);
    logged = batch.meta.transaction;
    if (logged > last.transaction) {
      MAINSTAY_TRY(store.Apply(batch));
      last = batch.meta;
    }
    batch.changes.clear();
    batch.seen.clear();
  }
  if (last.transaction > logged && !mutations_.apply_before_commit) {
    return Fail(ErrorCode::kDataLoss, "the store of " + id_ + " is ahead of its changelog");
  }
  last.positions.resize(topology_.inputs.size(), 0);
  if (mutations_.stream_time_not_in_meta) last.stream_time_ms = INT64_MIN;
  return last;
}

Result<void> SimShardLog::Read(stream::TopicId topic, std::int64_t offset, std::size_t max,
                               std::vector<stream::Record>& out) {
  if (faults_.dead) return Fail(ErrorCode::kUnavailable, "the simulated process is dead");
  std::vector<LogEntry> entries;
  broker_.Read(topology_.inputs.at(topic), partition_, offset, max, entries);
  for (LogEntry& entry : entries) {
    out.push_back({entry.offset, entry.ingest_ms, std::move(entry.key), std::move(entry.value).value_or("")});
  }
  return {};
}

Result<std::int64_t> SimShardLog::End(stream::TopicId topic) {
  if (faults_.dead) return Fail(ErrorCode::kUnavailable, "the simulated process is dead");
  if (mutations_.hide_lag) return 0;
  return broker_.EndOf(topology_.inputs.at(topic), partition_);
}

Write SimShardLog::MetaWrite(const stream::Meta& meta) const {
  stream::Meta written = meta;
  if (mutations_.stream_time_not_in_meta) written.stream_time_ms = INT64_MIN;
  return {changelog_, partition_, meta.stream_time_ms, std::string(kMetaKey), EncodeMeta(written)};
}

std::vector<Write> SimShardLog::Writes(const stream::CommitBatch& batch) const {
  std::vector<Write> writes;
  for (const stream::OutRecord& out : batch.outputs) {
    const std::string& topic = out.dead_letter ? topology_.dead_letter : topology_.outputs.at(out.output);
    writes.push_back({topic, out.partition, out.ingest_ms, out.key, out.value});
  }
  for (const stream::TableChange& change : batch.changes) {
    const bool timers = change.table == stream::kTimerTable || change.table == stream::kTimerIndexTable;
    if (timers && mutations_.changelog_without_timers) continue;
    std::string key;
    stream::AppendUint16(key, change.table);
    key += change.key;
    writes.push_back({changelog_, partition_, batch.meta.stream_time_ms, std::move(key), change.value});
  }
  if (mutations_.changelog_without_dedup) return writes;
  for (const stream::SeenId& seen : batch.seen) {
    std::string at_ms;
    AppendOrderedInt64(at_ms, seen.at_ms);
    writes.push_back({changelog_, partition_, batch.meta.stream_time_ms, SeenKey(seen.id), std::move(at_ms)});
  }
  return writes;
}

bool SimShardLog::Transact(const std::vector<Write>& writes, SimBroker::End end) {
  return broker_.Transact(id_, epoch_, writes, end);
}

stream::Outcome SimShardLog::Die() {
  faults_.dead = true;
  return stream::Outcome::kUnknown;
}

stream::Outcome SimShardLog::Commit(const stream::CommitBatch& batch) {
  using stream::Outcome;
  using End = SimBroker::End;
  if (faults_.dead) return Outcome::kUnknown;
  const CommitFault fault = faults_.at_commit ? faults_.at_commit() : CommitFault::kNone;
  if (mutations_.apply_before_commit && !store_->Apply(batch)) return Die();
  if (fault == CommitFault::kCrashBeforeCommit) return Die();
  if (mutations_.meta_in_second_transaction) return CommitInTwo(batch, fault);
  std::vector<Write> writes = Writes(batch);
  writes.push_back(MetaWrite(batch.meta));
  End end = End::kCommit;
  if (fault == CommitFault::kAborted || fault == CommitFault::kUnknownAborted ||
      fault == CommitFault::kCrashInTransaction) {
    end = End::kAbort;
  } else if (fault == CommitFault::kUnknownPrepared || fault == CommitFault::kCrashAfterPrepare) {
    end = End::kPrepare;
  }
  if (!Transact(writes, end)) return Outcome::kFenced;
  switch (fault) {
    case CommitFault::kAborted: return Outcome::kAborted;
    case CommitFault::kUnknownAborted:
    case CommitFault::kUnknownCommitted:
    case CommitFault::kUnknownPrepared: return Outcome::kUnknown;
    case CommitFault::kCrashInTransaction:
    case CommitFault::kCrashAfterPrepare:
    case CommitFault::kCrashAfterCommit: return Die();
    case CommitFault::kCrashInApply:
    case CommitFault::kCrashAfterApply: faults_.at_apply = fault; return Outcome::kCommitted;
    case CommitFault::kNone:
    case CommitFault::kCrashBeforeCommit: return Outcome::kCommitted;
  }
  return Outcome::kCommitted;
}

// The mutation: outputs and state first, META in a transaction of its own, and a crash may come in between.
stream::Outcome SimShardLog::CommitInTwo(const stream::CommitBatch& batch, CommitFault fault) {
  if (!Transact(Writes(batch), SimBroker::End::kCommit)) return stream::Outcome::kFenced;
  if (IsCrash(fault)) return Die();
  if (!Transact({MetaWrite(batch.meta)}, SimBroker::End::kCommit)) return stream::Outcome::kFenced;
  return stream::Outcome::kCommitted;
}

}  // namespace mainstay::stream_sim
