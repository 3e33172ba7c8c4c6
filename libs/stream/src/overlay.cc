#include "mainstay/stream/overlay.h"

#include <utility>

namespace mainstay::stream {

Result<std::optional<std::string>> Overlay::Get(TableId table, std::string_view key) const {
  if (const auto found = tables_.find(table); found != tables_.end()) {
    if (const auto entry = found->second.entries.find(key); entry != found->second.entries.end()) return entry->second;
  }
  return store_.Get(table, key);
}

void Overlay::Write(TableId id, std::string_view key, Value value) {
  Table& table = tables_[id];
  bytes_ += key.size() + (value ? value->size() : 0);
  const auto entry = table.entries.find(key);
  if (entry != table.entries.end()) {
    undo_.push_back({id, std::string(key), std::move(entry->second)});
    entry->second = std::move(value);
    return;
  }
  undo_.push_back({id, std::string(key), std::nullopt});
  const auto added = table.entries.emplace(std::string(key), std::move(value)).first;
  ++count_;
  if (table.ordered) table.keys.insert(added->first);
}

void Overlay::Restore(Table& table, Undo& undo) {
  const auto entry = table.entries.find(undo.key);
  if (undo.before) {
    entry->second = std::move(*undo.before);
    return;
  }
  if (table.ordered) table.keys.erase(entry->first);
  table.entries.erase(entry);
  --count_;
}

void Overlay::RollBack() {
  for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) Restore(tables_[undo->table], *undo);
  undo_.clear();
}

void Overlay::Clear() {
  for (auto& [id, table] : tables_) {
    table.keys.clear();
    table.entries.clear();
  }
  undo_.clear();
  bytes_ = 0;
  count_ = 0;
}

std::vector<TableChange> Overlay::Changes() const {
  std::vector<TableChange> changes;
  changes.reserve(count_);
  for (const auto& [id, table] : tables_) {
    for (const auto& [key, value] : table.entries) changes.push_back({id, key, value});
  }
  return changes;
}

Result<void> Overlay::Scan(TableId id, std::string_view prefix, std::string_view from, const Snapshot::Visit& visit) {
  Table& table = tables_[id];
  if (!table.ordered) {
    table.ordered = true;
    for (const auto& [key, value] : table.entries) table.keys.insert(key);
  }
  const std::string_view start = from > prefix ? from : prefix;
  auto own = table.keys.lower_bound(start);
  const auto own_waits = [&] { return own != table.keys.end() && own->starts_with(prefix); };
  bool go_on = true;
  // Hands out the own entries before `limit` (all that are left without one); a shadowed key is left in place.
  const auto own_before = [&](std::optional<std::string_view> limit) {
    while (go_on && own_waits() && (!limit || *own < *limit)) {
      const auto& value = table.entries.find(*own)->second;
      if (value) go_on = visit(*own, *value);
      ++own;
    }
  };
  MAINSTAY_TRY(store_.Scan(id, prefix, from, [&](std::string_view key, std::string_view value) {
    own_before(key);
    if (!go_on) return false;
    if (own_waits() && *own == key) {
      const auto& mine = table.entries.find(*own)->second;
      ++own;
      if (mine) go_on = visit(key, *mine);
      return go_on;
    }
    go_on = visit(key, value);
    return go_on;
  }));
  own_before(std::nullopt);
  return {};
}

}  // namespace mainstay::stream
