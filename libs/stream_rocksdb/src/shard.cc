#include "mainstay/stream_rocksdb/shard.h"

#include <fcntl.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "mainstay/base/check.h"
#include "mainstay/stream/key_builder.h"
#include "shard_state.h"

namespace mainstay::stream_rocksdb {
namespace {

constexpr const char* kFamilyNames[kFamilies] = {"default", "state", "timers", "dedup", "log", "outbox"};
constexpr const char* kLargestIngest = "largest-ingest";
constexpr std::string_view kTopicPrefix = "topic/";
constexpr std::string_view kServicePrefix = "service-id/";
constexpr std::string_view kOutboxPrefix = "outbox/";
constexpr std::string_view kInboxPrefix = "inbox/";

std::string Number(std::int64_t number) {
  std::string bytes;
  stream::AppendOrderedInt64(bytes, number);
  return bytes;
}

rocksdb::DBOptions DatabaseOptions(const SharedMemory::Parts& memory) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.write_buffer_manager = memory.write_buffers;
  options.max_total_wal_size = memory.max_wal_bytes;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.max_background_jobs = 2;
  options.max_open_files = 256;
  options.keep_log_file_num = 2;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  options.avoid_flush_during_shutdown = true;  // The WAL has it.
  return options;
}

rocksdb::ColumnFamilyOptions FamilyOptions(Family family, const SharedMemory::Parts& memory) {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = 16 << 20;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = memory.cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  if (family == kStateFamily || family == kDedup) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.1;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// The sequence number that was last synced, or 0. Lower data than that means the machine lost writes.
std::uint64_t ReadMark(int file) {
  char bytes[8];
  if (pread(file, bytes, sizeof bytes, 0) != sizeof bytes) return 0;
  return static_cast<std::uint64_t>(stream::ReadOrderedInt64({bytes, sizeof bytes}));
}

// Loads what the shard keeps in memory: ids, ends, sequences.
Result<void> LoadNames(EmbeddedShard::State& state) {
  const std::unique_ptr<rocksdb::Iterator> it(state.db->NewIterator({}, state.family(kMeta)));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::string_view key = AsView(it->key());
    const std::string_view value = AsView(it->value());
    const auto number = [&] { return value.size() >= 8 ? stream::ReadOrderedInt64(value) : 0; };
    const auto name = [&](std::string_view prefix) { return std::string(key.substr(prefix.size())); };
    if (key.starts_with(kTopicPrefix)) {
      state.topics[name(kTopicPrefix)].id = static_cast<std::uint16_t>(number());
    } else if (key.starts_with(kServicePrefix)) {
      state.services[name(kServicePrefix)] = static_cast<std::uint8_t>(number());
    } else if (key.starts_with(kOutboxPrefix)) {
      state.outbox_sequence[std::stoi(name(kOutboxPrefix))] = static_cast<std::uint64_t>(number());
    } else if (key.starts_with(kInboxPrefix)) {
      state.inbox_sequence[std::stoi(name(kInboxPrefix))] = static_cast<std::uint64_t>(number());
    } else if (key == kLargestIngest) {
      state.largest_ingest_ms = number();
    }
  }
  if (!it->status().ok()) return tl::unexpected(ToError(it->status(), "reading " + state.path.string()));
  return {};
}

Result<void> LoadEnds(EmbeddedShard::State& state) {
  const std::unique_ptr<rocksdb::Iterator> it(state.db->NewIterator({}, state.family(kLog)));
  for (auto& [name, topic] : state.topics) {
    it->SeekForPrev(LogKey(topic.id, INT64_MAX));
    if (it->Valid() && stream::ReadUint16(AsView(it->key())) == topic.id) {
      topic.next = stream::ReadOrderedInt64(AsView(it->key()).substr(2)) + 1;
    }
    topic.durable = topic.next;
  }
  if (!it->status().ok()) return tl::unexpected(ToError(it->status(), "reading " + state.path.string()));
  return {};
}

}  // namespace

SharedMemory::SharedMemory(const Memory& memory) : parts_(std::make_unique<Parts>()) {
  parts_->cache = rocksdb::NewLRUCache(memory.block_cache_bytes);
  parts_->write_buffers =
      std::make_shared<rocksdb::WriteBufferManager>(memory.write_buffer_bytes, parts_->cache, /*allow_stall=*/false);
  parts_->max_wal_bytes = memory.max_wal_bytes;
}

SharedMemory::~SharedMemory() = default;

EmbeddedShard::State::~State() {
  if (db) {
    for (auto* handle : families) db->DestroyColumnFamilyHandle(handle);
    db->Close();
  }
  if (mark_file >= 0) close(mark_file);
}

EmbeddedShard::EmbeddedShard(std::unique_ptr<State> state) : state_(std::move(state)) {}
EmbeddedShard::~EmbeddedShard() = default;

