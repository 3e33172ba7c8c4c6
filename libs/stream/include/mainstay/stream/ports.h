// The ports of the runtime: ShardLog and Store. Kafka, the embedded log and the simulator implement them;
// one contract suite (tests/contract) says what they promise.
//
// A shard is partition index p across the co-partitioned topics of one service. Everything here belongs to
// one shard and is called by its one worker thread, except Store::TakeSnapshot, which any thread may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/record.h"

namespace mainstay::stream {

// The runtime's own tables, stored and logged like any other.
inline constexpr TableId kTimerTable = 0xfff0;       // at(be64 ms, sign flipped)|kind(be16)|key -> payload
inline constexpr TableId kTimerIndexTable = 0xfff1;  // kind(be16)|key -> at(as above), or at|due (loop_context.h)

// Where a shard stands. Written last in every transaction; decides after any unclear outcome.
struct Meta {
  std::uint64_t transaction = 0;            // Number of the last committed transaction; 0 = none yet.
  std::vector<std::int64_t> positions;      // Next offset to read, one per input topic.
  std::int64_t stream_time_ms = INT64_MIN;  // Largest ingest time seen; INT64_MIN before the first record.
  std::int64_t wall_ms = 0;                 // Wall clock at the commit, for people; never decides anything.
  friend bool operator==(const Meta&, const Meta&) = default;
};

struct TableChange {
  TableId table = 0;
  std::string key;
  std::optional<std::string> value;  // nullopt erases.

  [[nodiscard]] std::size_t bytes() const { return key.size() + (value ? value->size() : 0); }
};

// An event whose id, (source, event id) hashed, was seen for the first time.
struct SeenId {
  Hash128 id;
  std::int64_t at_ms = 0;  // Stream time.
  friend bool operator==(const SeenId&, const SeenId&) = default;
};

struct OutRecord {
  bool dead_letter = false;
  OutputId output = 0;         // Unused for dead letters.
  std::int32_t partition = 0;  // Own partition unless the service said otherwise.
  std::int64_t ingest_ms = 0;
  std::string key;
  std::string value;
};

// One transaction: outputs, state changes (each key at most once), ids (of one that is there twice the last counts) and
// META, all or nothing.
struct CommitBatch {
  Meta meta;
  std::vector<OutRecord> outputs;
  std::vector<TableChange> changes;
  std::vector<SeenId> seen = {};
};

enum class Outcome : std::uint8_t {
  kCommitted,
  kAborted,  // Nothing happened; drop the overlay and seek to META.
  kFenced,   // Somebody else owns the shard; drop everything, release.
  kUnknown,  // Ask META: re-acquire and compare transaction numbers.
};

// A frozen, committed view of one shard of one service. Any thread.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  [[nodiscard]] virtual Result<std::optional<std::string>> Get(TableId table, std::string_view key) const = 0;
  // Calls `visit` for every entry whose key starts with `prefix` and is >= `from`, in key order, until it
  // returns false. The views are valid during the call.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  [[nodiscard]] virtual Result<void> Scan(TableId table, std::string_view prefix, std::string_view from,
                                          const Visit& visit) const = 0;
  [[nodiscard]] virtual const Meta& meta() const = 0;
};

// Which record a service has in its hands, kept where it outlives the process: a record that kills the process again
// and again is found out. Worker thread of the shard only.
class TakenMarks {
 public:
  virtual ~TakenMarks() = default;
  struct Taken {
    TopicId topic = 0;
    std::int64_t offset = 0;
    std::uint64_t fingerprint = 0;  // Of its bytes: after a power loss another record may have its offset.
    friend bool operator==(const Taken&, const Taken&) = default;
  };
  // Called for every record, so it costs nanoseconds: it survives the process, not the machine.
  virtual void Take(const Taken& record) = 0;
  virtual void PutBack() = 0;  // The handler returned, with whatever result.
  // How many processes died with this record in their hands, as of the last Acquire.
  [[nodiscard]] virtual int DeathsOf(const Taken& record) const = 0;
  // Records below these positions are done for good. Cheap when none of them ever killed anybody.
  virtual void Forget(const std::vector<std::int64_t>& positions) = 0;
};

// Local state. Reads see committed entries only (the overlay is the loop's).
class Store {
 public:
  virtual ~Store() = default;
  [[nodiscard]] virtual Result<std::optional<std::string>> Get(TableId table, std::string_view key) = 0;
  [[nodiscard]] virtual Result<void> Scan(TableId table, std::string_view prefix, std::string_view from,
                                          const Snapshot::Visit& visit) = 0;
  // When `id` was first seen (ms of stream time); nullopt: never, or so long ago that it was forgotten.
  [[nodiscard]] virtual Result<std::optional<std::int64_t>> SeenAt(const Hash128& id) = 0;
  // Changes, ids and META, which readers see from now on and snapshots all at once. With the embedded log it already
  // happened in ShardLog::Commit. A process that dies leaves META of this or an earlier batch with all that belongs to
  // it, and maybe ids, and rows of tables that are scanned, of later ones: Acquire applies these again.
  [[nodiscard]] virtual Result<void> Apply(const CommitBatch& batch) = 0;
  // Erases everything and leaves `meta`: a log that cannot bring the store up to date starts over.
  [[nodiscard]] virtual Result<void> Clear(const Meta& meta) = 0;
  // META of the last Apply or Clear.
  [[nodiscard]] virtual Result<Meta> LastMeta() = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Snapshot>> TakeSnapshot() const = 0;
  // Asked for after each ShardLog::Acquire; valid until the next. Null: the store cannot keep them.
  [[nodiscard]] virtual TakenMarks* taken_marks() { return nullptr; }
};

class ShardLog {
 public:
  virtual ~ShardLog() = default;
  // Fences every earlier owner, brings `store` up to the last committed transaction and returns its META
  // (positions sized to the topology; a first start begins at the earliest offset of each topic).
  [[nodiscard]] virtual Result<Meta> Acquire(Store& store) = 0;
  // Appends up to `max` records of `topic` from `offset` on to `out`. None means: nothing more for now.
  [[nodiscard]] virtual Result<void> Read(TopicId topic, std::int64_t offset, std::size_t max,
                                          std::vector<Record>& out) = 0;
  // First offset not yet readable; a topic whose position is below it has input waiting.
  [[nodiscard]] virtual Result<std::int64_t> End(TopicId topic) = 0;
  [[nodiscard]] virtual Outcome Commit(const CommitBatch& batch) = 0;
};

}  // namespace mainstay::stream
