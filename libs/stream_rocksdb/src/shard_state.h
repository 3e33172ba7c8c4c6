// What is inside EmbeddedShard; shared by the files that implement it.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "database_options.h"
#include "durable_file.h"
#include "layout.h"
#include "mainstay/stream_rocksdb/shard.h"
#include "taken_file.h"

namespace mainstay::stream_rocksdb {

struct TopicState {
  TopicNumber number = 0;
  std::string name;
  std::int64_t begin = 0;
  std::atomic<std::int64_t> next{0};        // Written under write_mutex.
  std::atomic<std::int64_t> durable{0};     // Moved by Sync.
  std::int64_t last_ingest_ms = INT64_MIN;  // Under write_mutex.
};

struct ServiceState {
  ServiceId number = 0;
  std::string name;
  std::vector<TopicState*> inputs;          // Under names_mutex: as of the last Acquire.
  std::uint64_t epoch = 0;                  // Under write_mutex: counts the owners.
  std::int64_t stream_time_ms = INT64_MIN;  // Under write_mutex: of the last commit.
  std::optional<std::string> timer_floor;   // Thread of its log only. No timer is smaller; nullopt: unknown.
};

struct OutboxState {          // Of one destination, under write_mutex.
  std::uint64_t written = 0;  // Last sequence given out.
  std::uint64_t durable = 0;
  std::uint64_t acknowledged = 0;
};

// Locks are taken in this order: sync_mutex, write_mutex, names_mutex, failure_mutex.
struct ShardState : std::enable_shared_from_this<ShardState> {
  std::filesystem::path path;
  std::int32_t partition = 0;

  DedupHorizon horizon;
  std::unique_ptr<rocksdb::CompactionFilter> sweeper;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  std::unique_ptr<rocksdb::DB> db;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;  // Of all shards of the process.

  // Entries are added under write_mutex and names_mutex, never removed; what they point to stays.
  mutable std::shared_mutex names_mutex;
  std::map<std::string, std::unique_ptr<TopicState>, std::less<>> topics;
  std::map<std::string, std::unique_ptr<ServiceState>, std::less<>> services;

  mutable std::mutex write_mutex;               // One writer at a time.
  std::map<std::int32_t, OutboxState> outbox;   // By destination.
  std::map<std::int32_t, std::uint64_t> inbox;  // By source: last sequence delivered.
  std::int64_t largest_ingest_ms = INT64_MIN;

  std::mutex sync_mutex;  // One sync at a time.
  std::optional<SyncMark> mark;
  std::atomic<std::uint64_t> synced{0};

  std::unique_ptr<TakenFile> taken;

  mutable std::mutex failure_mutex;
  std::optional<Error> failure;

  ~ShardState();

  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family f) const { return families[f]; }
  [[nodiscard]] TopicState* FindTopic(std::string_view name) const;      // Or null.
  [[nodiscard]] ServiceState* FindService(std::string_view name) const;  // Or null.
  // Finds or creates; under write_mutex.
  [[nodiscard]] Result<TopicState*> EnsureTopic(std::string_view name);
  [[nodiscard]] Result<ServiceState*> EnsureService(std::string_view name);

  [[nodiscard]] Result<void> Readable(const rocksdb::Status& status) const;  // A failed read as an error.
  [[nodiscard]] Result<void> Health() const;
  Error Stop(Error error);  // The first failure stays; returns it.

  // Under write_mutex. One atomic write; a failure stops the shard.
  [[nodiscard]] Result<void> Write(rocksdb::WriteBatch& batch);
  [[nodiscard]] Result<void> Sync();
};

// Records staged for the log within one batch: their offsets become real in Publish.
class LogStage {
 public:
  explicit LogStage(const ShardState& shard) : shard_(shard) {}
  // Under write_mutex. Returns the offset. Time within a topic never runs backwards.
  std::int64_t Append(rocksdb::WriteBatch& batch, TopicState& topic, std::int64_t ingest_ms, std::string_view key,
                      std::string_view value);
  void Publish();  // After the write, under write_mutex.

 private:
  struct Ends {
    TopicState* topic;
    std::int64_t next;
    std::int64_t last_ingest_ms;
  };
  const ShardState& shard_;
  std::vector<Ends> ends_;  // A handful of topics per batch.
};

[[nodiscard]] Result<std::shared_ptr<ShardState>> OpenShard(const std::filesystem::path& path, std::int32_t partition,
                                                            const SharedMemory::Parts& memory,
                                                            std::string_view installation);

// `snapshot` may be null: the latest state.
[[nodiscard]] Result<std::optional<std::string>> GetValue(const ShardState& shard, const rocksdb::Snapshot* snapshot,
                                                          ServiceId service, stream::TableId table,
                                                          std::string_view key);
[[nodiscard]] Result<std::optional<std::int64_t>> GetSeen(const ShardState& shard, ServiceId service,
                                                          const Hash128& id);
[[nodiscard]] Result<void> ScanTable(const ShardState& shard, const rocksdb::Snapshot* snapshot, ServiceId service,
                                     stream::TableId table, std::string_view prefix, std::string_view from,
                                     const stream::Snapshot::Visit& visit);
// nullopt: the service has never committed.
[[nodiscard]] Result<std::optional<StoredMeta>> ReadMeta(const ShardState& shard, const rocksdb::Snapshot* snapshot,
                                                         const ServiceState& service);
// META with a position for each of `inputs`; a topic that META does not know is read from its first record.
[[nodiscard]] stream::Meta WithPositions(const StoredMeta& stored, const std::vector<TopicState*>& inputs);
[[nodiscard]] Result<void> ReadLog(const ShardState& shard, const TopicState& topic, std::int64_t offset,
                                   std::int64_t end, std::size_t max, std::vector<stream::Record>& out);
[[nodiscard]] Result<std::unique_ptr<stream::Snapshot>> MakeSnapshot(std::shared_ptr<const ShardState> shard,
                                                                     std::string_view service);

}  // namespace mainstay::stream_rocksdb
