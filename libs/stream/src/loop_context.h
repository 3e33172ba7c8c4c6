// The Context a processor sees: the loop's overlay and staging, plus what this one record did.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mainstay/stream/dead_letter.h"
#include "mainstay/stream/shard_loop.h"

namespace mainstay::stream {

inline constexpr Duration kDedupWindow = std::chrono::days{35};

// Timers. The timer table has where a timer waits, in the order in which they fire. A timer without payload that is set
// again to a later time stays where it waits: its entry in the index alone says when it is due, and when its old time
// comes it moves on. Most timers are put off by nearly every event and fire at none.

// at|kind|key, the order in which timers fire.
[[nodiscard]] std::string TimerTableKey(std::int64_t at_ms, TimerKind kind, std::string_view key);

class ShardLoop::LoopContext final : public Context {
 public:
  explicit LoopContext(ShardLoop& loop) : loop_(loop) {}

  // Opens a savepoint: what follows can be undone as one.
  void Begin(std::int64_t now_ms);
  void RollBack();
  [[nodiscard]] Verdict TakeVerdict() { return std::exchange(verdict_, Verdict{}); }
  void SetAside(const RecordView& record, const Error& error, const char* code);
  // Takes a timer that is due out of the tables.
  void TakeTimer(std::string_view table_key);
  // Moves a timer whose old time has come on to when it is due; false: it is due.
  [[nodiscard]] Result<bool> MoveOn(std::string_view table_key);

  Result<std::optional<std::string>> Get(TableId table, std::string_view key) override;
  void Put(TableId table, std::string_view key, std::string value) override;
  void Erase(TableId table, std::string_view key) override;
  Result<void> Scan(TableId table, std::string_view prefix, std::string_view from,
                    const Snapshot::Visit& visit) override;
  void Emit(OutputId output, std::string key, std::string value) override;
  void EmitTo(OutputId output, std::int32_t partition, std::string key, std::string value) override;
  void EmitEffect(std::string bytes) override;
  Result<void> SetTimer(TimerKind kind, std::string_view key, Instant at, std::string payload) override;
  Result<void> CancelTimer(TimerKind kind, std::string_view key) override;
  Instant Now() const override { return FromMs(now_ms_); }
  Result<bool> FirstSeen(const Hash128& id) override;
  void Answer(Verdict verdict) override { verdict_ = std::move(verdict); }
  void DeadLetter(const RecordView& record, const Error& error) override;
  std::int32_t partition() const override { return loop_.partition_; }
  std::int32_t partitions() const override { return loop_.partitions_; }

 private:
  void Stage(OutRecord record);

  ShardLoop& loop_;
  std::int64_t now_ms_ = INT64_MIN;
  std::size_t outputs_at_savepoint_ = 0;
  std::size_t output_bytes_at_savepoint_ = 0;
  std::size_t effects_at_savepoint_ = 0;
  Verdict verdict_;
};

}  // namespace mainstay::stream
