// LocalStore: the state of one shard of one service whose log is elsewhere (Kafka), as the runtime's Store.
//
// A copy that can always be made again: nothing is synced, a damaged or foreign directory is emptied at Open, and the
// log's Acquire restores it. Rows wait in memory, so that one which is written again and again goes to the files once;
// META follows them. So what a killed process or a power loss leaves has everything up to its META, and of some rows
// values that are newer: what the log has after that META, applied again, makes it whole.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"
#include "mainstay/stream_rocksdb/shared_memory.h"

namespace rocksdb {
class WriteBatch;
}

namespace mainstay::stream_rocksdb {

struct ShardState;  // Private.
class RecentIds;    // Private.
class PendingRows;  // Private.

// For metrics, of one shard.
struct StoreSizes {
  std::uint64_t pending_bytes = 0;  // Of rows that are in no file and no memtable yet.
  std::uint64_t memtable_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t compaction_bytes = 0;  // That wait to be compacted, an estimate.
  bool write_stopped = false;          // Compaction does not keep up.
};

// Worker thread of the shard only, except TakeSnapshot. Snapshots may outlive it (its files stay open until then). What
// is in memory is written when there is much of it, for a snapshot or a scan, and at the end, which leaves files only:
// the next start has no log of writes to go through.
class LocalStore final : public stream::Store {
 public:
  // `identity` names what is in it (installation, service, partition): files with another one are emptied. The caller
  // makes sure that no other process uses `path` (RocksDB's lock refuses it: kFailedPrecondition).
  // kUnavailable: disk full, permissions.
  [[nodiscard]] static Result<std::unique_ptr<LocalStore>> Open(const std::filesystem::path& path,
                                                                std::string_view identity, const SharedMemory& memory);
  ~LocalStore() override;
  LocalStore(const LocalStore&) = delete;
  LocalStore& operator=(const LocalStore&) = delete;

  Result<std::optional<std::string>> Get(stream::TableId table, std::string_view key) override;
  Result<void> Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                    const stream::Snapshot::Visit& visit) override;
  Result<std::optional<std::int64_t>> SeenAt(const Hash128& id) override;
  // A failed write stops the store: every later one is refused.
  Result<void> Apply(const stream::CommitBatch& batch) override;
  Result<void> Clear(const stream::Meta& meta) override;
  Result<stream::Meta> LastMeta() override;
  // Writes all that is in memory; for a shard that has nothing to do.
  [[nodiscard]] Result<void> WritePending() const;
  Result<std::unique_ptr<stream::Snapshot>> TakeSnapshot() const override;
  // In a file beside the directory: `<path>.taken`.
  stream::TakenMarks* taken_marks() override { return marks_.get(); }

  [[nodiscard]] StoreSizes Sizes() const;
  [[nodiscard]] bool was_emptied() const { return was_emptied_; }  // Open found damage or a foreign identity.

 private:
  // kDataLoss: the files are damaged or another's.
  [[nodiscard]] static Result<std::unique_ptr<LocalStore>> OpenOnce(const std::filesystem::path& path,
                                                                    std::string_view identity,
                                                                    const SharedMemory& memory);
  LocalStore(std::shared_ptr<ShardState> state, std::string_view identity, const SharedMemory& memory);
  [[nodiscard]] Result<void> Load();
  // Returns how many bytes were written.
  [[nodiscard]] Result<std::size_t> WriteOrKeep(const stream::CommitBatch& batch);
  // Under write_mutex, these four. The rows that are pending, and META after them:
  void StagePending(rocksdb::WriteBatch& writes) const;
  void StageMeta(rocksdb::WriteBatch& writes) const;
  [[nodiscard]] Result<void> WriteAll() const;
  [[nodiscard]] bool HasMuchPending() const;
  // Rows of one table, ahead of META.
  [[nodiscard]] Result<void> WritePendingOf(stream::TableId table);

  std::shared_ptr<ShardState> state_;
  const std::string identity_;
  const Memory budget_;
  const std::shared_ptr<std::atomic<std::size_t>> stores_;  // Of the process, this one included.
  std::unique_ptr<PendingRows> pending_;                    // Under write_mutex.
  std::unique_ptr<RecentIds> ids_;
  std::unique_ptr<stream::TakenMarks> marks_;  // In the state's file.
  std::optional<std::string> timer_floor_;     // No timer is smaller; nullopt: unknown.
  bool was_emptied_ = false;
};

}  // namespace mainstay::stream_rocksdb
