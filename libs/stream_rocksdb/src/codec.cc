#include "mainstay/stream/key_builder.h"
#include "shard_state.h"

namespace mainstay::stream_rocksdb {

using stream::AppendOrderedInt64;
using stream::AppendUint16;
using stream::ReadOrderedInt64;

std::string LogKey(std::uint16_t topic, std::int64_t offset) {
  std::string key;
  AppendUint16(key, topic);
  AppendOrderedInt64(key, offset);
  return key;
}

std::string StateKey(std::uint8_t service, stream::TableId table, std::string_view key) {
  std::string state_key;
  state_key.reserve(3 + key.size());
  state_key.push_back(static_cast<char>(service));
  AppendUint16(state_key, table);
  state_key.append(key);
  return state_key;
}

std::string OutboxKey(std::int32_t destination, std::uint64_t sequence) {
  std::string key;
  AppendOrderedInt64(key, destination);
  AppendOrderedInt64(key, static_cast<std::int64_t>(sequence));
  return key;
}

std::string MetaKey(std::string_view service) { return "service/" + std::string(service); }

Family FamilyOf(stream::TableId table) {
  if (table == stream::kTimerTable) return kTimers;
  return table == stream::kDedupTable ? kDedup : kStateFamily;
}

std::string EncodeRecord(std::int64_t ingest_ms, std::string_view key, std::string_view value) {
  std::string bytes;
  bytes.reserve(16 + key.size() + value.size());
  AppendOrderedInt64(bytes, ingest_ms);
  AppendOrderedInt64(bytes, static_cast<std::int64_t>(key.size()));
  bytes.append(key).append(value);
  return bytes;
}

bool DecodeRecord(std::string_view bytes, stream::Record& record) {
  if (bytes.size() < 16) return false;
  record.ingest_ms = ReadOrderedInt64(bytes);
  const std::int64_t size = ReadOrderedInt64(bytes.substr(8));
  bytes.remove_prefix(16);
  if (size < 0 || static_cast<std::uint64_t>(size) > bytes.size()) return false;
  record.key = bytes.substr(0, static_cast<std::size_t>(size));
  record.value = bytes.substr(static_cast<std::size_t>(size));
  return true;
}

std::string EncodeMeta(const stream::Meta& meta) {
  std::string bytes;
  AppendOrderedInt64(bytes, static_cast<std::int64_t>(meta.transaction));
  AppendOrderedInt64(bytes, meta.stream_time_ms);
  AppendOrderedInt64(bytes, meta.wall_ms);
  for (const std::int64_t position : meta.positions) AppendOrderedInt64(bytes, position);
  return bytes;
}

Result<stream::Meta> DecodeMeta(std::string_view bytes) {
  if (bytes.size() < 24 || bytes.size() % 8 != 0) return Fail(ErrorCode::kDataLoss, "a shard's META is damaged");
  stream::Meta meta;
  meta.transaction = static_cast<std::uint64_t>(ReadOrderedInt64(bytes));
  meta.stream_time_ms = ReadOrderedInt64(bytes.substr(8));
  meta.wall_ms = ReadOrderedInt64(bytes.substr(16));
  for (std::size_t i = 24; i < bytes.size(); i += 8) meta.positions.push_back(ReadOrderedInt64(bytes.substr(i)));
  return meta;
}

}  // namespace mainstay::stream_rocksdb
