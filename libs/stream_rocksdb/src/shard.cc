#include "mainstay/stream_rocksdb/shard.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "shard_state.h"

namespace mainstay::stream_rocksdb {
namespace {

constexpr std::size_t kSideBySide = 8;  // They wait for the disk more than they work.

// Calls `work` for 0..count-1, in no order, and returns when all are done.
template <class Work>
void ForEachSideBySide(std::size_t count, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> threads;
  for (std::size_t t = 1; t < std::min(count, kSideBySide); ++t) threads.emplace_back(take);
  take();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

EmbeddedShard::EmbeddedShard(std::shared_ptr<ShardState> state) : state_(std::move(state)) {}

Result<std::unique_ptr<EmbeddedShard>> EmbeddedShard::Open(const std::filesystem::path& path, std::int32_t partition,
                                                           const SharedMemory& memory, std::string_view installation) {
  MAINSTAY_TRY_ASSIGN(state, OpenShard(path, partition, memory.parts(), installation));
  return std::unique_ptr<EmbeddedShard>(new EmbeddedShard(std::move(state)));
}

Result<std::vector<std::unique_ptr<EmbeddedShard>>> EmbeddedShard::OpenAll(const EmbeddedDirectory& directory,
                                                                           const SharedMemory& memory) {
  const auto count = static_cast<std::size_t>(directory.partitions());
  std::vector<std::unique_ptr<EmbeddedShard>> shards(count);
  std::vector<std::optional<Error>> errors(count);
  ForEachSideBySide(count, [&](std::size_t i) {
    const auto partition = static_cast<std::int32_t>(i);
    auto opened = Open(directory.ShardPath(partition), partition, memory, directory.installation());
    if (opened) {
      shards[i] = std::move(*opened);
    } else {
      errors[i] = std::move(opened.error());
    }
  });
  for (std::optional<Error>& error : errors) {
    if (!error) continue;
    CloseAll(std::move(shards));
    return tl::unexpected(std::move(*error));
  }
  return shards;
}

void EmbeddedShard::CloseAll(std::vector<std::unique_ptr<EmbeddedShard>> shards) {
  ForEachSideBySide(shards.size(), [&](std::size_t i) { shards[i].reset(); });
}

EmbeddedShard::~EmbeddedShard() {
  // A failure here loses nothing that was promised: whoever waited for this sync was never answered.
  static_cast<void>(Sync());
}

std::int32_t EmbeddedShard::partition() const { return state_->partition; }

Result<std::vector<std::int64_t>> EmbeddedShard::AppendAll(std::span<const Append> appends) {
  std::vector<std::int64_t> offsets;
  offsets.reserve(appends.size());
  std::size_t bytes = 0;
  for (const Append& append : appends) bytes += append.key.size() + append.value.size() + 32;
  rocksdb::WriteBatch batch(bytes);
  const std::lock_guard lock(state_->write_mutex);
  LogStage stage(*state_);
  std::int64_t largest = state_->largest_ingest_ms;
  TopicState* topic = nullptr;
  for (const Append& append : appends) {
    if (topic == nullptr || topic->name != append.topic) {
      MAINSTAY_TRY_ASSIGN(found, state_->EnsureTopic(append.topic));
      topic = found;
    }
    largest = std::max(largest, append.ingest_ms);
    offsets.push_back(stage.Append(batch, *topic, largest, append.key, append.value));
  }
  if (appends.empty()) return offsets;
  if (largest != state_->largest_ingest_ms) batch.Put(state_->family(kMeta), AsSlice(kIngestKey), NumberBytes(largest));
  MAINSTAY_TRY(state_->Write(batch));
  stage.Publish();
  state_->largest_ingest_ms = largest;
  return offsets;
}

std::int64_t EmbeddedShard::largest_ingest_ms() const {
  const std::lock_guard lock(state_->write_mutex);
  return state_->largest_ingest_ms;
}

Result<std::vector<stream::Record>> EmbeddedShard::ReadTopic(std::string_view name, std::int64_t offset,
                                                             std::size_t max) const {
  const TopicState* topic = state_->FindTopic(name);
  const std::int64_t begin = topic == nullptr ? 0 : topic->begin;
  if (offset < begin) {
    return Fail(ErrorCode::kOutOfRange, std::string(name) + " begins at offset " + std::to_string(begin) + ", not " +
                                            std::to_string(offset) + "; start from `earliest`");
  }
  std::vector<stream::Record> records;
  if (topic != nullptr) MAINSTAY_TRY(ReadLog(*state_, *topic, offset, topic->durable.load(), max, records));
  return records;
}

TopicRange EmbeddedShard::DurableRange(std::string_view name) const {
  const TopicState* topic = state_->FindTopic(name);
  return topic == nullptr ? TopicRange{} : TopicRange{topic->begin, topic->durable.load()};
}

std::int64_t EmbeddedShard::WrittenEnd(std::string_view name) const {
  const TopicState* topic = state_->FindTopic(name);
  return topic == nullptr ? 0 : topic->next.load();
}

Result<void> EmbeddedShard::Sync() { return state_->Sync(); }
std::uint64_t EmbeddedShard::written_sequence() const { return state_->db->GetLatestSequenceNumber(); }
std::uint64_t EmbeddedShard::synced_sequence() const { return state_->synced.load(); }
Result<void> EmbeddedShard::health() const { return state_->Health(); }

Result<std::unique_ptr<stream::Snapshot>> EmbeddedShard::TakeSnapshot(std::string_view service) const {
  return MakeSnapshot(state_, service);
}

}  // namespace mainstay::stream_rocksdb
