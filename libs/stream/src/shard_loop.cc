#include "mainstay/stream/shard_loop.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "loop_context.h"
#include "mainstay/base/check.h"
#include "mainstay/stream/key_builder.h"
#include "timer_queue.h"

namespace mainstay::stream {
namespace {

constexpr std::size_t kReadAhead = 1'000;
constexpr std::size_t kToleratedFailures = 50;  // Of the last thousand records: 5 %.

constexpr int kDeathsBeforeSetAside = 3;

TakenMarks::Taken TakenOf(const RecordView& record) {
  const std::hash<std::string_view> hash;
  return {record.topic, record.offset, hash(record.value) ^ (hash(record.key) << 1)};
}

// The world failed, as opposed to a handler that cannot cope with one record.
bool IsWorldFailure(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kDataLoss;
}

}  // namespace

ShardLoop::ShardLoop(const Topology& topology, std::int32_t partition, std::int32_t partitions, ShardLog& log,
                     Store& store, std::unique_ptr<Processor> processor, EffectSink effects, LoopOptions options)
    : topology_(topology),
      partition_(partition),
      partitions_(partitions),
      log_(log),
      store_(store),
      processor_(std::move(processor)),
      effects_(std::move(effects)),
      options_(options),
      overlay_(store, options.cache_bytes),
      timers_(std::make_unique<TimerQueue>(overlay_, store_)),
      context_(std::make_unique<LoopContext>(*this)) {}

ShardLoop::~ShardLoop() = default;

void ShardLoop::Reacquire() {
  Drop();
  state_ = State::kAcquire;
}

void ShardLoop::Drop() {
  overlay_.Clear();
  overlay_.ForgetCommitted();
  batch_ = {};
  outputs_.clear();
  batch_effects_.clear();
  output_bytes_ = 0;
  timers_->Reset();
  failures_ = committed_failures_;
  pending_ = meta_;
  heads_.assign(topology_.inputs.size(), {});
  for (std::size_t i = 0; i < heads_.size() && i < meta_.positions.size(); ++i)
    heads_[i].next_read = meta_.positions[i];
  processor_->OnRollback(Rollback::kBatch);
}

Result<void> ShardLoop::Acquire() {
  MAINSTAY_TRY_ASSIGN(meta, log_.Acquire(store_));
  MAINSTAY_CHECK(meta.positions.size() == topology_.inputs.size(), "a position for every input topic");
  meta_ = std::move(meta);
  Drop();
  marks_ = store_.taken_marks();
  if (marks_ != nullptr) marks_->Forget(meta_.positions);
  context_->Begin(meta_.stream_time_ms);
  MAINSTAY_TRY(processor_->OnAcquired(*context_));
  MAINSTAY_CHECK(overlay_.empty() && outputs_.empty(), "OnAcquired may not write");
  for (std::string& effect : batch_effects_) {
    if (effects_) effects_(partition_, std::move(effect));
  }
  batch_effects_.clear();
  state_ = State::kRun;
  return {};
}

Result<StepResult> ShardLoop::Step(Instant wall_now, std::size_t worth_committing) {
  StepResult step;
  if (state_ == State::kReleased) {
    step.released = true;
    return step;
  }
  if (state_ == State::kAcquire) MAINSTAY_TRY(Acquire());
  Result<bool> complete = TakeWhatIsThere();
  if (!complete) {
    Reacquire();
    return tl::unexpected(std::move(complete.error()));
  }
  step.waiting = !*complete;
  const std::size_t taken = batch_.records + batch_.timers + batch_.moved_timers;
  if (taken == 0) return step;
  step.open = taken < worth_committing && !BatchTells() && !BatchIsFull();
  if (step.open) return step;
  if (auto ended = EndBatch(); !ended) {
    Reacquire();
    return tl::unexpected(ended.error());
  }
  step = std::exchange(batch_, {});
  MAINSTAY_TRY(Commit(wall_now, step));
  return step;
}

Result<bool> ShardLoop::TakeWhatIsThere() {
  MAINSTAY_TRY_ASSIGN(complete, Refill());
  if (complete) MAINSTAY_TRY(RunBatch());
  return complete;
}

Result<void> ShardLoop::EndBatch() {
  const std::size_t outputs = outputs_.size();
  context_->Begin(pending_.stream_time_ms);
  MAINSTAY_TRY(processor_->BeforeCommit(*context_));
  MAINSTAY_CHECK(outputs_.size() == outputs, "BeforeCommit may not emit");
  return {};
}

Result<bool> ShardLoop::RefillTopic(TopicId topic) {
  Head& head = heads_[topic];
  if (!head.empty()) return true;
  head.records.clear();
  head.next = 0;
  if (Result<void> read = log_.Read(topic, head.next_read, kReadAhead, head.records); !read) {
    head.records.clear();  // What came before the failure will be read again.
    return tl::unexpected(std::move(read.error()));
  }
  if (head.empty()) {
    MAINSTAY_TRY_ASSIGN(end, log_.End(topic));
    return head.next_read >= end;
  }
  head.next_read = head.records.back().offset + 1;
  return true;
}

Result<bool> ShardLoop::Refill() {
  bool complete = true;
  for (TopicId topic = 0; topic < heads_.size(); ++topic) {
    MAINSTAY_TRY_ASSIGN(there, RefillTopic(topic));
    complete = complete && there;
  }
  return complete;
}

std::optional<TopicId> ShardLoop::SmallestHead() const {
  std::optional<TopicId> smallest;
  for (TopicId topic = 0; topic < heads_.size(); ++topic) {
    if (heads_[topic].empty()) continue;
    if (!smallest || heads_[topic].front().ingest_ms < heads_[*smallest].front().ingest_ms) smallest = topic;
  }
  return smallest;
}

bool ShardLoop::BatchIsFull() const {
  return batch_.records >= options_.max_records_per_commit ||
         batch_.timers + batch_.moved_timers >= options_.max_timers_per_commit ||
         overlay_.bytes() + output_bytes_ >= options_.max_bytes_per_commit;
}

Result<void> ShardLoop::RunBatch() {
  if (pending_.stream_time_ms != INT64_MIN) {  // Timers a full batch left over.
    MAINSTAY_TRY_ASSIGN(all_fired, FireTimers(pending_.stream_time_ms));
    if (!all_fired) return {};
  }
  while (!BatchIsFull()) {
    const std::optional<TopicId> topic = SmallestHead();
    if (!topic) return {};
    const std::int64_t ingest = heads_[*topic].front().ingest_ms;
    MAINSTAY_TRY_ASSIGN(fired, FireTimers(ingest));
    if (!fired) return {};
    MAINSTAY_TRY(TakeRecord(*topic));
    MAINSTAY_TRY_ASSIGN(fired_after, FireTimers(pending_.stream_time_ms));
    MAINSTAY_TRY_ASSIGN(complete, RefillTopic(*topic));
    if (!fired_after || !complete) return {};
  }
  return {};
}

Result<bool> ShardLoop::FireTimers(std::int64_t until_ms) {
  for (;;) {
    MAINSTAY_TRY_ASSIGN(head, timers_->Due(until_ms));
    if (!head) return true;
    if (BatchIsFull()) return false;
    MAINSTAY_TRY_ASSIGN(moved, context_->MoveOn(head->key));
    if (moved) {
      ++batch_.moved_timers;
      continue;
    }
    MAINSTAY_TRY(FireTimer(head->key, std::move(head->payload)));
    ++batch_.timers;
  }
}

Result<void> ShardLoop::FireTimer(std::string_view table_key, std::string payload) {
  Timer timer;
  timer.at = FromMs(ReadOrderedInt64(table_key));
  timer.kind = ReadUint16(table_key.substr(8));
  timer.key = table_key.substr(10);
  timer.payload = std::move(payload);
  pending_.stream_time_ms = std::max(pending_.stream_time_ms, ToMs(timer.at));
  context_->Begin(ToMs(timer.at));
  context_->TakeTimer(table_key);
  return processor_->OnTimer(*context_, timer);
}

Result<void> ShardLoop::TakeRecord(TopicId topic) {
  Head& head = heads_[topic];
  const Record record = std::move(head.records[head.next++]);  // Its memory is free for the next one at once.
  pending_.positions[topic] = record.offset + 1;
  pending_.stream_time_ms = std::max(pending_.stream_time_ms, record.ingest_ms);
  ++batch_.records;
  context_->Begin(pending_.stream_time_ms);
  if (topic != topology_.internal || record.key != kTickKey) {
    MAINSTAY_TRY(Handle({topic, record.offset, record.ingest_ms, record.key, record.value}));
  }
  batch_.processed.push_back({topic, record.offset, context_->TakeVerdict()});
  return {};
}

Result<void> ShardLoop::Handle(const RecordView& record) {
  const TakenMarks::Taken taken = TakenOf(record);
  if (marks_ != nullptr && marks_->DeathsOf(taken) >= kDeathsBeforeSetAside) {
    const std::string reason = "the process died " + std::to_string(kDeathsBeforeSetAside) + " times handling this";
    context_->SetAside(record, Error{ErrorCode::kInternal, {}, reason, {}}, "crash-loop");
    return {};
  }
  if (marks_ != nullptr) marks_->Take(taken);
  const Result<void> handled = processor_->OnRecord(*context_, record);
  if (marks_ != nullptr) marks_->PutBack();
  failures_.Push(!handled.has_value());
  if (handled) return {};
  if (IsWorldFailure(handled.error())) return handled;
  if (failures_.count() > kToleratedFailures) {
    return Fail(ErrorCode::kInternal, topology_.service + " failed on more than 5 % of the last records (last: " +
                                          handled.error().message + "): stopped; is this a bad deploy?");
  }
  context_->SetAside(record, handled.error(), "handler-failure");
  return {};
}

Result<void> ShardLoop::Commit(Instant wall_now, StepResult& step) {
  pending_.transaction = meta_.transaction + 1;
  pending_.wall_ms = ToMs(wall_now);
  CommitBatch batch{pending_, std::exchange(outputs_, {}), {}};
  overlay_.MoveInto(batch);
  step.outputs = batch.outputs.size();
  switch (log_.Commit(batch)) {
    case Outcome::kCommitted:
      if (const Result<void> applied = store_.Apply(batch); !applied) {
        Reacquire();
        return applied;
      }
      overlay_.Committed(batch.changes);
      FinishCommit(step);
      return {};
    case Outcome::kAborted:
      Drop();
      step = StepResult{};
      step.dropped = true;
      return {};
    case Outcome::kFenced:
      Drop();
      state_ = State::kReleased;
      step = StepResult{};
      step.released = true;
      return {};
    case Outcome::kUnknown: return SettleUnknown(batch.meta, step);
  }
  return {};
}

// META decides, never the return code: either the transaction is there or it never happened. The number alone is not
// enough: another owner may have used it for a transaction of its own in the meantime.
Result<void> ShardLoop::SettleUnknown(const Meta& attempted, StepResult& step) {
  Reacquire();
  MAINSTAY_TRY(Acquire());
  if (meta_ != attempted) {
    step = StepResult{};
    step.dropped = true;
    return {};
  }
  // OnAcquired has reissued what is unfinished, so the effects themselves are not handed over again.
  step.progressed = true;
  return {};
}

void ShardLoop::FinishCommit(StepResult& step) {
  meta_ = pending_;
  output_bytes_ = 0;
  timers_->Committed();
  committed_failures_ = failures_;
  if (marks_ != nullptr) marks_->Forget(meta_.positions);
  for (std::string& effect : batch_effects_) {
    if (effects_) effects_(partition_, std::move(effect));
  }
  batch_effects_.clear();
  step.progressed = true;
}

Result<std::optional<Instant>> ShardLoop::NextTimerAt() {
  MAINSTAY_TRY_ASSIGN(at_ms, timers_->NextAt());
  if (!at_ms) return std::optional<Instant>{};
  return std::optional(FromMs(*at_ms));
}

}  // namespace mainstay::stream
