// A transaction's changes of state as one RocksDB write. Both the embedded log and the local store stage them here.
#pragma once

#include <rocksdb/write_batch.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "layout.h"
#include "mainstay/stream/ports.h"
#include "shard_state.h"

namespace mainstay::stream_rocksdb {

// How much room the batch's changes and ids take in a write, roughly.
[[nodiscard]] std::size_t StagedBytes(const stream::CommitBatch& batch);

// Puts and deletes of `changes`, which come table by table. Sorts each table's nearly: neighbours in the write that are
// neighbours in the memtable go in several times as fast, and that is good enough.
void StageChanges(const ShardState& shard, ServiceId service, std::span<const stream::TableChange> changes,
                  rocksdb::WriteBatch& writes);

// A timer set before everything that was known of timers lowers the floor below which none is.
void LowerTimerFloor(std::optional<std::string>& floor, std::span<const stream::TableChange> changes);

}  // namespace mainstay::stream_rocksdb
