// How each shard's RocksDB is set up.
#pragma once

#include <rocksdb/compaction_filter.h>
#include <rocksdb/options.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "layout.h"
#include "mainstay/stream_rocksdb/shared_memory.h"

namespace rocksdb {
class Cache;
class WriteBufferManager;
}  // namespace rocksdb

namespace mainstay::stream_rocksdb {

struct SharedMemory::Parts {
  Memory budget;
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::shared_ptr<std::atomic<std::size_t>> recent_ids;    // How many are in memory.
  std::shared_ptr<std::atomic<std::size_t>> local_stores;  // How many are open.
};

// Durable stream time of each service, by number; INT64_MIN: unknown. Compactions sweep dedup entries that are older
// than 36 days by it. Readers expire them at 35 days, so sweeping never changes an answer, not even after a power loss
// has taken the shard back to its last durable moment.
class DedupHorizon {
 public:
  DedupHorizon() {
    for (auto& time : times_) time.store(INT64_MIN, std::memory_order_relaxed);
  }
  void Set(ServiceId service, std::int64_t stream_time_ms) {
    times_[service].store(stream_time_ms, std::memory_order_relaxed);
  }
  [[nodiscard]] bool IsPast(ServiceId service, std::int64_t first_seen_ms) const;

 private:
  std::array<std::atomic<std::int64_t>, 256> times_;
};

[[nodiscard]] rocksdb::DBOptions MakeDatabaseOptions(const SharedMemory::Parts& memory, bool create);
// `sweeper` is used by the dedup family and outlives the database.
[[nodiscard]] rocksdb::ColumnFamilyOptions MakeFamilyOptions(Family family, const SharedMemory::Parts& memory,
                                                             const rocksdb::CompactionFilter& sweeper);
// For a family that gets its ids in files (recent_ids.h), not in memtables.
void TakeIdsInFiles(rocksdb::ColumnFamilyOptions& dedup);
[[nodiscard]] std::unique_ptr<rocksdb::CompactionFilter> MakeDedupSweeper(const DedupHorizon& horizon);

}  // namespace mainstay::stream_rocksdb