Error ToError(const rocksdb::Status& status, const std::string& doing) {
  const std::string what = doing + ": " + status.ToString();
  if (status.IsCorruption()) {
    return {ErrorCode::kDataLoss, Recovery::kStopTask, what + "; the files are damaged: restore the directory from a backup",
            {}};
  }
  if (status.IsNoSpace() || status.IsIOError()) {
    return {ErrorCode::kUnavailable, Recovery::kStopTask, what + "; check the disk (space, permissions), then start again", {}};
  }
  return {ErrorCode::kInternal, Recovery::kStopTask, what, {}};
}

Result<std::unique_ptr<EmbeddedShard>> EmbeddedShard::Open(const std::filesystem::path& path, std::int32_t partition,
                                                           const SharedMemory& memory) {
  auto state = std::make_unique<State>();
  state->partition = partition;
  state->path = path;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t f = 0; f < kFamilies; ++f) {
    descriptors.emplace_back(kFamilyNames[f], FamilyOptions(static_cast<Family>(f), memory.parts()));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(DatabaseOptions(memory.parts()), path.string(), descriptors, &state->families, &db);
  if (!opened.ok()) {
    Error error = ToError(opened, "cannot open " + path.string());
    if (error.code == ErrorCode::kInternal) error.code = ErrorCode::kDataLoss;  // InvalidArgument and the like.
    return tl::unexpected(std::move(error));
  }
  state->db.reset(db);
  state->mark_file = open((path / "SYNCED").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (state->mark_file < 0) {
    return Fail(ErrorCode::kUnavailable, "cannot write in " + path.string() + ": " + std::strerror(errno));
  }
  if (db->GetLatestSequenceNumber() < ReadMark(state->mark_file)) {
    return Fail(ErrorCode::kDataLoss, path.string() + " lost writes that were already durable (the disk or its copy is "
                                                      "older than it was); restore the directory from a backup");
  }
  MAINSTAY_TRY(LoadNames(*state));
  MAINSTAY_TRY(LoadEnds(*state));
  return std::unique_ptr<EmbeddedShard>(new EmbeddedShard(std::move(state)));
}

Result<TopicEnds*> EmbeddedShard::State::Topic(std::string_view name) {
  if (const auto found = topics.find(name); found != topics.end()) return &found->second;
  TopicEnds topic;
  for (const auto& [other, ends] : topics) topic.id = std::max(topic.id, ends.id);
  ++topic.id;
  const rocksdb::Status written =
      db->Put({}, family(kMeta), std::string(kTopicPrefix) + std::string(name), Number(topic.id));
  if (!written.ok()) return tl::unexpected(ToError(written, "writing " + path.string()));
  const std::lock_guard lock(mutex);
  return &topics.emplace(std::string(name), topic).first->second;
}

Result<std::uint8_t> EmbeddedShard::State::Service(std::string_view name) {
  if (const auto found = services.find(name); found != services.end()) return found->second;
  const auto id = static_cast<std::uint8_t>(services.size() + 1);
  const rocksdb::Status written = db->Put({}, family(kMeta), std::string(kServicePrefix) + std::string(name), Number(id));
  if (!written.ok()) return tl::unexpected(ToError(written, "writing " + path.string()));
  const std::lock_guard lock(mutex);
  services.emplace(std::string(name), id);
  return id;
}

void EmbeddedShard::State::AppendTo(rocksdb::WriteBatch& batch, TopicEnds& topic, std::int64_t ingest_ms,
                                    std::string_view key, std::string_view value) const {
  batch.Put(family(kLog), LogKey(topic.id, topic.next++), EncodeRecord(ingest_ms, key, value));
}

Result<void> EmbeddedShard::State::Write(rocksdb::WriteBatch& batch) const {
  const rocksdb::Status status = db->Write({}, &batch);
  if (!status.ok()) return tl::unexpected(ToError(status, "writing " + path.string()));
  return {};
}

void EmbeddedShard::State::StageIngest(rocksdb::WriteBatch& batch, std::int64_t ingest_ms) {
  if (ingest_ms <= largest_ingest_ms) return;
  largest_ingest_ms = ingest_ms;
  batch.Put(family(kMeta), kLargestIngest, Number(ingest_ms));
}

std::int64_t EmbeddedShard::largest_ingest_ms() const { return state_->largest_ingest_ms; }

Result<std::vector<std::int64_t>> EmbeddedShard::AppendAll(std::span<const Append> appends) {
  rocksdb::WriteBatch batch;
  std::vector<std::int64_t> offsets;
  offsets.reserve(appends.size());
  for (const Append& append : appends) {
    MAINSTAY_TRY_ASSIGN(topic, state_->Topic(append.topic));
    const std::int64_t ingest = std::max(append.ingest_ms, state_->largest_ingest_ms);
    state_->StageIngest(batch, ingest);
    offsets.push_back(topic->next);
    state_->AppendTo(batch, *topic, ingest, append.key, append.value);
  }
  if (const Result<void> written = state_->Write(batch); !written) {
    MAINSTAY_TRY(LoadEnds(*state_));  // The offsets were not given out after all.
    return tl::unexpected(written.error());
  }
  return offsets;
}

Result<void> EmbeddedShard::Sync() {
  const rocksdb::SequenceNumber sequence = state_->db->GetLatestSequenceNumber();
  const rocksdb::Status synced = state_->db->SyncWAL();
  if (!synced.ok()) return tl::unexpected(ToError(synced, "syncing " + state_->path.string()));
  const std::string mark = Number(static_cast<std::int64_t>(sequence));
  if (pwrite(state_->mark_file, mark.data(), mark.size(), 0) != static_cast<ssize_t>(mark.size()) ||
      fdatasync(state_->mark_file) != 0) {
    return Fail(ErrorCode::kUnavailable, "syncing " + state_->path.string() + ": " + std::strerror(errno));
  }
  const std::lock_guard lock(state_->mutex);
  for (auto& [name, topic] : state_->topics) topic.durable = topic.next;
  return {};
}

Result<std::vector<Outbound>> EmbeddedShard::ReadOutbox(std::size_t max) {
  std::vector<Outbound> records;
  const std::unique_ptr<rocksdb::Iterator> it(state_->db->NewIterator({}, state_->family(kOutbox)));
  for (it->SeekToFirst(); it->Valid() && records.size() < max; it->Next()) {
    Outbound out;
    out.destination = static_cast<std::int32_t>(stream::ReadOrderedInt64(AsView(it->key())));
    out.sequence = static_cast<std::uint64_t>(stream::ReadOrderedInt64(AsView(it->key()).substr(8)));
    const std::string_view value = AsView(it->value());
    const std::size_t end = std::min(value.find('\0'), value.size());
    out.topic = value.substr(0, end);
    if (end == value.size() || !DecodeRecord(value.substr(end + 1), out.record)) {
      return Fail(ErrorCode::kDataLoss, "the outbox of " + state_->path.string() + " is damaged");
    }
    records.push_back(std::move(out));
  }
  if (!it->status().ok()) return tl::unexpected(ToError(it->status(), "reading " + state_->path.string()));
  return records;
}

Result<void> EmbeddedShard::Deliver(std::int32_t source, std::span<const Outbound> records) {
  rocksdb::WriteBatch batch;
  std::uint64_t last = state_->inbox_sequence[source];
  for (const Outbound& out : records) {
    if (out.sequence <= last) continue;  // Delivered before a crash took the acknowledgement.
    if (out.sequence != last + 1) {
      return Fail(ErrorCode::kInternal, "records from shard " + std::to_string(source) + " are missing before number " +
                                            std::to_string(out.sequence));
    }
    last = out.sequence;
    MAINSTAY_TRY_ASSIGN(topic, state_->Topic(out.topic));
    const std::int64_t ingest = std::max(out.record.ingest_ms, state_->largest_ingest_ms);
    state_->StageIngest(batch, ingest);
    state_->AppendTo(batch, *topic, ingest, out.record.key, out.record.value);
  }
  if (batch.Count() == 0) return {};
  batch.Put(state_->family(kMeta), std::string(kInboxPrefix) + std::to_string(source),
            Number(static_cast<std::int64_t>(last)));
  MAINSTAY_TRY(state_->Write(batch));
  state_->inbox_sequence[source] = last;
  return {};
}

Result<void> EmbeddedShard::AcknowledgeOutbox(std::int32_t destination, std::uint64_t up_to_sequence) {
  rocksdb::WriteBatch batch;
  batch.DeleteRange(state_->family(kOutbox), OutboxKey(destination, 0), OutboxKey(destination, up_to_sequence + 1));
  return state_->Write(batch);
}

Result<void> EmbeddedShard::State::ReadRecords(const TopicEnds& topic, std::int64_t offset, std::int64_t end,
                                               std::size_t max, std::vector<stream::Record>& out) const {
  if (offset >= end) return {};
  const std::string upper = LogKey(topic.id, end);
  const rocksdb::Slice upper_slice = AsSlice(upper);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper_slice;
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(options, family(kLog)));
  for (it->Seek(LogKey(topic.id, offset)); it->Valid() && out.size() < max; it->Next()) {
    stream::Record record;
    record.offset = stream::ReadOrderedInt64(AsView(it->key()).substr(2));
    if (!DecodeRecord(AsView(it->value()), record)) {
      return Fail(ErrorCode::kDataLoss, "the log in " + path.string() + " is damaged");
    }
    out.push_back(std::move(record));
  }
  if (!it->status().ok()) return tl::unexpected(ToError(it->status(), "reading " + path.string()));
  return {};
}

Result<std::vector<stream::Record>> EmbeddedShard::ReadTopic(std::string_view name, std::int64_t offset,
                                                             std::size_t max) const {
  TopicEnds topic;
  {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->topics.find(name);
    if (found == state_->topics.end()) return std::vector<stream::Record>{};
    topic.id = found->second.id;
    topic.durable = found->second.durable;
  }
  std::vector<stream::Record> records;
  MAINSTAY_TRY(state_->ReadRecords(topic, offset, topic.durable, max, records));
  return records;
}

std::int64_t EmbeddedShard::DurableEnd(std::string_view name) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->topics.find(name);
  return found == state_->topics.end() ? 0 : found->second.durable;
}

}  // namespace mainstay::stream_rocksdb
