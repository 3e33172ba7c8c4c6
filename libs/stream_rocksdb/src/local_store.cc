#include "mainstay/stream_rocksdb/local_store.h"

#include <rocksdb/compaction_filter.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "flush_wait.h"
#include "levers.h"
#include "pending_rows.h"
#include "recent_ids.h"
#include "shard_state.h"
#include "staged_changes.h"

namespace mainstay::stream_rocksdb {
namespace {

namespace fs = std::filesystem;

constexpr ServiceId kOnly = 1;  // A directory has one service.
constexpr std::uint32_t kErasedAtOnce = 10'000;
constexpr std::size_t kLeastReplayed = 8 << 20;
// Before the identity. A version that would not see what this one writes takes the files for another's, and empties
// them.
std::string WithFormat(std::string_view identity) { return "2|" + std::string(identity); }

stream::Meta ToMeta(const StoredMeta& stored) {
  stream::Meta meta = stored.meta;
  for (const auto& [topic, position] : stored.positions) meta.positions.push_back(position);
  return meta;
}

StoredMeta ToStored(const stream::Meta& meta) {
  StoredMeta stored{meta, {}};
  stored.meta.positions.clear();
  for (std::size_t i = 0; i < meta.positions.size(); ++i) {
    stored.positions[static_cast<TopicNumber>(i)] = meta.positions[i];
  }
  return stored;
}

class LocalSnapshot final : public stream::Snapshot {
 public:
  explicit LocalSnapshot(std::shared_ptr<const ShardState> state)
      : state_(std::move(state)), snapshot_(state_->db->GetSnapshot()) {}
  ~LocalSnapshot() override { state_->db->ReleaseSnapshot(snapshot_); }
  LocalSnapshot(const LocalSnapshot&) = delete;
  LocalSnapshot& operator=(const LocalSnapshot&) = delete;

  Result<void> LoadMeta(const ServiceState& service) {
    MAINSTAY_TRY_ASSIGN(stored, ReadMeta(*state_, snapshot_, service));
    if (stored) meta_ = ToMeta(*stored);
    return {};
  }
  Result<std::optional<std::string>> Get(stream::TableId table, std::string_view key) const override {
    return GetValue(*state_, snapshot_, kOnly, table, key);
  }
  Result<void> Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                    const Visit& visit) const override {
    return ScanTable(*state_, snapshot_, kOnly, table, prefix, from, visit);
  }
  const stream::Meta& meta() const override { return meta_; }

 private:
  const std::shared_ptr<const ShardState> state_;
  const rocksdb::Snapshot* const snapshot_;
  stream::Meta meta_;
};

ServiceState OnlyService() {
  ServiceState service;
  service.number = kOnly;
  service.name = "the service";
  return service;
}

Result<std::shared_ptr<ShardState>> OpenFiles(const fs::path& path, const SharedMemory::Parts& memory,
                                              rocksdb::Status& status) {
  auto state = std::make_shared<ShardState>();
  state->path = path;
  state->sweeper = MakeDedupSweeper(state->horizon);
  state->write_buffers = memory.write_buffers;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t f = 0; f < kFamilies; ++f) {
    descriptors.emplace_back(kFamilyNames[f], MakeFamilyOptions(static_cast<Family>(f), memory, *state->sweeper));
  }
  TakeIdsInFiles(descriptors[kDedup].options);
  rocksdb::DB* db = nullptr;
  status = rocksdb::DB::Open(MakeDatabaseOptions(memory, true), path.string(), descriptors, &state->families, &db);
  if (!status.ok()) return tl::unexpected(ToError(status, "cannot open " + path.string()));
  state->db.reset(db);
  return state;
}

Result<void> PutIdentity(const ShardState& state, std::string_view identity) {
  const rocksdb::Status put = state.db->Put({}, state.family(kMeta), AsSlice(kIdentityKey), AsSlice(identity));
  if (!put.ok()) return tl::unexpected(ToError(put, "cannot write " + state.path.string()));
  return {};
}

// Row by row: deleting a range goes wrong where memtables remember places (RocksDB 7.8).
Result<void> EraseAll(ShardState& state, Family family) {
  const std::unique_ptr<rocksdb::Iterator> it(state.db->NewIterator({}, state.family(family)));
  rocksdb::WriteBatch writes;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    writes.Delete(state.family(family), it->key());
    if (writes.Count() < kErasedAtOnce) continue;
    MAINSTAY_TRY(state.Write(writes));
    writes.Clear();
  }
  MAINSTAY_TRY(state.Readable(it->status()));
  return state.Write(writes);
}

// Whether what was opened is the copy it should be; an empty one becomes it.
Result<bool> HasIdentity(const ShardState& state, std::string_view identity) {
  std::string found;
  const rocksdb::Status got = state.db->Get({}, state.family(kMeta), AsSlice(kIdentityKey), &found);
  if (!got.IsNotFound()) MAINSTAY_TRY(state.Readable(got));
  if (got.IsNotFound() || found == identity) {  // New, or of 2026-11, which had ids in the dedup family only.
    MAINSTAY_TRY(PutIdentity(state, WithFormat(identity)));
    return true;
  }
  return found == WithFormat(identity);
}

