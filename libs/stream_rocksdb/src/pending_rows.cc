#include "pending_rows.h"

#include <utility>

#include "staged_changes.h"

namespace mainstay::stream_rocksdb {
namespace {

std::size_t SizeOf(const std::optional<std::string>& value) { return value ? value->size() : 0; }

}  // namespace

void PendingRows::SetMeta(const stream::Meta& meta) {
  meta_ = meta;
  is_behind_ = true;
}

void PendingRows::Add(const stream::CommitBatch& batch) {
  ForEachTable(batch.changes, [&](std::span<const stream::TableChange> changes) {
    if (changes.front().table == stream::kTimerTable) return;
    Table& table = tables_[changes.front().table];
    for (const stream::TableChange& change : changes) Add(table, change);
  });
  SetMeta(batch.meta);
}

void PendingRows::Add(Table& table, const stream::TableChange& change) {
  stream::ByteMap::Entry& row = table.rows.FindOrAdd(change.key);
  const std::size_t before = table.bytes;
  if (row.present) {
    table.bytes -= SizeOf(row.value);
  } else {
    table.rows.Add(row);
    table.bytes += row.key.size() + stream::ByteMap::kEntryBytes;
  }
  table.bytes += SizeOf(change.value);
  row.value = change.value;
  bytes_ += table.bytes - before;
  added_bytes_ += change.bytes();
}

const std::optional<std::string>* PendingRows::Find(stream::TableId id, std::string_view key) {
  const auto table = tables_.find(id);
  if (table == tables_.end()) return nullptr;
  const stream::ByteMap::Entry* const row = table->second.rows.Find(key);
  return row == nullptr ? nullptr : &row->value;
}

void PendingRows::MoveInto(std::vector<stream::TableChange>& taken, stream::TableId id, Table& table) {
  table.rows.ForEach([&](stream::ByteMap::Entry& row) {
    taken.push_back({id, std::move(row.key), std::move(row.value)});
  });
  table.rows.Clear();
  bytes_ -= std::exchange(table.bytes, 0);
}

std::vector<stream::TableChange> PendingRows::Take() {
  std::vector<stream::TableChange> taken;
  std::size_t count = 0;
  for (const auto& [id, table] : tables_) count += table.rows.size();
  taken.reserve(count);
  for (auto& [id, table] : tables_) MoveInto(taken, id, table);
  is_behind_ = false;
  added_bytes_ = 0;
  return taken;
}

std::vector<stream::TableChange> PendingRows::Take(stream::TableId id) {
  std::vector<stream::TableChange> taken;
  if (const auto table = tables_.find(id); table != tables_.end()) MoveInto(taken, id, table->second);
  return taken;
}

}  // namespace mainstay::stream_rocksdb
