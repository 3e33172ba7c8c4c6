// Uncommitted writes of one shard: read before the store, undone to a savepoint, drained into a commit. Beside them it
// remembers committed values, so that most reads do not reach the store.
//
// Shard thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/byte_map.h"
#include "mainstay/stream/committed_cache.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/seen_ids.h"

namespace mainstay::stream {

class Overlay {
 public:
  // REQUIRES: nobody else writes to `store`, except before ForgetCommitted.
  Overlay(Store& store, std::size_t cache_bytes) : store_(store), committed_(cache_bytes) {}
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  // A table that the store has nothing of, which is found out once, costs no read here and in Scan.
  [[nodiscard]] Result<std::optional<std::string>> Get(TableId table, std::string_view key);
  void Put(TableId table, std::string_view key, std::string value) { Write(table, key, std::move(value)); }
  void Erase(TableId table, std::string_view key) { Write(table, key, std::nullopt); }
  // The ids of events, beside the tables: when `id` was first seen (ms), and that it is at `at_ms`.
  [[nodiscard]] Result<std::optional<std::int64_t>> SeenAt(const Hash128& id);
  void See(const Hash128& id, std::int64_t at_ms);
  // As Snapshot::Scan over the store with the uncommitted writes merged in. `visit` must not write to `table`.
  [[nodiscard]] Result<void> Scan(TableId table, std::string_view prefix, std::string_view from,
                                  const Snapshot::Visit& visit);

  // What was written here, the store left out: null if nothing, nullopt inside if erased. Valid until the next write.
  [[nodiscard]] const std::optional<std::string>* Own(TableId table, std::string_view key) const;

  // From here on writes can be undone by RollBack. One savepoint at a time.
  void SetSavepoint() {
    undo_.clear();
    seen_at_savepoint_ = seen_.size();
  }
  void RollBack();
  // Forgets all writes.
  void Clear();
  // What MoveInto gave is in the store now.
  void Committed(const std::vector<TableChange>& changes);
  // The outcome of a commit is not known to be good, or the store was written by others.
  void ForgetCommitted();

  // What the writes take in memory, about: what bounds a transaction. Writing a key again takes no more, so a
  // transaction that comes back to the same clients all the time may be a long one.
  [[nodiscard]] std::size_t bytes() const { return bytes_ + seen_.size() * SeenIds::kEntryBytes; }
  [[nodiscard]] bool empty() const { return count_ == 0 && seen_.size() == 0; }
  // Moves all writes into `batch`, which has none, each key once, in the order of first writes by table, and the ids;
  // the overlay is as after Clear.
  void MoveInto(CommitBatch& batch);

 private:
  using Value = std::optional<std::string>;  // nullopt: erased.
  struct Table {
    TableId id = 0;
    ByteMap entries;
    bool ordered = false;        // Scanned since Clear: `keys` is kept from then on.
    std::optional<bool> stored;  // The store has entries of it; nullopt: not known.
    std::set<std::string_view> keys;
  };
  struct Undo {
    Table* table;  // Tables and entries stay where they are until Clear.
    ByteMap::Entry* entry;
    std::optional<Value> before;  // nullopt: the overlay had no entry.
  };

  void Write(TableId table, std::string_view key, Value value);
  void Restore(Undo& undo);
  [[nodiscard]] Table* Find(TableId table) const;
  [[nodiscard]] Table& FindOrMake(TableId table);
  [[nodiscard]] Table& Ordered(TableId table);
  [[nodiscard]] Result<bool> IsStored(Table& table);

  Store& store_;
  CommittedCache committed_;
  std::vector<TableId> ids_;  // Of the tables: a handful, so looking through them beats hashing.
  std::vector<std::unique_ptr<Table>> tables_;
  SeenIds seen_;
  std::size_t seen_at_savepoint_ = 0;
  std::vector<Undo> undo_;
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
};

}  // namespace mainstay::stream
