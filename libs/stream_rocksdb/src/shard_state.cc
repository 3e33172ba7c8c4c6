#include "shard_state.h"

#include <algorithm>

#include "levers.h"
#include "mainstay/base/check.h"

namespace mainstay::stream_rocksdb {

Levers& TestLevers() {
  static Levers levers;
  return levers;
}

ShardState::~ShardState() {
  if (!db) return;
  for (rocksdb::ColumnFamilyHandle* handle : families) db->DestroyColumnFamilyHandle(handle);
  db->Close();
}

TopicState* ShardState::FindTopic(std::string_view name) const {
  const std::shared_lock lock(names_mutex);
  const auto found = topics.find(name);
  return found == topics.end() ? nullptr : found->second.get();
}

ServiceState* ShardState::FindService(std::string_view name) const {
  const std::shared_lock lock(names_mutex);
  const auto found = services.find(name);
  return found == services.end() ? nullptr : found->second.get();
}

Result<TopicState*> ShardState::EnsureTopic(std::string_view name) {
  if (TopicState* known = FindTopic(name)) return known;
  auto topic = std::make_unique<TopicState>();
  topic->name = name;
  for (const auto& [other, state] : topics) topic->number = std::max(topic->number, state->number);
  MAINSTAY_CHECK(topic->number < UINT16_MAX, "a handful of topics");
  ++topic->number;
  rocksdb::WriteBatch batch;
  batch.Put(family(kMeta), std::string(kTopicPrefix) + topic->name, NumberBytes(topic->number));
  MAINSTAY_TRY(Write(batch));
  const std::unique_lock lock(names_mutex);
  return topics.emplace(topic->name, std::move(topic)).first->second.get();
}

Result<ServiceState*> ShardState::EnsureService(std::string_view name) {
  if (ServiceState* known = FindService(name)) return known;
  auto service = std::make_unique<ServiceState>();
  service->name = name;
  for (const auto& [other, state] : services) service->number = std::max(service->number, state->number);
  MAINSTAY_CHECK(service->number < 254, "a handful of services");
  ++service->number;
  rocksdb::WriteBatch batch;
  batch.Put(family(kMeta), std::string(kServicePrefix) + service->name, NumberBytes(service->number));
  MAINSTAY_TRY(Write(batch));
  const std::unique_lock lock(names_mutex);
  return services.emplace(service->name, std::move(service)).first->second.get();
}

Result<void> ShardState::Readable(const rocksdb::Status& status) const {
  if (status.ok()) return {};
  return tl::unexpected(ToError(status, "cannot read " + path.string()));
}

Result<void> ShardState::Health() const {
  const std::lock_guard lock(failure_mutex);
  if (failure) return tl::unexpected(*failure);
  return {};
}

Error ShardState::Stop(Error error) {
  const std::lock_guard lock(failure_mutex);
  if (!failure) failure = std::move(error);
  return *failure;
}

Result<void> ShardState::Write(rocksdb::WriteBatch& batch) {
  MAINSTAY_TRY(Health());
  const rocksdb::Status written = TestLevers().disk_full ? rocksdb::Status::NoSpace() : db->Write({}, &batch);
  // Whether the bytes are in the log is unknown now, so nothing may follow them until recovery has looked.
  if (!written.ok()) return tl::unexpected(Stop(ToError(written, "cannot write " + path.string())));
  return {};
}

Result<void> ShardState::Sync() {
  const std::lock_guard sync_lock(sync_mutex);
  std::vector<std::pair<TopicState*, std::int64_t>> ends;
  std::vector<std::pair<std::int32_t, std::uint64_t>> sent;
  std::vector<std::pair<ServiceId, std::int64_t>> times;
  std::uint64_t sequence = 0;
  {
    const std::lock_guard lock(write_mutex);
    MAINSTAY_TRY(Health());
    sequence = db->GetLatestSequenceNumber();
    if (sequence == synced.load()) return {};
    for (const auto& [name, topic] : topics) ends.emplace_back(topic.get(), topic->next.load());
    for (const auto& [destination, state] : outbox) sent.emplace_back(destination, state.written);
    for (const auto& [name, service] : services) times.emplace_back(service->number, service->stream_time_ms);
  }
  const rocksdb::Status status = TestLevers().mark_without_sync ? rocksdb::Status::OK() : db->SyncWAL();
  // A failed sync may have dropped the dirty pages: trying again would report success for lost bytes.
  if (!status.ok()) return tl::unexpected(Stop(ToError(status, "cannot sync " + path.string())));
  if (const Result<void> marked = mark->Advance(sequence); !marked) return tl::unexpected(Stop(marked.error()));

  for (const auto& [topic, end] : ends) topic->durable.store(end);
  for (const auto& [service, time] : times) horizon.Set(service, time);
  const std::lock_guard lock(write_mutex);
  for (const auto& [destination, written] : sent) outbox[destination].durable = written;
  synced.store(sequence);
  return {};
}

std::int64_t LogStage::Append(rocksdb::WriteBatch& batch, TopicState& topic, std::int64_t ingest_ms,
                              std::string_view key, std::string_view value) {
  auto ends = std::find_if(ends_.begin(), ends_.end(), [&](const Ends& e) { return e.topic == &topic; });
  if (ends == ends_.end()) ends = ends_.insert(ends_.end(), {&topic, topic.next.load(), topic.last_ingest_ms});
  ends->last_ingest_ms = std::max(ends->last_ingest_ms, ingest_ms);
  const std::int64_t offset = ends->next++;
  const auto log_key = LogKey(topic.number, offset);
  const auto head = RecordHead(ends->last_ingest_ms, key.size());
  const rocksdb::Slice key_part = AsSlice(log_key);
  const std::array<rocksdb::Slice, 3> value_parts = {AsSlice(head), AsSlice(key), AsSlice(value)};
  batch.Put(shard_.family(kLog), {&key_part, 1}, {value_parts.data(), static_cast<int>(value_parts.size())});
  return offset;
}

void LogStage::Publish() {
  for (const Ends& ends : ends_) {
    ends.topic->last_ingest_ms = ends.last_ingest_ms;
    ends.topic->next.store(ends.next);
  }
}

}  // namespace mainstay::stream_rocksdb
