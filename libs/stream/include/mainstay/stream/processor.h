// What a service implements: a Processor, called by its shard's one thread with a Context.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"

namespace mainstay::stream {

// A shard's state, outputs, timers and time during one record or timer. All writes land in an overlay with
// a savepoint per record: an error from OnRecord undoes them and the record becomes a dead letter.
class Context {
 public:
  virtual ~Context() = default;

  // State: own writes first, then the store. Absent is nullopt, never an error.
  [[nodiscard]] virtual Result<std::optional<std::string>> Get(TableId table, std::string_view key) = 0;
  virtual void Put(TableId table, std::string_view key, std::string value) = 0;
  virtual void Erase(TableId table, std::string_view key) = 0;
  // As Snapshot::Scan, own writes merged in. `visit` must not write to the scanned table.
  [[nodiscard]] virtual Result<void> Scan(TableId table, std::string_view prefix, std::string_view from,
                                          const Snapshot::Visit& visit) = 0;

  virtual void Emit(OutputId output, std::string key, std::string value) = 0;  // to the own partition
  virtual void EmitTo(OutputId output, std::int32_t partition, std::string key, std::string value) = 0;
  // Bytes for the service's EffectSink (webhook sender ...), handed over after the commit, at least once:
  // a crash in between loses them, so the state must remember what is unfinished (see OnAcquired).
  virtual void EmitEffect(std::string bytes) = 0;

  // A timer is named by (kind, key): setting it again replaces it. Due at once if `at` <= Now().
  [[nodiscard]] virtual Result<void> SetTimer(TimerKind kind, std::string_view key, Instant at,
                                              std::string payload) = 0;
  [[nodiscard]] virtual Result<void> CancelTimer(TimerKind kind, std::string_view key) = 0;

  // Stream time in OnRecord (the largest ingest time seen, this record included); the timer's own time in OnTimer.
  [[nodiscard]] virtual Instant Now() const = 0;

  // True the first time within 35 days of stream time; remembers the id. (source, event id) hashed.
  [[nodiscard]] virtual Result<bool> FirstSeen(const Hash128& id) = 0;

  // What the waiting publisher of the current record hears; kAccepted unless said otherwise.
  virtual void Answer(Verdict verdict) = 0;
  // Undoes what this record did so far, dedup included, and sets it aside with the reason; answers kRejected.
  virtual void DeadLetter(const RecordView& record, const Error& error) = 0;

  [[nodiscard]] virtual std::int32_t partition() const = 0;
  [[nodiscard]] virtual std::int32_t partitions() const = 0;
};

// What was undone: the current record or timer only, or everything since the last commit.
enum class Rollback : std::uint8_t { kRecord, kBatch };

class Processor {
 public:
  virtual ~Processor() = default;
  // An error return is a handler failure (the record is set aside as poison); bad input is Context::DeadLetter.
  [[nodiscard]] virtual Result<void> OnRecord(Context& context, const RecordView& record) = 0;
  [[nodiscard]] virtual Result<void> OnTimer(Context& context, const Timer& timer) = 0;
  // Everything that goes into the next commit was handled: what is worth doing once for all of it. May write, not emit.
  [[nodiscard]] virtual Result<void> BeforeCommit(Context&) { return {}; }
  // The shard was (re)acquired: reissue effects that were not known to be finished. May not write.
  [[nodiscard]] virtual Result<void> OnAcquired(Context& context) = 0;
  // Writes were undone: drop caches derived from them.
  virtual void OnRollback(Rollback scope) = 0;
};

using ProcessorFactory = std::function<std::unique_ptr<Processor>(std::int32_t partition, std::int32_t partitions)>;
// Takes effects after their commit, from the worker thread; must not block.
using EffectSink = std::function<void(std::int32_t partition, std::string bytes)>;

// Bytes of a tick record: it only advances stream time. Appended to <service>.internal by the owner.
inline constexpr std::string_view kTickKey = "tick";

}  // namespace mainstay::stream
