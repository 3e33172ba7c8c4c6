// A transaction's changes of state as one RocksDB write. Both the embedded log and the local store stage them here.
#pragma once

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "layout.h"
#include "mainstay/stream/ports.h"
#include "shard_state.h"

namespace mainstay::stream_rocksdb {

// Calls `visit` for each run of changes of one table.
template <class Visit>
void ForEachTable(std::span<const stream::TableChange> changes, const Visit& visit) {
  while (!changes.empty()) {
    const stream::TableId table = changes.front().table;
    const auto end = std::find_if(changes.begin(), changes.end(), [&](const auto& c) { return c.table != table; });
    const auto run = changes.first(static_cast<std::size_t>(end - changes.begin()));
    visit(run);
    changes = changes.subspan(run.size());
  }
}

// How much room the batch's changes and ids take in a write, roughly.
[[nodiscard]] std::size_t StagedBytes(const stream::CommitBatch& batch);

// Puts and deletes of `changes`, which come table by table. Sorts each table's nearly: neighbours in the write that are
// neighbours in the memtable go in several times as fast, and that is good enough.
void StageChanges(const ShardState& shard, ServiceId service, std::span<const stream::TableChange> changes,
                  rocksdb::WriteBatch& writes);

// A timer set before everything that was known of timers lowers the floor below which none is.
void LowerTimerFloor(std::optional<std::string>& floor, std::span<const stream::TableChange> changes);

}  // namespace mainstay::stream_rocksdb
