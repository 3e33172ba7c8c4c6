#include "layout.h"

#include <algorithm>

#include "mainstay/base/check.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::stream_rocksdb {
namespace {

constexpr char kMetaFormat = 1;

template <std::size_t N>
void WriteBigEndian(std::array<char, N>& out, std::size_t at, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out[at + i] = static_cast<char>(number >> (8 * (bytes - 1 - i)) & 0xff);
}

std::uint64_t ReadBigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

TablePrefix::TablePrefix(ServiceId service, stream::TableId table) : size_(1) {
  bytes_[0] = static_cast<char>(service);
  if (table == stream::kTimerTable) {
    family_ = kTimers;
  } else {
    family_ = kState;
    WriteBigEndian(bytes_, 1, table, 2);
    size_ = 3;
  }
}

std::string TablePrefix::Key(std::string_view key) const {
  std::string whole;
  whole.reserve(size_ + key.size());
  whole.append(bytes()).append(key);
  return whole;
}

std::array<char, 17> SeenKey(ServiceId service, const Hash128& id) {
  std::array<char, 17> key{static_cast<char>(service)};
  const auto bytes = id.Bytes();
  std::copy(bytes.begin(), bytes.end(), key.begin() + 1);
  return key;
}

std::array<char, 10> LogKey(TopicNumber topic, std::int64_t offset) {
  std::array<char, 10> key{};
  WriteBigEndian(key, 0, topic, 2);
  WriteBigEndian(key, 2, static_cast<std::uint64_t>(offset), 8);
  return key;
}

std::array<char, 12> OutboxKey(std::int32_t destination, std::uint64_t sequence) {
  std::array<char, 12> key{};
  WriteBigEndian(key, 0, static_cast<std::uint32_t>(destination), 4);
  WriteBigEndian(key, 4, sequence, 8);
  return key;
}

std::array<char, 2> TopicBytes(TopicNumber topic) {
  std::array<char, 2> bytes{};
  WriteBigEndian(bytes, 0, topic, 2);
  return bytes;
}

std::string ShardKey(std::string_view prefix, std::int32_t shard) {
  std::array<char, 4> bytes{};
  WriteBigEndian(bytes, 0, static_cast<std::uint32_t>(shard), 4);
  return std::string(prefix).append(bytes.data(), bytes.size());
}

std::optional<std::int32_t> ParseShard(std::string_view bytes) {
  if (bytes.size() != 4) return std::nullopt;
  return static_cast<std::int32_t>(ReadBigEndian(bytes));
}

std::int64_t OffsetOf(std::string_view log_key) { return static_cast<std::int64_t>(ReadBigEndian(log_key.substr(2))); }

std::optional<std::uint64_t> SequenceOf(std::string_view outbox_key) {
  if (outbox_key.size() != 12) return std::nullopt;
  return ReadBigEndian(outbox_key.substr(4));
}

std::string MetaKeyOf(ServiceId service) { return std::string(kPositionPrefix) + static_cast<char>(service); }

std::string NumberBytes(std::int64_t number) {
  std::string bytes;
  stream::AppendOrderedInt64(bytes, number);
  return bytes;
}

std::optional<std::int64_t> ParseNumber(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  return stream::ReadOrderedInt64(bytes);
}

std::string AfterPrefix(std::string_view prefix) {
  std::string after(prefix);
  while (!after.empty() && after.back() == '\xff') after.pop_back();
  MAINSTAY_CHECK(!after.empty(), "no service has the number 255");
  after.back() = static_cast<char>(static_cast<unsigned char>(after.back()) + 1);
  return after;
}

std::array<char, 12> RecordHead(std::int64_t ingest_ms, std::size_t key_size) {
  std::array<char, 12> head{};
  WriteBigEndian(head, 0, static_cast<std::uint64_t>(ingest_ms), 8);
  WriteBigEndian(head, 8, key_size, 4);
  return head;
}

bool DecodeRecord(std::string_view bytes, stream::Record& record) {
  if (bytes.size() < 12) return false;
  record.ingest_ms = static_cast<std::int64_t>(ReadBigEndian(bytes.substr(0, 8)));
  const std::size_t key_size = ReadBigEndian(bytes.substr(8, 4));
  bytes.remove_prefix(12);
  if (key_size > bytes.size()) return false;
  record.key = bytes.substr(0, key_size);
  record.value = bytes.substr(key_size);
  return true;
}

std::string EncodeMeta(const StoredMeta& stored) {
  std::string bytes(1, kMetaFormat);
  stream::AppendOrderedInt64(bytes, static_cast<std::int64_t>(stored.meta.transaction));
  stream::AppendOrderedInt64(bytes, stored.meta.stream_time_ms);
  stream::AppendOrderedInt64(bytes, stored.meta.wall_ms);
  for (const auto& [topic, position] : stored.positions) {
    stream::AppendUint16(bytes, topic);
    stream::AppendOrderedInt64(bytes, position);
  }
  return bytes;
}

std::optional<StoredMeta> DecodeMeta(std::string_view bytes) {
  if (bytes.size() < 25 || bytes.front() != kMetaFormat || (bytes.size() - 25) % 10 != 0) return std::nullopt;
  StoredMeta stored;
  stored.meta.transaction = static_cast<std::uint64_t>(stream::ReadOrderedInt64(bytes.substr(1)));
  stored.meta.stream_time_ms = stream::ReadOrderedInt64(bytes.substr(9));
  stored.meta.wall_ms = stream::ReadOrderedInt64(bytes.substr(17));
  for (std::size_t at = 25; at < bytes.size(); at += 10) {
    stored.positions[stream::ReadUint16(bytes.substr(at))] = stream::ReadOrderedInt64(bytes.substr(at + 2));
  }
  return stored;
}

Error ToError(const rocksdb::Status& status, const std::string& doing) {
  std::string what = doing + ": " + status.ToString();
  std::replace(what.begin(), what.end(), '\n', ' ');
  if (status.IsCorruption() || status.IsInvalidArgument()) {
    return {ErrorCode::kDataLoss,
            Recovery::kStopTask,
            what +
                "; files are damaged or missing: restore the data directory "
                "from a backup",
            {}};
  }
  if (status.IsNoSpace()) {
    return {
        ErrorCode::kUnavailable, Recovery::kStopTask, what + "; the disk is full: free space, then start again", {}};
  }
  if (status.IsIOError()) {
    return {ErrorCode::kUnavailable,
            Recovery::kStopTask,
            what + "; check the disk (space, permissions, health), then start again",
            {}};
  }
  return {ErrorCode::kInternal, Recovery::kStopTask, what, {}};
}

}  // namespace mainstay::stream_rocksdb
