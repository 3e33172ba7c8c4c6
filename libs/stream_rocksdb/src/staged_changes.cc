#include "staged_changes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace mainstay::stream_rocksdb {
namespace {

void StageChange(const ShardState& shard, const TablePrefix& prefix, const stream::TableChange& change,
                 rocksdb::WriteBatch& writes) {
  const std::array<rocksdb::Slice, 2> key = {AsSlice(prefix.bytes()), change.key};
  if (change.value) {
    const rocksdb::Slice value = *change.value;
    writes.Put(shard.family(prefix.family()), {key.data(), 2}, {&value, 1});
  } else {
    writes.Delete(shard.family(prefix.family()), {key.data(), 2});
  }
}

std::size_t SharedPrefix(std::span<const stream::TableChange> changes) {
  const std::string& first = changes.front().key;
  std::size_t shared = first.size();
  for (const stream::TableChange& change : changes) {
    const auto end = first.begin() + static_cast<std::ptrdiff_t>(std::min(shared, change.key.size()));
    shared = static_cast<std::size_t>(std::mismatch(first.begin(), end, change.key.begin()).first - first.begin());
  }
  return shared;
}

// The eight bytes from `skip` on as a number that sorts like them.
std::uint64_t SortingHead(const std::string& key, std::size_t skip) {
  std::uint64_t head = 0;
  std::memcpy(&head, key.data() + skip, std::min(key.size() - skip, sizeof head));
  return __builtin_bswap64(head);
}

}  // namespace

std::size_t StagedBytes(const stream::CommitBatch& batch) {
  std::size_t bytes = 256 + 40 * batch.seen.size();
  for (const stream::TableChange& change : batch.changes) {
    bytes += change.bytes() + 16;
  }
  return bytes;
}

void StageChanges(const ShardState& shard, ServiceId service, std::span<const stream::TableChange> changes,
                  rocksdb::WriteBatch& writes) {
  std::vector<std::pair<std::uint64_t, const stream::TableChange*>> order;
  ForEachTable(changes, [&](std::span<const stream::TableChange> run) {
    const std::size_t shared = SharedPrefix(run);
    order.clear();
    for (const stream::TableChange& change : run) order.emplace_back(SortingHead(change.key, shared), &change);
    std::sort(order.begin(), order.end());
    const TablePrefix prefix(service, run.front().table);
    for (const auto& [head, change] : order) StageChange(shard, prefix, *change, writes);
  });
}

void LowerTimerFloor(std::optional<std::string>& floor, std::span<const stream::TableChange> changes) {
  if (!floor) return;
  for (const stream::TableChange& change : changes) {
    if (change.table == stream::kTimerTable && change.value && change.key < *floor) floor = change.key;
  }
}

}  // namespace mainstay::stream_rocksdb
