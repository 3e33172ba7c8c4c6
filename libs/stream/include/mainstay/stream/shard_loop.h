// ShardLoop: one shard of one service, as a state machine over the ports. It has no thread, no clock and no I/O of
// its own: a worker, the simulator and the tests all call Step.
//
//            +---------------------------- kAborted / kUnknown --------------------------+
//            v                                                                           |
//   kAcquire --(fenced earlier owners, store at the log's end)--> kRun --(batch)--> committing
//            ^                                                      |                    |
//            |                                                      |                 kFenced
//            +------------------ Reacquire() ---------------- kReleased <---------------+
//
// Order (runtime.md, decision 8): a shard takes the record with the smallest ingest time among the heads of its
// topics, ties by topic order, and waits for a topic whose position is behind its end. Timers due up to the new
// stream time fire before the record that advances time, each with its own time as Now(); a timer set for a time
// already reached fires right after the record that set it.
#pragma once

#include <bitset>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/overlay.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/processor.h"

namespace mainstay::stream {

struct LoopOptions {
  std::size_t max_records_per_commit = 20'000;
  std::size_t max_bytes_per_commit = 16 << 20;
  std::size_t max_timers_per_commit = 5'000;
};

struct ProcessedRecord {
  TopicId topic = 0;
  std::int64_t offset = 0;
  Verdict verdict;
};

struct StepResult {
  bool progressed = false;  // Something was committed; call again.
  bool waiting = false;     // A topic is behind its end: its next record is not readable yet.
  bool released = false;    // Fenced: another owner has the shard.
  std::size_t records = 0;
  std::size_t timers = 0;
  std::vector<ProcessedRecord> processed;  // Of this commit, in order.
};

class ShardLoop {
 public:
  // All references outlive the loop. `effects` may be empty.
  ShardLoop(const Topology& topology, std::int32_t partition, std::int32_t partitions, ShardLog& log, Store& store,
            std::unique_ptr<Processor> processor, EffectSink effects, LoopOptions options = {});
  ~ShardLoop();
  ShardLoop(const ShardLoop&) = delete;
  ShardLoop& operator=(const ShardLoop&) = delete;

  // Takes what is there, up to one transaction, and commits it. Nothing to do is not an error. An Error means the
  // shard stopped: state is as of the last commit; Reacquire() starts over.
  [[nodiscard]] Result<StepResult> Step(Instant wall_now);
  void Reacquire();

  // The earliest timer, for whoever appends ticks; nullopt without one. Only after a successful Step.
  [[nodiscard]] Result<std::optional<Instant>> NextTimerAt();
  [[nodiscard]] const Meta& meta() const { return meta_; }  // As committed.

 private:
  enum class State : std::uint8_t { kAcquire, kRun, kReleased };
  class LoopContext;
  struct Head {
    std::deque<Record> records;
    std::int64_t next_read = 0;  // Offset to read next.
  };

  [[nodiscard]] Result<void> Acquire();
  [[nodiscard]] Result<bool> Refill();  // False: a topic is behind its end.
  [[nodiscard]] Result<bool> RefillTopic(TopicId topic);
  [[nodiscard]] std::optional<TopicId> SmallestHead() const;
  [[nodiscard]] Result<void> RunBatch(StepResult& step);
  [[nodiscard]] Result<bool> FireTimers(std::int64_t until_ms, StepResult& step);  // False: the budget is used up.
  [[nodiscard]] Result<void> FireTimer(const std::string& key, const std::string& payload);
  [[nodiscard]] Result<void> TakeRecord(TopicId topic, StepResult& step);
  [[nodiscard]] Result<void> Handle(const RecordView& record);
  [[nodiscard]] Result<void> Commit(Instant wall_now, StepResult& step);
  [[nodiscard]] Result<void> SettleUnknown(std::uint64_t transaction, StepResult& step);
  void FinishCommit(StepResult& step);
  void Drop();  // Everything since the last commit.
  [[nodiscard]] bool BatchIsFull(const StepResult& step) const;

  const Topology& topology_;
  const std::int32_t partition_;
  const std::int32_t partitions_;
  ShardLog& log_;
  Store& store_;
  std::unique_ptr<Processor> processor_;
  EffectSink effects_;
  LoopOptions options_;

  State state_ = State::kAcquire;
  Meta meta_;     // As committed.
  Meta pending_;  // With what the open batch did.
  Overlay overlay_;
  std::unique_ptr<LoopContext> context_;
  std::vector<Head> heads_;
  std::vector<OutRecord> outputs_;
  std::vector<std::string> batch_effects_;
  std::size_t output_bytes_ = 0;
  // No timer is earlier than this; INT64_MIN: unknown. Spares a scan per record.
  std::int64_t timer_bound_ms_ = INT64_MIN;
  std::bitset<1000> failures_;  // Handler failures among the last thousand records, as a ring.
  std::size_t failure_slot_ = 0;
};

}  // namespace mainstay::stream