Result<void> Empty(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  fs::create_directories(path, error);
  if (!error) return {};
  return Fail(ErrorCode::kUnavailable, "cannot empty " + path.string() + ": " + error.message());
}

// So that the next start has no writes to do again.
void FlushMemtables(const ShardState& state) {
  rocksdb::FlushOptions options;
  options.allow_write_stall = true;  // Nobody writes any more.
  static_cast<void>(state.db->Flush(options, state.families));
}

bool IsLocked(const rocksdb::Status& status) {
  return status.IsIOError() && status.ToString().find("lock") != std::string::npos;
}

}  // namespace

LocalStore::LocalStore(std::shared_ptr<ShardState> state, std::string_view identity, const SharedMemory& memory)
    : state_(std::move(state)),
      identity_(identity),
      budget_(memory.parts().budget),
      stores_(memory.parts().local_stores),
      pending_(std::make_unique<PendingRows>()),
      ids_(std::make_unique<RecentIds>(*state_, kOnly, memory.parts())) {
  ++*stores_;
}

// What cannot be written now the log brings back.
LocalStore::~LocalStore() {
  if (!TestLevers().killed_at_end && WritePending()) FlushMemtables(*state_);
  --*stores_;
}

Result<void> LocalStore::Load() {
  MAINSTAY_TRY_ASSIGN(stored, ReadMeta(*state_, nullptr, OnlyService()));
  MAINSTAY_TRY_ASSIGN(taken, TakenFile::Open(state_->path.string() + ".taken"));
  state_->taken = std::move(taken);
  marks_ = state_->taken->MarksOf(kOnly);
  if (stored) {
    pending_->SetWritten(ToMeta(*stored));
    state_->horizon.Set(kOnly, stored->meta.stream_time_ms);
  }
  return ids_->Load();
}

Result<std::unique_ptr<LocalStore>> LocalStore::Open(const fs::path& path, std::string_view identity,
                                                     const SharedMemory& memory) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return Fail(ErrorCode::kUnavailable, "cannot create " + path.string() + ": " + error.message());
  for (bool emptied = false;; emptied = true) {
    auto store = OpenOnce(path, identity, memory);
    if (store) (*store)->was_emptied_ = emptied;
    if (store || emptied || store.error().code != ErrorCode::kDataLoss) return store;
    MAINSTAY_TRY(Empty(path));  // A copy is made anew, from the log.
  }
}

Result<std::unique_ptr<LocalStore>> LocalStore::OpenOnce(const fs::path& path, std::string_view identity,
                                                         const SharedMemory& memory) {
  rocksdb::Status status;
  auto state = OpenFiles(path, memory.parts(), status);
  if (!state && IsLocked(status)) {
    return Fail(ErrorCode::kFailedPrecondition, path.string() + " is used by another process");
  }
  if (!state) return tl::unexpected(std::move(state.error()));
  MAINSTAY_TRY_ASSIGN(ours, HasIdentity(**state, identity));
  if (!ours) return Fail(ErrorCode::kDataLoss, path.string() + " is a copy of something else");
  std::unique_ptr<LocalStore> store(new LocalStore(std::move(*state), identity, memory));
  MAINSTAY_TRY(store->Load());
  return store;
}

Result<std::optional<std::string>> LocalStore::Get(stream::TableId table, std::string_view key) {
  {
    const std::lock_guard lock(state_->write_mutex);
    MAINSTAY_TRY(state_->Health());  // After a failed write, a snapshot's for one, the files lack what was pending.
    if (const std::optional<std::string>* const row = pending_->Find(table, key)) return *row;
  }
  return GetValue(*state_, nullptr, kOnly, table, key);
}

Result<void> LocalStore::Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                              const stream::Snapshot::Visit& visit) {
  if (table != stream::kTimerTable || !prefix.empty() || (!from.empty() && (!timer_floor_ || from > *timer_floor_))) {
    MAINSTAY_TRY(WritePendingOf(table));
    return ScanTable(*state_, nullptr, kOnly, table, prefix, from, visit);
  }
  // As EmbeddedShardLog: fired timers are walked over once.
  std::optional<std::string> first;
  MAINSTAY_TRY(ScanTable(*state_, nullptr, kOnly, table, {}, timer_floor_ ? *timer_floor_ : std::string(),
                         [&](std::string_view key, std::string_view value) {
                           if (!first) first = key;
                           return visit(key, value);
                         }));
  timer_floor_ = first ? std::move(*first) : std::string(64, '\xff');
  return {};
}

Result<std::optional<std::int64_t>> LocalStore::SeenAt(const Hash128& id) { return ids_->SeenAt(id); }

void LocalStore::StagePending(rocksdb::WriteBatch& writes) const {
  StageChanges(*state_, kOnly, pending_->Take(), writes);
  StageMeta(writes);
}

void LocalStore::StageMeta(rocksdb::WriteBatch& writes) const {
  writes.Put(state_->family(kMeta), MetaKeyOf(kOnly), EncodeMeta(ToStored(pending_->meta())));
}

