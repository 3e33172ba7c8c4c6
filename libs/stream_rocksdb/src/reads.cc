#include <algorithm>
#include <utility>

#include "mainstay/base/check.h"
#include "shard_state.h"

namespace mainstay::stream_rocksdb {
namespace {

// Keeps the shard's database open for as long as it lives.
class EmbeddedSnapshot final : public stream::Snapshot {
 public:
  EmbeddedSnapshot(std::shared_ptr<const ShardState> shard, ServiceId service)
      : shard_(std::move(shard)), service_(service), snapshot_(shard_->db->GetSnapshot()) {}
  ~EmbeddedSnapshot() override { shard_->db->ReleaseSnapshot(snapshot_); }
  EmbeddedSnapshot(const EmbeddedSnapshot&) = delete;
  EmbeddedSnapshot& operator=(const EmbeddedSnapshot&) = delete;

  Result<void> LoadMeta(const ServiceState& service, const std::vector<TopicState*>& inputs) {
    MAINSTAY_TRY_ASSIGN(stored, ReadMeta(*shard_, snapshot_, service));
    meta_ = WithPositions(stored ? *stored : StoredMeta{}, inputs);
    return {};
  }
  Result<std::optional<std::string>> Get(stream::TableId table, std::string_view key) const override {
    return GetValue(*shard_, snapshot_, service_, table, key);
  }
  Result<void> Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                    const Visit& visit) const override {
    return ScanTable(*shard_, snapshot_, service_, table, prefix, from, visit);
  }
  const stream::Meta& meta() const override { return meta_; }

 private:
  const std::shared_ptr<const ShardState> shard_;
  const ServiceId service_;
  const rocksdb::Snapshot* const snapshot_;
  stream::Meta meta_;
};

}  // namespace

Result<std::optional<std::string>> GetValue(const ShardState& shard, const rocksdb::Snapshot* snapshot,
                                            ServiceId service, stream::TableId table, std::string_view key) {
  const TablePrefix prefix(service, table);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status got = shard.db->Get(options, shard.family(prefix.family()), prefix.Key(key), &value);
  if (got.IsNotFound()) return std::optional<std::string>{};
  MAINSTAY_TRY(shard.Readable(got));
  return std::optional(std::move(value));
}

Result<std::optional<std::int64_t>> GetSeen(const ShardState& shard, ServiceId service, const Hash128& id) {
  const auto key = SeenKey(service, id);
  rocksdb::PinnableSlice value;
  const rocksdb::Status got = shard.db->Get({}, shard.family(kDedup), AsSlice(key), &value);
  if (got.IsNotFound()) return std::optional<std::int64_t>{};
  MAINSTAY_TRY(shard.Readable(got));
  return ParseNumber(AsView(value));
}

Result<void> ScanTable(const ShardState& shard, const rocksdb::Snapshot* snapshot, ServiceId service,
                       stream::TableId table, std::string_view prefix, std::string_view from,
                       const stream::Snapshot::Visit& visit) {
  const TablePrefix table_prefix(service, table);
  const std::string whole = table_prefix.Key(prefix);
  const std::string lower = from > prefix ? table_prefix.Key(from) : whole;
  const std::string upper = AfterPrefix(whole);
  if (lower >= upper) return {};
  const rocksdb::Slice lower_slice(lower);
  const rocksdb::Slice upper_slice(upper);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.iterate_lower_bound = &lower_slice;
  options.iterate_upper_bound = &upper_slice;
  const std::unique_ptr<rocksdb::Iterator> it(shard.db->NewIterator(options, shard.family(table_prefix.family())));
  const std::size_t skipped = table_prefix.bytes().size();
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (!visit(AsView(it->key()).substr(skipped), AsView(it->value()))) break;
  }
  return shard.Readable(it->status());
}

Result<std::optional<StoredMeta>> ReadMeta(const ShardState& shard, const rocksdb::Snapshot* snapshot,
                                           const ServiceState& service) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string bytes;
  const rocksdb::Status got = shard.db->Get(options, shard.family(kMeta), MetaKeyOf(service.number), &bytes);
  if (got.IsNotFound()) return std::optional<StoredMeta>{};
  MAINSTAY_TRY(shard.Readable(got));
  std::optional<StoredMeta> stored = DecodeMeta(bytes);
  if (!stored) {
    return Fail(ErrorCode::kDataLoss, "META of " + service.name + " in " + shard.path.string() +
                                          " is damaged; restore the data directory from a backup");
  }
  return stored;
}

stream::Meta WithPositions(const StoredMeta& stored, const std::vector<TopicState*>& inputs) {
  stream::Meta meta = stored.meta;
  for (const TopicState* topic : inputs) {
    const auto position = stored.positions.find(topic->number);
    meta.positions.push_back(position == stored.positions.end() ? topic->begin : position->second);
  }
  return meta;
}

Result<void> ReadLog(const ShardState& shard, const TopicState& topic, std::int64_t offset, std::int64_t end,
                     std::size_t max, std::vector<stream::Record>& out) {
  if (offset >= end || max == 0) return {};
  const auto lower = LogKey(topic.number, offset);
  const auto upper = LogKey(topic.number, end);
  const rocksdb::Slice upper_slice = AsSlice(upper);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper_slice;
  options.fill_cache = false;  // Read once, in order: the cache is for state.
  const std::unique_ptr<rocksdb::Iterator> it(shard.db->NewIterator(options, shard.family(kLog)));
  std::int64_t expected = offset;
  std::size_t taken = 0;
  for (it->Seek(AsSlice(lower)); it->Valid() && taken < max; it->Next(), ++taken, ++expected) {
    stream::Record& record = out.emplace_back();
    record.offset = OffsetOf(AsView(it->key()));
    if (record.offset != expected || !DecodeRecord(AsView(it->value()), record)) {
      return Fail(ErrorCode::kDataLoss, topic.name + " in " + shard.path.string() + " is damaged at offset " +
                                            std::to_string(expected) + "; restore the data directory from a backup");
    }
  }
  return shard.Readable(it->status());
}

Result<std::unique_ptr<stream::Snapshot>> MakeSnapshot(std::shared_ptr<const ShardState> shard, std::string_view name) {
  const ServiceState* service = shard->FindService(name);
  std::vector<TopicState*> inputs;
  if (service != nullptr) {
    const std::shared_lock lock(shard->names_mutex);
    inputs = service->inputs;
  }
  if (inputs.empty()) {
    return Fail(ErrorCode::kUnavailable, "the " + std::string(name) + " service has not started on this shard yet");
  }
  auto snapshot = std::make_unique<EmbeddedSnapshot>(std::move(shard), service->number);
  MAINSTAY_TRY(snapshot->LoadMeta(*service, inputs));
  return std::unique_ptr<stream::Snapshot>(std::move(snapshot));
}

}  // namespace mainstay::stream_rocksdb
