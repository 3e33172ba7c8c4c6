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
// Order: a shard takes the record with the smallest ingest time among the heads of its
// topics, ties by topic order, and waits for a topic whose position is behind its end. Timers due up to the new
// stream time fire before the record that advances time, each with its own time as Now(); a timer set for a time
// already reached fires right after the record that set it.
//
// A record that the handler fails on is set aside as a dead letter; more than 5 % of the last thousand stop the shard.
// One that three processes died of is set aside without being handled again, if the store keeps TakenMarks.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/overlay.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/processor.h"

namespace mainstay::stream {

class TimerQueue;

struct LoopOptions {
  std::size_t max_records_per_commit = 50'000;
  std::size_t max_bytes_per_commit = 16 << 20;
  std::size_t max_timers_per_commit = 5'000;
  // Committed values kept in memory, at most; 0: none. Only what was read or written takes memory.
  std::size_t cache_bytes = 16 << 20;
};

struct ProcessedRecord {
  TopicId topic = 0;
  std::int64_t offset = 0;
  Verdict verdict;
};

struct StepResult {
  bool progressed = false;  // Something was committed; call again.
  bool open = false;        // What was taken is not committed yet: a later Step does that.
  bool waiting = false;     // A topic is behind its end: its next record is not readable yet.
  bool dropped = false;     // The transaction did not happen: what was taken is taken again by the next Step.
  bool released = false;    // Fenced: another owner has the shard.
  std::size_t records = 0;
  std::size_t timers = 0;                  // That fired.
  std::size_t moved_timers = 0;            // That were put off before their old time, which has come.
  std::size_t outputs = 0;                 // Records to output topics, dead letters included.
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

  // Takes what is there, up to one transaction, and commits it; but a batch that tells nobody anything, neither in a
  // record nor in an effect, stays open for the next Step until it has taken `worth_committing` records and timers.
  // Nothing to do is not an error. An Error means the shard stopped: state is as of the last commit; Reacquire()
  // starts over.
  [[nodiscard]] Result<StepResult> Step(Instant wall_now, std::size_t worth_committing = 0);
  void Reacquire();

  // No timer is due earlier, for whoever appends ticks; nullopt without one. Only after a successful Step.
  [[nodiscard]] Result<std::optional<Instant>> NextTimerAt();
  [[nodiscard]] const Meta& meta() const { return meta_; }  // As committed.

 private:
  enum class State : std::uint8_t { kAcquire, kRun, kReleased };
  class LoopContext;
  // Which of the last thousand records the handler failed on.
  class FailureRing {
   public:
    void Push(bool failed) {
      failed_[next_] = failed;
      next_ = (next_ + 1) % failed_.size();
    }
    [[nodiscard]] std::size_t count() const { return failed_.count(); }

   private:
    std::bitset<1000> failed_;
    std::size_t next_ = 0;
  };
  struct Head {
    std::vector<Record> records;  // Read ahead; the memory is used again.
    std::size_t next = 0;         // The first one not taken.
    std::int64_t next_read = 0;   // Offset to read next.
    [[nodiscard]] bool empty() const { return next == records.size(); }
    [[nodiscard]] const Record& front() const { return records[next]; }
  };

  [[nodiscard]] Result<void> Acquire();
  [[nodiscard]] Result<bool> Refill();  // False: a topic is behind its end.
  [[nodiscard]] Result<bool> RefillTopic(TopicId topic);
  [[nodiscard]] std::optional<TopicId> SmallestHead() const;
  [[nodiscard]] Result<bool> TakeWhatIsThere();  // False: a topic is behind its end.
  [[nodiscard]] Result<void> RunBatch();
  [[nodiscard]] Result<void> EndBatch();
  [[nodiscard]] Result<bool> FireTimers(std::int64_t until_ms);  // False: the budget is used up.
  [[nodiscard]] Result<void> FireTimer(std::string_view table_key, std::string payload);
  [[nodiscard]] Result<void> TakeRecord(TopicId topic);
  [[nodiscard]] Result<void> Handle(const RecordView& record);
  [[nodiscard]] Result<void> Commit(Instant wall_now, StepResult& step);
  [[nodiscard]] Result<void> SettleUnknown(const Meta& attempted, StepResult& step);
  void FinishCommit(StepResult& step);
  void Drop();  // Everything since the last commit.
  [[nodiscard]] bool BatchIsFull() const;
  [[nodiscard]] bool BatchTells() const { return !outputs_.empty() || !batch_effects_.empty(); }

  const Topology& topology_;
  const std::int32_t partition_;
  const std::int32_t partitions_;
  ShardLog& log_;
  Store& store_;
  std::unique_ptr<Processor> processor_;
  EffectSink effects_;
  LoopOptions options_;

  State state_ = State::kAcquire;
  TakenMarks* marks_ = nullptr;  // Of the store, as of the last Acquire.
  Meta meta_;                    // As committed.
  Meta pending_;                 // With what the open batch did.
  Overlay overlay_;
  std::unique_ptr<TimerQueue> timers_;
  std::unique_ptr<LoopContext> context_;
  std::vector<Head> heads_;
  StepResult batch_;  // What the open batch has taken.
  std::vector<OutRecord> outputs_;
  std::vector<std::string> batch_effects_;
  std::size_t output_bytes_ = 0;
  // A dropped batch takes its failures back, so a shard that stopped stops again at the same record.
  FailureRing failures_;
  FailureRing committed_failures_;
};

}  // namespace mainstay::stream
