// What is inside EmbeddedShard; shared by the files that implement it.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/write_buffer_manager.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mainstay/stream_rocksdb/shard.h"

namespace mainstay::stream_rocksdb {

struct SharedMemory::Parts {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::size_t max_wal_bytes = 0;
};

enum Family : std::size_t { kMeta, kStateFamily, kTimers, kDedup, kLog, kOutbox, kFamilies };

struct TopicEnds {
  std::uint16_t id = 0;
  std::int64_t next = 0;     // Next offset to give out; worker thread.
  std::int64_t durable = 0;  // Under State::mutex.
};

struct EmbeddedShard::State {
  std::int32_t partition = 0;
  std::filesystem::path path;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  std::map<std::string, TopicEnds, std::less<>> topics;  // Insertions under `mutex`.
  std::map<std::string, std::uint8_t, std::less<>> services;
  std::map<std::int32_t, std::uint64_t> outbox_sequence;  // Last given out, by destination.
  std::map<std::int32_t, std::uint64_t> inbox_sequence;   // Last delivered, by source.
  std::int64_t largest_ingest_ms = INT64_MIN;
  int mark_file = -1;  // The last sequence number that was synced.
  mutable std::mutex mutex;

  ~State();
  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family f) const { return families[f]; }
  // The id of a topic or service, given out once and kept for good.
  [[nodiscard]] Result<TopicEnds*> Topic(std::string_view name);
  [[nodiscard]] Result<std::uint8_t> Service(std::string_view name);
  // Adds one record to `batch` at the topic's next offset.
  void AppendTo(rocksdb::WriteBatch& batch, TopicEnds& topic, std::int64_t ingest_ms, std::string_view key,
                std::string_view value) const;
  [[nodiscard]] Result<void> Write(rocksdb::WriteBatch& batch) const;
  void StageIngest(rocksdb::WriteBatch& batch, std::int64_t ingest_ms);
  [[nodiscard]] Result<void> ReadRecords(const TopicEnds& topic, std::int64_t offset, std::int64_t end,
                                         std::size_t max, std::vector<stream::Record>& out) const;
};

// Keys.
[[nodiscard]] std::string LogKey(std::uint16_t topic, std::int64_t offset);
[[nodiscard]] std::string StateKey(std::uint8_t service, stream::TableId table, std::string_view key);
[[nodiscard]] std::string OutboxKey(std::int32_t destination, std::uint64_t sequence);
[[nodiscard]] std::string MetaKey(std::string_view service);
[[nodiscard]] Family FamilyOf(stream::TableId table);

// Values.
[[nodiscard]] std::string EncodeRecord(std::int64_t ingest_ms, std::string_view key, std::string_view value);
[[nodiscard]] bool DecodeRecord(std::string_view bytes, stream::Record& record);
[[nodiscard]] std::string EncodeMeta(const stream::Meta& meta);
[[nodiscard]] Result<stream::Meta> DecodeMeta(std::string_view bytes);

[[nodiscard]] Error ToError(const rocksdb::Status& status, const std::string& doing);
[[nodiscard]] inline rocksdb::Slice AsSlice(std::string_view text) { return {text.data(), text.size()}; }
[[nodiscard]] inline std::string_view AsView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Scans one table of one service on `db`, with or without a snapshot.
[[nodiscard]] Result<void> ScanTable(const EmbeddedShard::State& state, const rocksdb::Snapshot* snapshot,
                                     std::uint8_t service, stream::TableId table, std::string_view prefix,
                                     std::string_view from, const stream::Snapshot::Visit& visit);
[[nodiscard]] Result<std::optional<std::string>> GetFromTable(const EmbeddedShard::State& state,
                                                              const rocksdb::Snapshot* snapshot, std::uint8_t service,
                                                              stream::TableId table, std::string_view key);

}  // namespace mainstay::stream_rocksdb
