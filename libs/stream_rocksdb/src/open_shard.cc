#include <rocksdb/compaction_filter.h>
#include <rocksdb/env.h>

#include <algorithm>
#include <system_error>

#include "shard_state.h"

namespace mainstay::stream_rocksdb {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> Damaged(const ShardState& shard, const std::string& what) {
  return Fail(ErrorCode::kDataLoss,
              what + " in " + shard.path.string() + " is damaged; restore the data directory from a backup");
}

// Finds or creates the mark, and refuses a shard that is not whole before RocksDB touches it: asked to open a directory
// without its CURRENT file, it would start an empty database over the remains.
Result<void> OpenMark(ShardState& shard) {
  const fs::path mark_path = shard.path.string() + ".synced";
  std::error_code error;
  const bool has_files = fs::exists(shard.path / "CURRENT", error);
  MAINSTAY_TRY_ASSIGN(found, SyncMark::Open(mark_path));
  if (found) {
    shard.mark = std::move(*found);
    if (shard.mark->sequence() == 0 || has_files) return {};
    return Fail(ErrorCode::kDataLoss,
                shard.path.string() + " is missing its files; restore the data directory from a backup");
  }
  if (has_files) {
    return Fail(ErrorCode::kDataLoss, mark_path.string() + " is missing; restore the data directory from a backup");
  }
  MAINSTAY_TRY_ASSIGN(created, SyncMark::Create(mark_path));
  shard.mark = std::move(created);
  return {};
}

Result<void> OpenDatabase(ShardState& shard, const SharedMemory::Parts& memory) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t f = 0; f < kFamilies; ++f) {
    descriptors.emplace_back(kFamilyNames[f], MakeFamilyOptions(static_cast<Family>(f), memory, *shard.sweeper));
  }
  const bool create = shard.mark->sequence() == 0;  // Nothing was ever promised.
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(MakeDatabaseOptions(memory, create), shard.path.string(), descriptors, &shard.families, &db);
  if (!opened.ok()) return tl::unexpected(ToError(opened, "cannot open " + shard.path.string()));
  shard.db.reset(db);
  if (db->GetLatestSequenceNumber() < shard.mark->sequence()) {
    return Fail(ErrorCode::kDataLoss, shard.path.string() + " has lost writes that had been made durable (sequence " +
                                          std::to_string(db->GetLatestSequenceNumber()) + " of " +
                                          std::to_string(shard.mark->sequence()) +
                                          "): the disk failed or files are from an older copy; "
                                          "restore the data directory from a backup");
  }
  return {};
}

// Names, sequences and times; topics get their ends later.
Result<void> LoadEntry(ShardState& shard, std::string_view key, std::int64_t number) {
  const auto rest = [&](std::string_view prefix) { return std::string(key.substr(prefix.size())); };
  if (key == kIngestKey) {
    shard.largest_ingest_ms = number;
  } else if (key.starts_with(kTopicPrefix)) {
    auto topic = std::make_unique<TopicState>();
    topic->name = rest(kTopicPrefix);
    topic->number = static_cast<TopicNumber>(number);
    shard.topics[topic->name] = std::move(topic);
  } else if (key.starts_with(kServicePrefix)) {
    auto service = std::make_unique<ServiceState>();
    service->name = rest(kServicePrefix);
    service->number = static_cast<ServiceId>(number);
    shard.services[service->name] = std::move(service);
  } else if (key.starts_with(kOutboxPrefix)) {
    const auto destination = ParseShard(rest(kOutboxPrefix));
    if (!destination) return Damaged(shard, "an outbox sequence");
    shard.outbox[*destination].written = static_cast<std::uint64_t>(number);
  } else if (key.starts_with(kInboxPrefix)) {
    const auto source = ParseShard(rest(kInboxPrefix));
    if (!source) return Damaged(shard, "an inbox sequence");
    shard.inbox[*source] = static_cast<std::uint64_t>(number);
  }
  return {};
}

// Returns the identity, empty in a new shard.
Result<std::string> LoadMetaFamily(ShardState& shard) {
  std::string identity;
  const std::unique_ptr<rocksdb::Iterator> it(shard.db->NewIterator({}, shard.family(kMeta)));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::string_view key = AsView(it->key());
    if (key.starts_with(kPositionPrefix)) continue;  // Read by Acquire and snapshots.
    if (key == kIdentityKey) {
      identity = AsView(it->value());
      continue;
    }
    const auto number = ParseNumber(AsView(it->value()));
    if (!number) return Damaged(shard, "an entry of the meta family");
    MAINSTAY_TRY(LoadEntry(shard, key, *number));
  }
  MAINSTAY_TRY(shard.Readable(it->status()));
  return identity;
}

