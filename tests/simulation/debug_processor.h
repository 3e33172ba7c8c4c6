// The processor whose behaviour a checker can predict to the byte.
//
// Per key it keeps the list of what was applied, numbers everything it applies in its shard, and emits each to two
// topics in one transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mainstay/stream/processor.h"
#include "mainstay/stream/record.h"

namespace mainstay::simulation {

inline constexpr stream::TableId kLists = 1;     // key -> "id,id,..."
inline constexpr stream::TableId kCounters = 2;  // "seq" -> number of the last one applied
inline constexpr stream::TimerKind kReminder = 3;

// Inputs "first", "second", "debug.internal"; outputs "left", "right".
[[nodiscard]] const stream::Topology& DebugTopology();

// What a client asks for. Text on the wire, as a person would want to read it in a failing run.
struct Request {
  enum class Kind : char { kAdd = 'a', kBadData = 'b', kFailing = 'f', kKilling = 'k' };
  Kind kind = Kind::kAdd;
  std::string id;
  std::int64_t remind_after_ms = 0;  // 0: cancels the key's reminder.
  int repeats = 0;                   // The reminder sets itself again so many times.
};
[[nodiscard]] std::string Encode(const Request& request);
[[nodiscard]] std::optional<Request> DecodeRequest(std::string_view bytes);

// Mistakes a service or the loop could make.
struct Flaws {
  bool no_savepoint = false;         // A failing record is set aside, but what it did stays.
  bool timers_after_record = false;  // Timers wait for the record that made them due.
  bool process_clock = false;        // Sets timers by a clock of its own: how many calls this process has had.
  bool stale_cache = false;          // Keeps its counter in memory and does not hear of rollbacks.
};

class DebugProcessor final : public stream::Processor {
 public:
  // `die` is how a killing request ends the process.
  explicit DebugProcessor(const Flaws& flaws, std::function<void()> die = {}) : flaws_(flaws), die_(std::move(die)) {}
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override;
  Result<void> OnTimer(stream::Context& context, const stream::Timer& timer) override;
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}

 private:
  [[nodiscard]] Result<void> Add(stream::Context& context, const std::string& key, const Request& request);
  [[nodiscard]] Result<void> Remind(stream::Context& context, const stream::Timer& timer);
  [[nodiscard]] Result<void> Append(stream::Context& context, const std::string& key, const std::string& what);

  const Flaws flaws_;
  const std::function<void()> die_;
  std::vector<stream::Timer> held_back_;
  std::int64_t calls_ = 0;
  std::optional<std::int64_t> cached_sequence_;
};

}  // namespace mainstay::simulation
