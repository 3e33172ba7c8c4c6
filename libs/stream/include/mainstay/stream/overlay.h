// Uncommitted writes of one shard: read before the store, undone to a savepoint, drained into a commit.
//
// Shard thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"

namespace mainstay::stream {

class Overlay {
 public:
  explicit Overlay(Store& store) : store_(store) {}
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  [[nodiscard]] Result<std::optional<std::string>> Get(TableId table, std::string_view key) const;
  void Put(TableId table, std::string_view key, std::string value) { Write(table, key, std::move(value)); }
  void Erase(TableId table, std::string_view key) { Write(table, key, std::nullopt); }
  // As Snapshot::Scan over the store with the uncommitted writes merged in. `visit` must not write to `table`.
  [[nodiscard]] Result<void> Scan(TableId table, std::string_view prefix, std::string_view from,
                                  const Snapshot::Visit& visit);

  // Own writes only, the store left out.
  // The first live own entry at or after `from`; the views are valid until the next write.
  [[nodiscard]] std::optional<std::pair<std::string_view, std::string_view>> FirstOwn(TableId table,
                                                                                      std::string_view from);
  // True if `key` was written here, be it erased.
  [[nodiscard]] bool Shadows(TableId table, std::string_view key) const;

  // From here on writes can be undone by RollBack. One savepoint at a time.
  void SetSavepoint() { undo_.clear(); }
  void RollBack();
  // Forgets everything.
  void Clear();

  // Bytes written since Clear, overwritten and undone ones included: what bounds a transaction.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  // Moves all writes out, each key once, in no particular order; the overlay is as after Clear.
  [[nodiscard]] std::vector<TableChange> TakeChanges();

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Value = std::optional<std::string>;  // nullopt: erased.
  using Entries = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;
  struct Table {
    Entries entries;
    bool ordered = false;  // Scanned once: `keys` is kept from then on.
    std::set<std::string_view> keys;
  };
  struct Undo {
    Table* table;  // Tables and entries stay where they are until Clear.
    Entries::value_type* entry;
    std::optional<Value> before;  // nullopt: the overlay had no entry.
  };

  void Write(TableId table, std::string_view key, Value value);
  void Restore(Undo& undo);
  Table& Ordered(TableId table);

  Store& store_;
  std::unordered_map<TableId, Table> tables_;
  std::vector<Undo> undo_;
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
};

}  // namespace mainstay::stream
