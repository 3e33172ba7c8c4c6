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
    undo_.push_back({&table, &*entry, std::move(entry->second)});
    entry->second = std::move(value);
    return;
  }
  const auto added = table.entries.emplace(std::string(key), std::move(value)).first;
  undo_.push_back({&table, &*added, std::nullopt});
  ++count_;
  if (table.ordered) table.keys.insert(added->first);
}

void Overlay::Restore(Undo& undo) {
  if (undo.before) {
    undo.entry->second = std::move(*undo.before);
    return;
  }
  if (undo.table->ordered) undo.table->keys.erase(undo.entry->first);
  undo.table->entries.erase(undo.table->entries.find(undo.entry->first));
  --count_;
}

void Overlay::RollBack() {
  for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) Restore(*undo);
  undo_.clear();
}

void Overlay::Clear() {
  constexpr std::size_t kFewBuckets = 1'024;
  undo_.clear();
  bytes_ = 0;
  count_ = 0;
  for (auto& [id, table] : tables_) {
    table.keys.clear();
    // Clearing costs a pass over all buckets, which a rare large transaction must not leave to all small ones.
    if (table.entries.bucket_count() > kFewBuckets && table.entries.size() * 16 < table.entries.bucket_count()) {
      table.entries = Entries{};
    } else {
      table.entries.clear();
    }
  }
}

std::vector<TableChange> Overlay::TakeChanges() {
  std::vector<TableChange> changes;
  changes.reserve(count_);
  for (auto& [id, table] : tables_) {
    table.keys.clear();  // They view the entries' keys, which move out now.
    for (auto entry = table.entries.begin(); entry != table.entries.end();) {
      auto node = table.entries.extract(entry++);
      changes.push_back({id, std::move(node.key()), std::move(node.mapped())});
    }
  }
  Clear();
  return changes;
}

Overlay::Table& Overlay::Ordered(TableId id) {
  Table& table = tables_[id];
  if (!table.ordered) {
    table.ordered = true;
    for (const auto& [key, value] : table.entries) table.keys.insert(key);
  }
  return table;
}

std::optional<std::pair<std::string_view, std::string_view>> Overlay::FirstOwn(TableId id, std::string_view from) {
  const Table& table = Ordered(id);
  for (auto key = table.keys.lower_bound(from); key != table.keys.end(); ++key) {
    const Value& value = table.entries.find(*key)->second;
    if (value) return std::pair<std::string_view, std::string_view>(*key, *value);
  }
  return std::nullopt;
}

bool Overlay::Shadows(TableId id, std::string_view key) const {
  const auto table = tables_.find(id);
  return table != tables_.end() && table->second.entries.contains(key);
}

Result<void> Overlay::Scan(TableId id, std::string_view prefix, std::string_view from, const Snapshot::Visit& visit) {
  const Table& table = Ordered(id);
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
