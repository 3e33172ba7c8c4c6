#include <rocksdb/perf_level.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "levers.h"
#include "mainstay/base/check.h"
#include "outbox.h"
#include "shard_state.h"
#include "staged_changes.h"

namespace mainstay::stream_rocksdb {
namespace {

std::size_t BytesOf(const stream::CommitBatch& batch) {
  std::size_t bytes = StagedBytes(batch);
  for (const stream::OutRecord& out : batch.outputs) bytes += out.key.size() + out.value.size() + 40;
  return bytes;
}

void StageMeta(const ShardState& shard, const ServiceState& service, const std::vector<TopicState*>& inputs,
               const stream::Meta& meta, rocksdb::WriteBatch& writes) {
  MAINSTAY_CHECK(meta.positions.size() == inputs.size(), "a position for every input topic");
  StoredMeta stored{meta, {}};
  for (std::size_t i = 0; i < inputs.size(); ++i) stored.positions[inputs[i]->number] = meta.positions[i];
  writes.Put(shard.family(kMeta), MetaKeyOf(service.number), EncodeMeta(stored));
}

// Sorted, as StageChanges does.
void StageSeen(const ShardState& shard, const ServiceState& service, std::vector<stream::SeenId> seen,
               rocksdb::WriteBatch& writes) {
  std::stable_sort(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (const stream::SeenId& one : seen) {
    writes.Put(shard.family(kDedup), AsSlice(SeenKey(service.number, one.id)), NumberBytes(one.at_ms));
  }
}

// A first start is one without META; state without META is damage, never a first start.
Result<void> CheckThereIsNoState(const ShardState& shard, const ServiceState& service) {
  for (const Family family : {kState, kTimers, kDedup}) {
    const char own = static_cast<char>(service.number);
    const rocksdb::Slice first(&own, 1);
    const std::unique_ptr<rocksdb::Iterator> it(shard.db->NewIterator({}, shard.family(family)));
    it->Seek(first);
    if (!it->Valid()) MAINSTAY_TRY(shard.Readable(it->status()));
    if (it->Valid() && it->key().starts_with(first)) {
      return Fail(ErrorCode::kDataLoss, service.name + " has state but no META in " + shard.path.string() +
                                            "; restore the data directory from a backup");
    }
  }
  return {};
}

Result<void> CheckPositions(const ShardState& shard, const ServiceState& service,
                            const std::vector<TopicState*>& inputs, const stream::Meta& meta) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const TopicState& topic = *inputs[i];
    const std::int64_t position = meta.positions[i];
    if (position >= topic.begin && position <= topic.next.load()) continue;
    return Fail(ErrorCode::kDataLoss, service.name + " is at offset " + std::to_string(position) + " of " + topic.name +
                                          ", which has " + std::to_string(topic.begin) + " to " +
                                          std::to_string(topic.next.load()) + " in " + shard.path.string() +
                                          "; restore the data directory from a backup");
  }
  return {};
}

}  // namespace

struct EmbeddedShardLog::Topics {
  std::vector<TopicState*> inputs;
  std::vector<TopicState*> outputs;
  TopicState* dead_letter = nullptr;
};

EmbeddedShardLog::EmbeddedShardLog(EmbeddedShard& shard, const stream::Topology& topology)
    : shard_(shard), topology_(topology), seen_ends_(topology.inputs.size(), INT64_MAX) {}

Result<stream::Meta> EmbeddedShardLog::Acquire(stream::Store&) {
  ShardState& shard = shard_.state();
  auto topics = std::make_shared<Topics>();
  {
    const std::lock_guard lock(shard.write_mutex);
    MAINSTAY_TRY(shard.Health());
    MAINSTAY_TRY_ASSIGN(service, shard.EnsureService(topology_.service));
    for (const std::string& name : topology_.inputs) {
      MAINSTAY_TRY_ASSIGN(topic, shard.EnsureTopic(name));
      topics->inputs.push_back(topic);
    }
    for (const std::string& name : topology_.outputs) {
      MAINSTAY_TRY_ASSIGN(topic, shard.EnsureTopic(name));
      topics->outputs.push_back(topic);
    }
    MAINSTAY_TRY_ASSIGN(dead_letter, shard.EnsureTopic(topology_.dead_letter));
    topics->dead_letter = dead_letter;
    service_ = service;
    epoch_ = ++service->epoch;
    const std::unique_lock names_lock(shard.names_mutex);
    service->inputs = topics->inputs;
  }
  topics_ = std::move(topics);
  service_->timer_floor.reset();
  MAINSTAY_TRY_ASSIGN(stored, ReadMeta(shard, nullptr, *service_));
  if (!stored) MAINSTAY_TRY(CheckThereIsNoState(shard, *service_));
  stream::Meta meta = WithPositions(stored ? *stored : StoredMeta{}, topics_->inputs);
  MAINSTAY_TRY(CheckPositions(shard, *service_, topics_->inputs, meta));
  marks_ = shard.taken->MarksOf(service_->number);
  return meta;
}

