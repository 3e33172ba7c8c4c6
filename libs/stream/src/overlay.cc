#include "mainstay/stream/overlay.h"

#include <algorithm>
#include <utility>

namespace mainstay::stream {
namespace {

bool IsCached(TableId table) { return table != kTimerTable; }  // Timers are only scanned.

std::size_t SizeOf(const std::optional<std::string>& value) { return value ? value->size() : 0; }

}  // namespace

Overlay::Table* Overlay::Find(TableId id) const {
  const auto at = std::find(ids_.begin(), ids_.end(), id);
  return at == ids_.end() ? nullptr : tables_[static_cast<std::size_t>(at - ids_.begin())].get();
}

Overlay::Table& Overlay::FindOrMake(TableId id) {
  if (Table* const found = Find(id)) return *found;
  ids_.push_back(id);
  tables_.push_back(std::make_unique<Table>());
  tables_.back()->id = id;
  return *tables_.back();
}

const std::optional<std::string>* Overlay::Own(TableId id, std::string_view key) const {
  Table* const table = Find(id);
  if (table == nullptr) return nullptr;
  const ByteMap::Entry* const entry = table->entries.Find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

Result<std::optional<std::string>> Overlay::Get(TableId table, std::string_view key) {
  Table& written = FindOrMake(table);
  if (const ByteMap::Entry* const own = written.entries.Find(key)) return own->value;
  MAINSTAY_TRY_ASSIGN(stored, IsStored(written));
  if (!stored) return std::optional<std::string>{};
  if (!IsCached(table)) return store_.Get(table, key);
  if (const auto found = committed_.Find(table, key); found.known) {
    return found.value ? std::optional<std::string>(*found.value) : std::nullopt;
  }
  MAINSTAY_TRY_ASSIGN(value, store_.Get(table, key));
  committed_.Put(table, key, value);
  return value;
}

Result<std::optional<std::int64_t>> Overlay::SeenAt(const Hash128& id) {
  if (const std::optional<std::int64_t> own = seen_.Find(id)) return own;
  return store_.SeenAt(id);
}

void Overlay::See(const Hash128& id, std::int64_t at_ms) { seen_.Add(id, at_ms); }

void Overlay::Committed(const std::vector<TableChange>& changes) {
  Table* table = nullptr;
  for (const TableChange& change : changes) {
    if (table == nullptr || table->id != change.table) table = &FindOrMake(change.table);
    if (change.value) table->stored = true;
    if (IsCached(change.table)) committed_.Update(change.table, change.key, change.value);
  }
}

void Overlay::ForgetCommitted() {
  committed_.Clear();
  for (const std::unique_ptr<Table>& table : tables_) table->stored.reset();
}

Result<bool> Overlay::IsStored(Table& table) {
  if (table.stored) return *table.stored;
  bool any = false;
  MAINSTAY_TRY(store_.Scan(table.id, {}, {}, [&](std::string_view, std::string_view) {
    any = true;
    return false;
  }));
  table.stored = any;
  return any;
}

void Overlay::Write(TableId id, std::string_view key, Value value) {
  Table& table = FindOrMake(id);
  ByteMap::Entry& entry = table.entries.FindOrAdd(key);
  bytes_ += SizeOf(value);
  if (entry.present) {
    bytes_ -= SizeOf(entry.value);
    undo_.push_back({&table, &entry, std::move(entry.value)});
  } else {
    undo_.push_back({&table, &entry, std::nullopt});
    table.entries.Add(entry);
    bytes_ += key.size() + ByteMap::kEntryBytes;
    ++count_;
    if (table.ordered) table.keys.insert(entry.key);
  }
  entry.value = std::move(value);
}

void Overlay::Restore(Undo& undo) {
  bytes_ -= SizeOf(undo.entry->value);
  if (undo.before) {
    bytes_ += SizeOf(*undo.before);
    undo.entry->value = std::move(*undo.before);
    return;
  }
  bytes_ -= undo.entry->key.size() + ByteMap::kEntryBytes;
  if (undo.table->ordered) undo.table->keys.erase(undo.entry->key);
  undo.table->entries.Remove(*undo.entry);
  --count_;
}

void Overlay::RollBack() {
  for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) Restore(*undo);
  undo_.clear();
  seen_.TakeBack(seen_at_savepoint_);
}

void Overlay::Clear() {
  undo_.clear();
  seen_.Clear();
  seen_at_savepoint_ = 0;
  bytes_ = 0;
  count_ = 0;
  for (const std::unique_ptr<Table>& table : tables_) {
    table->ordered = false;
    table->keys.clear();
    table->entries.Clear();
  }
}

void Overlay::MoveInto(CommitBatch& batch) {
  batch.changes.reserve(count_);
  for (const std::unique_ptr<Table>& table : tables_) {
    table->keys.clear();  // They view the entries' keys, which move out now.
    table->entries.ForEach([&](ByteMap::Entry& entry) {
      batch.changes.push_back({table->id, std::move(entry.key), std::move(entry.value)});
    });
  }
  batch.seen = seen_.All();
  Clear();
}

Overlay::Table& Overlay::Ordered(TableId id) {
  Table& table = FindOrMake(id);
  if (!table.ordered) {
    table.ordered = true;
    table.entries.ForEach([&](const ByteMap::Entry& entry) { table.keys.insert(entry.key); });
  }
  return table;
}

Result<void> Overlay::Scan(TableId id, std::string_view prefix, std::string_view from, const Snapshot::Visit& visit) {
  Table& table = Ordered(id);
  const std::string_view start = from > prefix ? from : prefix;
  auto own = table.keys.lower_bound(start);
  const auto own_waits = [&] { return own != table.keys.end() && own->starts_with(prefix); };
  bool go_on = true;
  // Hands out the own entries before `limit` (all that are left without one); a shadowed key is left in place.
  const auto own_before = [&](std::optional<std::string_view> limit) {
    while (go_on && own_waits() && (!limit || *own < *limit)) {
      const Value& value = table.entries.Find(*own)->value;
      if (value) go_on = visit(*own, *value);
      ++own;
    }
  };
  MAINSTAY_TRY_ASSIGN(stored, IsStored(table));
  if (!stored) {
    own_before(std::nullopt);
    return {};
  }
  MAINSTAY_TRY(store_.Scan(id, prefix, from, [&](std::string_view key, std::string_view value) {
    own_before(key);
    if (!go_on) return false;
    if (own_waits() && *own == key) {
      const Value& mine = table.entries.Find(*own)->value;
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
