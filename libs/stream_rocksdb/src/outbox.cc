// What one shard sends to another: see EmbeddedShard::ReadOutbox.
#include "outbox.h"

#include <algorithm>
#include <utility>

#include "mainstay/stream/key_builder.h"

namespace mainstay::stream_rocksdb {
namespace {

tl::unexpected<Error> DamagedOutbox(const ShardState& shard) {
  return Fail(ErrorCode::kDataLoss,
              "the outbox of " + shard.path.string() + " is damaged; restore the data directory from a backup");
}

std::map<TopicNumber, std::string> TopicNames(const ShardState& shard) {
  const std::shared_lock lock(shard.names_mutex);
  std::map<TopicNumber, std::string> names;
  for (const auto& [name, topic] : shard.topics) names[topic->number] = name;
  return names;
}

}  // namespace

void OutboxStage::Append(rocksdb::WriteBatch& batch, const TopicState& topic, const stream::OutRecord& out) {
  const auto [entry, added] = written_.try_emplace(out.partition, 0);
  if (added) {
    const auto known = shard_.outbox.find(out.partition);
    entry->second = known == shard_.outbox.end() ? 0 : known->second.written;
  }
  const auto key = OutboxKey(out.partition, ++entry->second);
  const auto topic_bytes = TopicBytes(topic.number);
  const auto head = RecordHead(out.ingest_ms, out.key.size());
  const rocksdb::Slice key_part = AsSlice(key);
  const std::array<rocksdb::Slice, 4> value_parts = {AsSlice(topic_bytes), AsSlice(head), out.key, out.value};
  batch.Put(shard_.family(kOutbox), {&key_part, 1}, {value_parts.data(), static_cast<int>(value_parts.size())});
}

void OutboxStage::Finish(rocksdb::WriteBatch& batch) const {
  for (const auto& [destination, written] : written_) {
    batch.Put(shard_.family(kMeta), ShardKey(kOutboxPrefix, destination),
              NumberBytes(static_cast<std::int64_t>(written)));
  }
}

void OutboxStage::Publish() {
  for (const auto& [destination, written] : written_) shard_.outbox[destination].written = written;
}

Result<std::vector<Outbound>> EmbeddedShard::ReadOutbox(std::size_t max) const {
  std::vector<std::pair<std::int32_t, OutboxState>> waiting;
  std::unique_ptr<rocksdb::Iterator> it;
  {
    // Under one lock: an acknowledgement in between would delete what `waiting` says is there.
    const std::lock_guard lock(state_->write_mutex);
    for (const auto& [destination, state] : state_->outbox) {
      if (state.acknowledged < state.durable) waiting.emplace_back(destination, state);
    }
    if (!waiting.empty()) it.reset(state_->db->NewIterator({}, state_->family(kOutbox)));
  }
  std::vector<Outbound> records;
  if (waiting.empty()) return records;
  const std::map<TopicNumber, std::string> names = TopicNames(*state_);
  for (const auto& [destination, state] : waiting) {
    const std::uint64_t last = state.acknowledged + std::min<std::uint64_t>(max, state.durable - state.acknowledged);
    const auto first_key = OutboxKey(destination, state.acknowledged + 1);
    it->Seek(AsSlice(first_key));
    for (std::uint64_t sequence = state.acknowledged + 1; sequence <= last; ++sequence, it->Next()) {
      if (!it->Valid()) {
        MAINSTAY_TRY(state_->Readable(it->status()));
        return DamagedOutbox(*state_);
      }
      const std::string_view value = AsView(it->value());
      const auto key = OutboxKey(destination, sequence);
      const auto name = value.size() < 2 ? names.end() : names.find(stream::ReadUint16(value));
      Outbound& out = records.emplace_back();
      if (it->key() != AsSlice(key) || name == names.end() || !DecodeRecord(value.substr(2), out.record)) {
        return DamagedOutbox(*state_);
      }
      out.destination = destination;
      out.sequence = sequence;
      out.topic = name->second;
    }
  }
  return records;
}

Result<void> EmbeddedShard::Deliver(std::int32_t source, std::span<const Outbound> records) {
  rocksdb::WriteBatch batch;
  const std::lock_guard lock(state_->write_mutex);
  LogStage stage(*state_);
  const auto known = state_->inbox.find(source);
  std::uint64_t last = known == state_->inbox.end() ? 0 : known->second;
  for (const Outbound& out : records) {
    if (out.destination != state_->partition) {
      return Fail(ErrorCode::kInternal,
                  "a record for shard " + std::to_string(out.destination) + " came to " + state_->path.string());
    }
    if (out.sequence <= last) continue;  // Delivered before a crash took the acknowledgement.
    if (out.sequence != last + 1) {
      return Fail(ErrorCode::kInternal, "records " + std::to_string(last + 1) + " to " +
                                            std::to_string(out.sequence - 1) + " from shard " + std::to_string(source) +
                                            " never arrived at " + state_->path.string() +
                                            "; restore the data directory from a backup");
    }
    last = out.sequence;
    MAINSTAY_TRY_ASSIGN(topic, state_->EnsureTopic(out.topic));
    stage.Append(batch, *topic, out.record.ingest_ms, out.record.key, out.record.value);
  }
  if (batch.Count() == 0) return state_->Health();
  batch.Put(state_->family(kMeta), ShardKey(kInboxPrefix, source), NumberBytes(static_cast<std::int64_t>(last)));
  MAINSTAY_TRY(state_->Write(batch));
  stage.Publish();
  state_->inbox[source] = last;
  return {};
}

Result<void> EmbeddedShard::AcknowledgeOutbox(std::int32_t destination, std::uint64_t up_to) {
  const std::lock_guard lock(state_->write_mutex);
  const auto found = state_->outbox.find(destination);
  if (found == state_->outbox.end() || up_to > found->second.durable) {
    return Fail(ErrorCode::kInternal, "shard " + std::to_string(destination) + " acknowledged record " +
                                          std::to_string(up_to) + " of " + state_->path.string() +
                                          ", which was never sent");
  }
  OutboxState& state = found->second;
  if (up_to <= state.acknowledged) return {};
  rocksdb::WriteBatch batch;
  for (std::uint64_t sequence = state.acknowledged + 1; sequence <= up_to; ++sequence) {
    const auto key = OutboxKey(destination, sequence);
    batch.Delete(state_->family(kOutbox), AsSlice(key));
  }
  MAINSTAY_TRY(state_->Write(batch));
  state.acknowledged = up_to;
  return {};
}

}  // namespace mainstay::stream_rocksdb