Result<void> LocalStore::WritePending() const {
  const std::lock_guard lock(state_->write_mutex);
  return WriteAll();
}

Result<void> LocalStore::WriteAll() const {
  MAINSTAY_TRY(state_->Health());
  if (!pending_->is_behind()) return {};
  rocksdb::WriteBatch writes(pending_->bytes());
  StagePending(writes);
  return state_->Write(writes);
}

Result<void> LocalStore::WritePendingOf(stream::TableId table) {
  const std::lock_guard lock(state_->write_mutex);
  MAINSTAY_TRY(state_->Health());
  const std::vector<stream::TableChange> rows = pending_->Take(table);
  if (rows.empty()) return {};
  rocksdb::WriteBatch writes;
  StageChanges(*state_, kOnly, rows, writes);
  return state_->Write(writes);
}

// Much to keep, or much to apply again after a kill.
bool LocalStore::HasMuchPending() const {
  const std::size_t stores = *stores_;
  return pending_->bytes() > budget_.pending_bytes / stores ||
         pending_->added_bytes() > std::max(kLeastReplayed, budget_.wal_bytes / stores);
}

Result<stream::Meta> LocalStore::LastMeta() {
  const std::lock_guard lock(state_->write_mutex);
  return pending_->meta();
}

// Until the end the files are nobody's: what a killed process leaves of them is emptied.
Result<void> LocalStore::Clear(const stream::Meta& meta) {
  const std::lock_guard lock(state_->write_mutex);
  MAINSTAY_TRY(PutIdentity(*state_, {}));
  static_cast<void>(pending_->Take());
  for (const Family family : {kState, kTimers, kDedup}) MAINSTAY_TRY(EraseAll(*state_, family));
  if (TestLevers().die_in_clear) return Fail(ErrorCode::kUnavailable, "stopped by a lever");
  rocksdb::WriteBatch writes;
  ids_->StageForget(writes);
  pending_->SetMeta(meta);
  StagePending(writes);
  MAINSTAY_TRY(state_->Write(writes));
  state_->horizon.Set(kOnly, meta.stream_time_ms);
  ids_->Forgotten();
  timer_floor_.reset();
  return PutIdentity(*state_, WithFormat(identity_));
}

Result<std::size_t> LocalStore::WriteOrKeep(const stream::CommitBatch& batch) {
  const std::lock_guard lock(state_->write_mutex);
  MAINSTAY_TRY(state_->Health());
  pending_->Add(batch);
  const bool much = HasMuchPending();
  rocksdb::WriteBatch writes(much ? pending_->bytes() : 0);
  ForEachTable(batch.changes, [&](std::span<const stream::TableChange> changes) {
    if (changes.front().table == stream::kTimerTable) StageChanges(*state_, kOnly, changes, writes);
  });
  LowerTimerFloor(timer_floor_, batch.changes);
  ids_->Stage(batch.seen, writes);
  if (much) StagePending(writes);
  if (TestLevers().meta_before_rows) StageMeta(writes);
  if (writes.Count() > 0) MAINSTAY_TRY(state_->Write(writes));
  state_->horizon.Set(kOnly, batch.meta.stream_time_ms);
  MAINSTAY_TRY(ids_->Written(batch.seen));
  return writes.GetDataSize();
}

Result<void> LocalStore::Apply(const stream::CommitBatch& batch) {
  MAINSTAY_TRY_ASSIGN(written, WriteOrKeep(batch));
  const rocksdb::WriteBufferManager& memtables = *state_->write_buffers;
  AwaitFlushes(
      MostMemtables(memtables.buffer_size(), written), [&] { return memtables.memory_usage(); },
      [] { std::this_thread::sleep_for(kFlushLook); });
  return {};
}

StoreSizes LocalStore::Sizes() const {
  const auto of = [this](const std::string& property) {
    std::uint64_t value = 0;
    return state_->db->GetAggregatedIntProperty(property, &value) ? value : 0;
  };
  const auto pending = [this] {
    const std::lock_guard lock(state_->write_mutex);
    return pending_->bytes();
  };
  return {pending(), of(rocksdb::DB::Properties::kCurSizeAllMemTables), of(rocksdb::DB::Properties::kTotalSstFilesSize),
          of(rocksdb::DB::Properties::kEstimatePendingCompactionBytes),
          of(rocksdb::DB::Properties::kIsWriteStopped) != 0};
}

Result<std::unique_ptr<stream::Snapshot>> LocalStore::TakeSnapshot() const {
  std::unique_ptr<LocalSnapshot> snapshot;
  {
    const std::lock_guard lock(state_->write_mutex);
    MAINSTAY_TRY(WriteAll());
    snapshot = std::make_unique<LocalSnapshot>(state_);
  }
  MAINSTAY_TRY(snapshot->LoadMeta(OnlyService()));
  return std::unique_ptr<stream::Snapshot>(std::move(snapshot));
}

}  // namespace mainstay::stream_rocksdb
