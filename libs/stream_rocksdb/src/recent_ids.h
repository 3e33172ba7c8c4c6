// The ids of events in a local store: the newest in memory, all others in files of the dedup family.
//
// An id is written for every event, in no order, and hardly ever read again. As rows of a memtable ids would cost more
// than everything else that an event writes. So the ids of a transaction are one row of the meta family, from which a
// restart takes them up again, and a table in memory; when there are many they become one sorted file, which RocksDB
// takes in as it is.
//
// Not for the embedded log: a file is durable before the write-ahead log is, and comes with a sequence number that its
// mark (durable_file.h) must not be compared with. Worker thread of the shard only.
#pragma once

#include <rocksdb/write_batch.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "mainstay/stream/ports.h"
#include "mainstay/stream/seen_ids.h"
#include "shard_state.h"

namespace mainstay::stream_rocksdb {

class RecentIds {
 public:
  static constexpr std::size_t kFewest = 4'096;  // Fewer make no file.

  RecentIds(ShardState& state, ServiceId service, const SharedMemory::Parts& memory)
      : state_(state),
        service_(service),
        most_(memory.budget.recent_id_bytes / stream::SeenIds::kEntryBytes),
        all_(memory.recent_ids) {}
  ~RecentIds() { Forgotten(); }
  RecentIds(const RecentIds&) = delete;
  RecentIds& operator=(const RecentIds&) = delete;

  // Takes up what the last process left. kDataLoss: a row is damaged.
  [[nodiscard]] Result<void> Load();
  [[nodiscard]] Result<std::optional<std::int64_t>> SeenAt(const Hash128& id) const;
  // What `writes` must have for Written to be called.
  void Stage(std::span<const stream::SeenId> seen, rocksdb::WriteBatch& writes) const;
  // `seen` was written. Makes a file of all if the stores of the process have too many.
  [[nodiscard]] Result<void> Written(std::span<const stream::SeenId> seen);
  // Erases what is in no file, once `writes` was written and Forgotten called.
  void StageForget(rocksdb::WriteBatch& writes) const;
  void Forgotten();

 private:
  [[nodiscard]] Result<void> MakeFile();
  [[nodiscard]] Result<void> WriteFile(const std::string& path) const;

  ShardState& state_;
  const ServiceId service_;
  const std::size_t most_;                               // Of all stores of the process,
  const std::shared_ptr<std::atomic<std::size_t>> all_;  // which have so many.
  stream::SeenIds recent_;
  std::int64_t first_row_ = 0;  // Rows [first_row_, next_row_) are there.
  std::int64_t next_row_ = 0;
};

}  // namespace mainstay::stream_rocksdb