Result<void> EmbeddedShardLog::Read(stream::TopicId topic, std::int64_t offset, std::size_t max,
                                    std::vector<stream::Record>& out) {
  MAINSTAY_TRY_ASSIGN(end, End(topic));
  return ReadLog(shard_.state(), *topics_->inputs.at(topic), offset, end, max, out);
}

Result<std::int64_t> EmbeddedShardLog::End(stream::TopicId topic) {
  return std::min(topics_->inputs.at(topic)->next.load(), seen_ends_[topic]);
}

void EmbeddedShardLog::SeeUpTo(const TopicEnds& ends) {
  for (std::size_t i = 0; i < topology_.inputs.size(); ++i) {
    const auto end = ends.find(topology_.inputs[i]);
    seen_ends_[i] = end == ends.end() ? INT64_MAX : end->second;
  }
}

stream::Outcome EmbeddedShardLog::Commit(const stream::CommitBatch& batch) {
  ShardState& shard = shard_.state();
  rocksdb::SetPerfLevel(rocksdb::kDisable);  // Of this thread: nobody reads the counters of each comparison.
  rocksdb::WriteBatch writes(BytesOf(batch));
  StageChanges(shard, service_->number, batch.changes, writes);
  StageSeen(shard, *service_, batch.seen, writes);
  const std::lock_guard lock(shard.write_mutex);
  if (epoch_ != service_->epoch) return stream::Outcome::kFenced;
  LogStage log(shard);
  OutboxStage outbox(shard);
  for (const stream::OutRecord& out : batch.outputs) {
    TopicState& topic = out.dead_letter ? *topics_->dead_letter : *topics_->outputs.at(out.output);
    if (out.partition == shard.partition) {
      log.Append(writes, topic, out.ingest_ms, out.key, out.value);
    } else {
      outbox.Append(writes, topic, out);
    }
  }
  outbox.Finish(writes);
  if (TestLevers().meta_in_second_write) {
    if (!shard.Write(writes)) return stream::Outcome::kUnknown;
    writes.Clear();
  }
  StageMeta(shard, *service_, topics_->inputs, batch.meta, writes);
  if (!shard.Write(writes)) return stream::Outcome::kUnknown;
  log.Publish();
  outbox.Publish();
  service_->stream_time_ms = batch.meta.stream_time_ms;
  LowerTimerFloor(service_->timer_floor, batch.changes);
  return stream::Outcome::kCommitted;
}

Result<std::optional<std::string>> EmbeddedShardLog::Get(stream::TableId table, std::string_view key) {
  return GetValue(shard_.state(), nullptr, service_->number, table, key);
}

Result<std::optional<std::int64_t>> EmbeddedShardLog::SeenAt(const Hash128& id) {
  return GetSeen(shard_.state(), service_->number, id);
}

Result<void> EmbeddedShardLog::Clear(const stream::Meta&) {
  return Fail(ErrorCode::kFailedPrecondition, "there is no other copy of " + shard_.state().path.string());
}

Result<void> EmbeddedShardLog::Scan(stream::TableId table, std::string_view prefix, std::string_view from,
                                    const stream::Snapshot::Visit& visit) {
  std::optional<std::string>& floor = service_->timer_floor;
  if (table != stream::kTimerTable || !prefix.empty() || (!from.empty() && (!floor || from > *floor))) {
    return ScanTable(shard_.state(), nullptr, service_->number, table, prefix, from, visit);
  }
  // The classic failure is to walk over the tombstones of fired timers, again and again.
  std::optional<std::string> first;
  MAINSTAY_TRY(ScanTable(shard_.state(), nullptr, service_->number, table, {}, floor ? *floor : std::string(),
                         [&](std::string_view key, std::string_view value) {
                           if (!first) first = key;
                           return visit(key, value);
                         }));
  // Without any timer every key is below this, so the next one set becomes the floor.
  floor = first ? std::move(*first) : std::string(64, '\xff');
  return {};
}

Result<stream::Meta> EmbeddedShardLog::LastMeta() {
  MAINSTAY_TRY_ASSIGN(snapshot, TakeSnapshot());
  return snapshot->meta();
}

Result<std::unique_ptr<stream::Snapshot>> EmbeddedShardLog::TakeSnapshot() const {
  return shard_.TakeSnapshot(topology_.service);
}

std::string EmbeddedShardLog::last_error() const {
  const Result<void> health = shard_.health();
  return health ? std::string() : health.error().message;
}

}  // namespace mainstay::stream_rocksdb
