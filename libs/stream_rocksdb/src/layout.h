// Where everything is inside one shard's RocksDB: column families, keys, values.
//
//   default (meta)  see the prefixes below
//   state           service|table(be16)|key            -> value
//   timers          service|at(be64)|kind(be16)|key    -> payload
//   dedup           service|hash128                    -> first-seen stream time (be64)
//   log             topic(be16)|offset(be64)           -> ingest(be64)|key size(be32)|key|value
//   outbox          destination(be32)|sequence(be64)   -> topic(be16)|as log
//
// `service` is one byte. Services and topics have their numbers from the meta family, by name, given out once.
#pragma once

#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "mainstay/base/hash.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"

namespace mainstay::stream_rocksdb {

enum Family : std::size_t { kMeta, kState, kTimers, kDedup, kLog, kOutbox, kFamilies };
inline constexpr std::array<const char*, kFamilies> kFamilyNames = {"default", "state", "timers",
                                                                    "dedup",   "log",   "outbox"};

using ServiceId = std::uint8_t;  // 1..254, so that every prefix has a next one.
using TopicNumber = std::uint16_t;

// Keys of the meta family.
inline constexpr std::string_view kIdentityKey = "identity";    // installation|partition
inline constexpr std::string_view kIngestKey = "ingest";        // largest_ingest_ms (be64)
inline constexpr std::string_view kTopicPrefix = "topic/";      // name -> number (be64)
inline constexpr std::string_view kServicePrefix = "service/";  // name -> number (be64)
inline constexpr std::string_view kPositionPrefix = "meta/";    // service byte -> META
inline constexpr std::string_view kOutboxPrefix = "outbox/";    // destination(be32) -> last sequence given out (be64)
inline constexpr std::string_view kInboxPrefix = "inbox/";      // source(be32) -> last sequence delivered (be64)
inline constexpr std::string_view kRecentPrefix = "recent/";    // number(be64) -> ids (recent_ids.h)

// The bytes before a table's own key: one to three of them.
class TablePrefix {
 public:
  TablePrefix(ServiceId service, stream::TableId table);
  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }
  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] std::string Key(std::string_view key) const;

 private:
  std::array<char, 3> bytes_{};
  std::size_t size_;
  Family family_;
};

[[nodiscard]] std::array<char, 17> SeenKey(ServiceId service, const Hash128& id);
[[nodiscard]] std::array<char, 10> LogKey(TopicNumber topic, std::int64_t offset);
[[nodiscard]] std::array<char, 12> OutboxKey(std::int32_t destination, std::uint64_t sequence);
[[nodiscard]] std::array<char, 2> TopicBytes(TopicNumber topic);
[[nodiscard]] std::string ShardKey(std::string_view prefix, std::int32_t shard);
[[nodiscard]] std::optional<std::int32_t> ParseShard(std::string_view bytes);
[[nodiscard]] std::int64_t OffsetOf(std::string_view log_key);  // REQUIRES: a LogKey.
[[nodiscard]] std::optional<std::uint64_t> SequenceOf(std::string_view outbox_key);
[[nodiscard]] std::string MetaKeyOf(ServiceId service);
[[nodiscard]] std::string NumberBytes(std::int64_t number);
[[nodiscard]] std::optional<std::int64_t> ParseNumber(std::string_view bytes);
// The smallest string greater than all that start with `prefix`. REQUIRES: not all bytes are 255.
[[nodiscard]] std::string AfterPrefix(std::string_view prefix);

// The part of a log value before the record's key.
[[nodiscard]] std::array<char, 12> RecordHead(std::int64_t ingest_ms, std::size_t key_size);
[[nodiscard]] bool DecodeRecord(std::string_view bytes, stream::Record& record);

// META on disk has positions by topic number, so that a service's inputs may be listed differently next time.
struct StoredMeta {
  stream::Meta meta;  // Without positions.
  std::map<TopicNumber, std::int64_t> positions;
};
[[nodiscard]] std::string EncodeMeta(const StoredMeta& stored);
[[nodiscard]] std::optional<StoredMeta> DecodeMeta(std::string_view bytes);

template <std::size_t N>
[[nodiscard]] rocksdb::Slice AsSlice(const std::array<char, N>& bytes) {
  return {bytes.data(), N};
}
[[nodiscard]] inline rocksdb::Slice AsSlice(std::string_view text) { return {text.data(), text.size()}; }
[[nodiscard]] inline std::string_view AsView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// One line for a person: what was being done, what went wrong, what to do.
[[nodiscard]] Error ToError(const rocksdb::Status& status, const std::string& doing);

}  // namespace mainstay::stream_rocksdb
