#include <algorithm>

#include "mainstay/base/check.h"
#include "mainstay/stream/key_builder.h"
#include "shard_state.h"

namespace mainstay::stream_rocksdb {
namespace {

class EmbeddedSnapshot final : public stream::Snapshot {
 public:
  EmbeddedSnapshot(const EmbeddedShard::State& state, std::uint8_t service)
      : state_(state), service_(service), snapshot_(state.db->GetSnapshot()) {}
  ~EmbeddedSnapshot() override { state_.db->ReleaseSnapshot(snapshot_); }

  Result<void> LoadMeta(std::string_view name) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    std::string bytes;
    const rocksdb::Status got = state_.db->Get(options, state_.family(kMeta), MetaKey(name), &bytes);
    if (got.IsNotFound()) return {};
    if (!got.ok()) return tl::unexpected(ToError(got, "reading " + state_.path.string()));
    MAINSTAY_TRY_ASSIGN(meta, DecodeMeta(bytes));
    meta_ = std::move(meta);
    return {};
  }

  Result<std::optional<std::string>> Get(stream::TableId table, std::string_view key) const override {
    return GetFromTable(state_, snapshot_, service_, table, key);
  }
  Result<void> Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                    const Visit& visit) const override {
    return ScanTable(state_, snapshot_, service_, table, prefix, from, visit);
  }
  const stream::Meta& meta() const override { return meta_; }

 private:
  const EmbeddedShard::State& state_;
  const std::uint8_t service_;
  const rocksdb::Snapshot* snapshot_;
  stream::Meta meta_;
};

}  // namespace

Result<std::optional<std::string>> GetFromTable(const EmbeddedShard::State& state, const rocksdb::Snapshot* snapshot,
                                                std::uint8_t service, stream::TableId table, std::string_view key) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status got = state.db->Get(options, state.family(FamilyOf(table)), StateKey(service, table, key), &value);
  if (got.IsNotFound()) return std::optional<std::string>{};
  if (!got.ok()) return tl::unexpected(ToError(got, "reading " + state.path.string()));
  return std::optional(std::move(value));
}

Result<void> ScanTable(const EmbeddedShard::State& state, const rocksdb::Snapshot* snapshot, std::uint8_t service,
                       stream::TableId table, std::string_view prefix, std::string_view from,
                       const stream::Snapshot::Visit& visit) {
  const std::string start = StateKey(service, table, from > prefix ? from : prefix);
  const std::string whole = StateKey(service, table, prefix);
  std::string upper = StateKey(service, table, prefix);
  while (!upper.empty() && upper.back() == '\xff') upper.pop_back();
  MAINSTAY_CHECK(!upper.empty(), "a service id below 255 ends every range");
  upper.back() = static_cast<char>(static_cast<unsigned char>(upper.back()) + 1);
  const rocksdb::Slice upper_slice = AsSlice(upper);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.iterate_upper_bound = &upper_slice;
  const std::unique_ptr<rocksdb::Iterator> it(state.db->NewIterator(options, state.family(FamilyOf(table))));
  for (it->Seek(start); it->Valid(); it->Next()) {
    const std::string_view key = AsView(it->key());
    if (!key.starts_with(whole) || !visit(key.substr(3), AsView(it->value()))) break;
  }
  if (!it->status().ok()) return tl::unexpected(ToError(it->status(), "reading " + state.path.string()));
  return {};
}

Result<std::unique_ptr<stream::Snapshot>> EmbeddedShard::TakeSnapshot(std::string_view service) const {
  std::uint8_t id = 0;
  {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->services.find(service);
    if (found == state_->services.end()) {
      return Fail(ErrorCode::kUnavailable, "the " + std::string(service) + " service has not started on this shard");
    }
    id = found->second;
  }
  auto snapshot = std::make_unique<EmbeddedSnapshot>(*state_, id);
  MAINSTAY_TRY(snapshot->LoadMeta(service));
  return std::unique_ptr<stream::Snapshot>(std::move(snapshot));
}

EmbeddedShardLog::EmbeddedShardLog(EmbeddedShard& shard, const stream::Topology& topology)
    : shard_(shard), topology_(topology) {}
EmbeddedShardLog::~EmbeddedShardLog() = default;