Result<void> LoadTopicEnds(ShardState& shard) {
  const std::unique_ptr<rocksdb::Iterator> it(shard.db->NewIterator({}, shard.family(kLog)));
  for (const auto& [name, topic] : shard.topics) {
    const auto lowest = LogKey(topic->number, 0);
    const auto highest = LogKey(topic->number, INT64_MAX);
    const auto belongs = [&] { return it->Valid() && it->key().starts_with(rocksdb::Slice(lowest.data(), 2)); };
    it->SeekForPrev(AsSlice(highest));
    if (belongs()) {
      stream::Record last;
      if (it->key().size() != lowest.size() || !DecodeRecord(AsView(it->value()), last)) {
        return Damaged(shard, "the last record of " + topic->name);
      }
      topic->next = OffsetOf(AsView(it->key())) + 1;
      topic->last_ingest_ms = last.ingest_ms;
      it->Seek(AsSlice(lowest));
      topic->begin = belongs() ? OffsetOf(AsView(it->key())) : topic->next.load();
    }
    topic->durable = topic->next.load();
  }
  return shard.Readable(it->status());
}

// What was acknowledged is deleted, so the first entry left says how far that went.
Result<void> LoadOutbox(ShardState& shard) {
  const std::unique_ptr<rocksdb::Iterator> it(shard.db->NewIterator({}, shard.family(kOutbox)));
  for (auto& [destination, state] : shard.outbox) {
    state.durable = state.written;
    state.acknowledged = state.written;
    const auto lowest = OutboxKey(destination, 0);
    const auto highest = OutboxKey(destination, state.written);
    it->Seek(AsSlice(lowest));
    if (!it->Valid() || it->key().compare(AsSlice(highest)) > 0) continue;
    const auto first = SequenceOf(AsView(it->key()));
    if (!first || *first == 0) return Damaged(shard, "the outbox");
    state.acknowledged = *first - 1;
  }
  return shard.Readable(it->status());
}

Result<void> LoadStreamTimes(ShardState& shard) {
  for (const auto& [name, service] : shard.services) {
    MAINSTAY_TRY_ASSIGN(meta, ReadMeta(shard, nullptr, *service));
    if (meta) service->stream_time_ms = meta->meta.stream_time_ms;
  }
  return {};
}

// What recovery found may not be on the disk itself yet, and readers will see it at once. Up to the mark it is.
Result<void> SyncWhatWasFound(ShardState& shard) {
  if (shard.db->GetLatestSequenceNumber() != shard.mark->sequence()) return shard.Sync();
  for (const auto& [name, service] : shard.services) shard.horizon.Set(service->number, service->stream_time_ms);
  shard.synced = shard.mark->sequence();
  return {};
}

}  // namespace

Result<std::shared_ptr<ShardState>> OpenShard(const fs::path& path, std::int32_t partition,
                                              const SharedMemory::Parts& memory, std::string_view installation) {
  auto shard = std::make_shared<ShardState>();
  shard->path = path;
  shard->partition = partition;
  shard->sweeper = MakeDedupSweeper(shard->horizon);
  MAINSTAY_TRY(OpenMark(*shard));
  MAINSTAY_TRY(OpenDatabase(*shard, memory));
  MAINSTAY_TRY_ASSIGN(identity, LoadMetaFamily(*shard));
  const std::string own = std::string(installation) + "|" + std::to_string(partition);
  if (identity.empty()) {
    rocksdb::WriteBatch batch;
    batch.Put(shard->family(kMeta), AsSlice(kIdentityKey), own);
    const std::lock_guard lock(shard->write_mutex);
    MAINSTAY_TRY(shard->Write(batch));
  } else if (identity != own && !installation.empty()) {
    return Fail(ErrorCode::kDataLoss, path.string() + " has the files of another shard or installation (" + identity +
                                          ", not " + own + "); put the right ones back");
  }
  MAINSTAY_TRY(LoadTopicEnds(*shard));
  MAINSTAY_TRY(LoadOutbox(*shard));
  MAINSTAY_TRY(LoadStreamTimes(*shard));
  MAINSTAY_TRY_ASSIGN(taken, TakenFile::Open(path.string() + ".taken"));
  shard->taken = std::move(taken);
  MAINSTAY_TRY(SyncWhatWasFound(*shard));
  return shard;
}

}  // namespace mainstay::stream_rocksdb
