#include "loop_context.h"

#include <algorithm>

#include "mainstay/base/check.h"
#include "mainstay/stream/key_builder.h"
#include "timer_queue.h"

namespace mainstay::stream {
namespace {

std::string IndexKey(TimerKind kind, std::string_view key) {
  std::string index;
  index.reserve(2 + key.size());
  AppendUint16(index, kind);
  index.append(key);
  return index;
}

// Of an entry of the index: the time in the timer table, and the one it is due. Only timers without payload have both.
std::int64_t WaitsAt(std::string_view entry) { return ReadOrderedInt64(entry); }
std::optional<std::int64_t> DueAt(std::string_view entry) {
  if (entry.size() < 16) return std::nullopt;
  return ReadOrderedInt64(entry.substr(8));
}

std::string IndexEntry(std::int64_t waits_at_ms, std::optional<std::int64_t> due_ms) {
  std::string entry;
  entry.reserve(16);
  AppendOrderedInt64(entry, waits_at_ms);
  if (due_ms) AppendOrderedInt64(entry, *due_ms);
  return entry;
}

}  // namespace

std::string TimerTableKey(std::int64_t at_ms, TimerKind kind, std::string_view key) {
  std::string table_key;
  table_key.reserve(10 + key.size());
  AppendOrderedInt64(table_key, at_ms);
  AppendUint16(table_key, kind);
  table_key.append(key);
  return table_key;
}

void ShardLoop::LoopContext::Begin(std::int64_t now_ms) {
  now_ms_ = now_ms;
  loop_.overlay_.SetSavepoint();
  outputs_at_savepoint_ = loop_.outputs_.size();
  output_bytes_at_savepoint_ = loop_.output_bytes_;
  effects_at_savepoint_ = loop_.batch_effects_.size();
  verdict_ = {};
}

void ShardLoop::LoopContext::RollBack() {
  loop_.overlay_.RollBack();
  loop_.outputs_.resize(outputs_at_savepoint_);
  loop_.output_bytes_ = output_bytes_at_savepoint_;
  loop_.batch_effects_.resize(effects_at_savepoint_);
  loop_.processor_->OnRollback(Rollback::kRecord);
}

Result<std::optional<std::string>> ShardLoop::LoopContext::Get(TableId table, std::string_view key) {
  return loop_.overlay_.Get(table, key);
}

void ShardLoop::LoopContext::Put(TableId table, std::string_view key, std::string value) {
  loop_.overlay_.Put(table, key, std::move(value));
}

void ShardLoop::LoopContext::Erase(TableId table, std::string_view key) { loop_.overlay_.Erase(table, key); }

Result<void> ShardLoop::LoopContext::Scan(TableId table, std::string_view prefix, std::string_view from,
                                          const Snapshot::Visit& visit) {
  return loop_.overlay_.Scan(table, prefix, from, visit);
}

void ShardLoop::LoopContext::Stage(OutRecord record) {
  record.ingest_ms = now_ms_;
  loop_.output_bytes_ += record.key.size() + record.value.size();
  loop_.outputs_.push_back(std::move(record));
}

void ShardLoop::LoopContext::Emit(OutputId output, std::string key, std::string value) {
  EmitTo(output, loop_.partition_, std::move(key), std::move(value));
}

void ShardLoop::LoopContext::EmitTo(OutputId output, std::int32_t partition, std::string key, std::string value) {
  MAINSTAY_CHECK(output < loop_.topology_.outputs.size(), "an output names a topic of the topology");
  MAINSTAY_CHECK(partition >= 0 && partition < loop_.partitions_, "a partition exists");
  Stage({false, output, partition, 0, std::move(key), std::move(value)});
}

void ShardLoop::LoopContext::EmitEffect(std::string bytes) { loop_.batch_effects_.push_back(std::move(bytes)); }

Result<void> ShardLoop::LoopContext::SetTimer(TimerKind kind, std::string_view key, Instant at, std::string payload) {
  const std::int64_t at_ms = std::max(ToMs(at), now_ms_);  // Time never runs backwards, not even for a timer.
  const std::string index = IndexKey(kind, key);
  const bool plain = payload.empty();
  MAINSTAY_TRY_ASSIGN(before, Get(kTimerIndexTable, index));
  if (before && plain && DueAt(*before) && WaitsAt(*before) <= at_ms) {
    Put(kTimerIndexTable, index, IndexEntry(WaitsAt(*before), at_ms));
    return {};
  }
  if (before) Erase(kTimerTable, TimerTableKey(WaitsAt(*before), kind, key));
  Put(kTimerIndexTable, index, IndexEntry(at_ms, plain ? std::optional(at_ms) : std::nullopt));
  const std::string table_key = TimerTableKey(at_ms, kind, key);
  Put(kTimerTable, table_key, std::move(payload));
  loop_.timers_->Added(at_ms, table_key);
  return {};
}

void ShardLoop::LoopContext::TakeTimer(std::string_view table_key) {
  Erase(kTimerTable, table_key);
  Erase(kTimerIndexTable, table_key.substr(8));  // kind|key
}

Result<bool> ShardLoop::LoopContext::MoveOn(std::string_view table_key) {
  const std::string_view index = table_key.substr(8);  // kind|key
  MAINSTAY_TRY_ASSIGN(entry, Get(kTimerIndexTable, index));
  const std::optional<std::int64_t> due = entry ? DueAt(*entry) : std::nullopt;
  if (!due || *due <= WaitsAt(*entry)) return false;
  Erase(kTimerTable, table_key);
  const std::string moved = TimerTableKey(*due, ReadUint16(index), index.substr(2));
  Put(kTimerTable, moved, {});
  Put(kTimerIndexTable, index, IndexEntry(*due, *due));
  loop_.timers_->Added(*due, moved);
  return true;
}

Result<void> ShardLoop::LoopContext::CancelTimer(TimerKind kind, std::string_view key) {
  const std::string index = IndexKey(kind, key);
  MAINSTAY_TRY_ASSIGN(entry, Get(kTimerIndexTable, index));
  if (!entry) return {};
  Erase(kTimerTable, TimerTableKey(WaitsAt(*entry), kind, key));
  Erase(kTimerIndexTable, index);
  return {};
}

Result<bool> ShardLoop::LoopContext::FirstSeen(const Hash128& id) {
  MAINSTAY_TRY_ASSIGN(seen, loop_.overlay_.SeenAt(id));
  // The reader decides what has expired, so the answer never depends on when old entries are swept away.
  if (seen && now_ms_ - *seen < kDedupWindow.count()) return false;
  loop_.overlay_.See(id, now_ms_);
  return true;
}

void ShardLoop::LoopContext::DeadLetter(const RecordView& record, const Error& error) {
  SetAside(record, error, "bad-data");
}

void ShardLoop::LoopContext::SetAside(const RecordView& record, const Error& error, const char* code) {
  RollBack();
  stream::DeadLetter letter;
  letter.service = loop_.topology_.service;
  letter.topic = loop_.topology_.inputs.at(record.topic);
  letter.partition = loop_.partition_;
  letter.offset = record.offset;
  letter.ingest_ms = record.ingest_ms;
  letter.at_ms = now_ms_;
  letter.code = code;
  letter.field = error.field;
  letter.reason = error.message;
  letter.key = std::string(record.key);
  letter.value = std::string(record.value);
  Stage({true, 0, loop_.partition_, 0, std::string(record.key), EncodeDeadLetter(letter)});
  verdict_ = {Verdict::Kind::kRejected, error};
}

}  // namespace mainstay::stream