Result<stream::Meta> EmbeddedShardLog::Acquire(stream::Store&) {
  EmbeddedShard::State& state = shard_.state();
  MAINSTAY_TRY(state.Service(topology_.service));
  for (const auto* names : {&topology_.inputs, &topology_.outputs}) {
    for (const std::string& name : *names) MAINSTAY_TRY(state.Topic(name));
  }
  MAINSTAY_TRY(state.Topic(topology_.dead_letter));
  timer_floor_.clear();
  std::string bytes;
  const rocksdb::Status got = state.db->Get({}, state.family(kMeta), MetaKey(topology_.service), &bytes);
  stream::Meta meta;
  if (got.ok()) {
    MAINSTAY_TRY_ASSIGN(stored, DecodeMeta(bytes));
    meta = std::move(stored);
  } else if (!got.IsNotFound()) {
    return tl::unexpected(ToError(got, "reading " + state.path.string()));
  }
  meta.positions.resize(topology_.inputs.size(), 0);
  return meta;
}

Result<void> EmbeddedShardLog::Read(stream::TopicId topic, std::int64_t offset, std::size_t max,
                                    std::vector<stream::Record>& out) {
  const EmbeddedShard::State& state = shard_.state();
  const TopicEnds& ends = state.topics.find(topology_.inputs[topic])->second;
  return state.ReadRecords(ends, offset, ends.next, max, out);
}

Result<std::int64_t> EmbeddedShardLog::End(stream::TopicId topic) {
  return shard_.state().topics.find(topology_.inputs[topic])->second.next;
}

stream::Outcome EmbeddedShardLog::Commit(const stream::CommitBatch& batch) {
  EmbeddedShard::State& state = shard_.state();
  const std::uint8_t service = state.services.find(topology_.service)->second;
  rocksdb::WriteBatch writes;
  // Copies, so that a failed write leaves the ends as they were.
  auto ends = state.topics;
  auto sequences = state.outbox_sequence;
  for (const stream::OutRecord& out : batch.outputs) {
    const std::string& name = out.dead_letter ? topology_.dead_letter : topology_.outputs[out.output];
    if (out.partition == state.partition) {
      state.AppendTo(writes, ends.find(name)->second, out.ingest_ms, out.key, out.value);
      continue;
    }
    const std::uint64_t sequence = ++sequences[out.partition];
    writes.Put(state.family(kOutbox), OutboxKey(out.partition, sequence),
               name + '\0' + EncodeRecord(out.ingest_ms, out.key, out.value));
  }
  for (const auto& [destination, sequence] : sequences) {
    if (sequence == state.outbox_sequence[destination]) continue;
    std::string number;
    stream::AppendOrderedInt64(number, static_cast<std::int64_t>(sequence));
    writes.Put(state.family(kMeta), "outbox/" + std::to_string(destination), number);
  }
  for (const stream::TableChange& change : batch.changes) {
    const std::string key = StateKey(service, change.table, change.key);
    if (change.value) {
      writes.Put(state.family(FamilyOf(change.table)), key, *change.value);
      if (change.table == stream::kTimerTable && change.key < timer_floor_) timer_floor_ = change.key;
    } else {
      writes.Delete(state.family(FamilyOf(change.table)), key);
    }
  }
  writes.Put(state.family(kMeta), MetaKey(topology_.service), EncodeMeta(batch.meta));
  if (const Result<void> written = state.Write(writes); !written) {
    last_error_ = written.error().message;
    return stream::Outcome::kUnknown;
  }
  for (const auto& [name, topic] : ends) state.topics.find(name)->second.next = topic.next;
  state.outbox_sequence = std::move(sequences);
  return stream::Outcome::kCommitted;
}

Result<std::optional<std::string>> EmbeddedShardLog::Get(stream::TableId table, std::string_view key) {
  const EmbeddedShard::State& state = shard_.state();
  return GetFromTable(state, nullptr, state.services.find(topology_.service)->second, table, key);
}

Result<void> EmbeddedShardLog::Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                                    const stream::Snapshot::Visit& visit) {
  const EmbeddedShard::State& state = shard_.state();
  const std::uint8_t service = state.services.find(topology_.service)->second;
  const bool timers = table == stream::kTimerTable && prefix.empty() && from.empty();
  if (!timers) return ScanTable(state, nullptr, service, table, prefix, from, visit);
  bool first = true;
  return ScanTable(state, nullptr, service, table, {}, timer_floor_, [&](std::string_view key, std::string_view value) {
    if (std::exchange(first, false)) timer_floor_ = key;
    return visit(key, value);
  });
}

Result<std::unique_ptr<stream::Snapshot>> EmbeddedShardLog::TakeSnapshot() const {
  return shard_.TakeSnapshot(topology_.service);
}

}  // namespace mainstay::stream_rocksdb
