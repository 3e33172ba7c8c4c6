// SimBroker: topics with partitions, transactions with epochs and late markers, in memory.
//
// As with Kafka, the marker of a transaction and the records of an aborted one take offsets, so committed records have
// gaps between them. Test thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"

namespace mainstay::stream_sim {

struct Write {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t ingest_ms = 0;
  std::string key;
  std::optional<std::string> value;  // nullopt: a tombstone.
};

struct LogEntry {
  std::int64_t offset = 0;
  std::int64_t ingest_ms = 0;
  std::string key;
  std::optional<std::string> value;
};

class SimBroker {
 public:
  explicit SimBroker(std::int32_t partitions) : partitions_(partitions) {}
  [[nodiscard]] std::int32_t partitions() const { return partitions_; }

  // Outside any transaction, visible at once. Returns the offset.
  std::int64_t Append(const Write& write);

  // Fences every earlier owner of `id` and returns the new epoch. What an earlier owner prepared is completed first.
  std::uint64_t InitTransactions(const std::string& id);
  enum class End : std::uint8_t { kCommit, kAbort, kPrepare };
  // False: fenced, nothing happened. kPrepare: the outcome is decided (committed) but not visible before
  // CompletePrepared or the next InitTransactions of `id`.
  [[nodiscard]] bool Transact(const std::string& id, std::uint64_t epoch, const std::vector<Write>& writes, End end);
  void CompletePrepared(const std::string& id);

  // Appends up to `max` committed entries from `offset` on to `out`; stops at the first undecided one and at a hold.
  void Read(const std::string& topic, std::int32_t partition, std::int64_t offset, std::size_t max,
            std::vector<LogEntry>& out) const;
  // One past the last record, held and undecided ones included; markers and aborted records do not count.
  [[nodiscard]] std::int64_t EndOf(const std::string& topic, std::int32_t partition) const;
  // All that is committed, holds ignored.
  [[nodiscard]] std::vector<LogEntry> All(const std::string& topic, std::int32_t partition) const;

  // A slow topic: nothing from `offset` on is readable, though EndOf counts it. nullopt: catches up.
  void Hold(const std::string& topic, std::int32_t partition, std::optional<std::int64_t> offset);

  // Mutations (faults.h).
  bool no_fencing = false;
  bool init_ignores_prepared = false;

 private:
  enum class State : std::uint8_t { kCommitted, kPrepared, kAborted, kMarker };
  struct Entry {
    LogEntry entry;
    State state = State::kCommitted;
    std::string owner;  // Transactional id of a prepared entry.
  };
  struct Partition {
    std::vector<Entry> entries;  // Index = offset.
    std::optional<std::int64_t> hold;
  };
  using Name = std::pair<std::string, std::int32_t>;

  Entry& Add(Partition& partition, State state);
  [[nodiscard]] const Partition* Find(const std::string& topic, std::int32_t partition) const;

  std::int32_t partitions_;
  std::map<Name, Partition> topics_;
  std::map<std::string, std::uint64_t> epochs_;
};

}  // namespace mainstay::stream_sim
