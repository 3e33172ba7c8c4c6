#include "meta_format.h"

#include "mainstay/base/check.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::stream_kafka {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kHead = 25;  // Format, transaction, stream time, wall time.
constexpr std::uint16_t kIdBytes = 16;
constexpr std::uint16_t kTimeBytes = 8;

// `bytes` begins with a part of that size, which is named before it.
bool HasPart(std::string_view bytes, std::uint16_t size) {
  return bytes.size() >= 2U + size && stream::ReadUint16(bytes) == size;
}

}  // namespace

std::string ChangelogKey(stream::TableId table, std::string_view key) {
  std::string whole;
  whole.reserve(2 + key.size());
  stream::AppendUint16(whole, table);
  whole.append(key);
  return whole;
}

std::string EncodeMeta(const stream::Meta& meta, const std::vector<std::string>& inputs) {
  MAINSTAY_CHECK(meta.positions.size() == inputs.size(), "a position for every input topic");
  std::string bytes(1, kFormat);
  stream::AppendOrderedInt64(bytes, static_cast<std::int64_t>(meta.transaction));
  stream::AppendOrderedInt64(bytes, meta.stream_time_ms);
  stream::AppendOrderedInt64(bytes, meta.wall_ms);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    stream::AppendOrderedInt64(bytes, meta.positions[i]);
    stream::AppendUint16(bytes, static_cast<std::uint16_t>(inputs[i].size()));
    bytes.append(inputs[i]);
  }
  return bytes;
}

std::optional<stream::Meta> DecodeMeta(std::string_view bytes, const std::vector<std::string>& inputs) {
  if (bytes.size() < kHead || bytes.front() != kFormat) return std::nullopt;
  stream::Meta meta;
  meta.transaction = static_cast<std::uint64_t>(stream::ReadOrderedInt64(bytes.substr(1)));
  meta.stream_time_ms = stream::ReadOrderedInt64(bytes.substr(9));
  meta.wall_ms = stream::ReadOrderedInt64(bytes.substr(17));
  meta.positions.assign(inputs.size(), -1);
  bytes.remove_prefix(kHead);
  while (!bytes.empty()) {
    if (bytes.size() < 10) return std::nullopt;
    const std::int64_t position = stream::ReadOrderedInt64(bytes);
    const std::size_t size = stream::ReadUint16(bytes.substr(8));
    bytes.remove_prefix(10);
    if (bytes.size() < size) return std::nullopt;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] == bytes.substr(0, size)) meta.positions[i] = position;
    }
    bytes.remove_prefix(size);
  }
  return meta;
}

void AppendSeen(const stream::SeenId& seen, std::string& pack) {
  if (pack.empty()) pack.push_back(kFormat);
  stream::AppendUint16(pack, kIdBytes);
  const auto id = seen.id.Bytes();
  pack.append(id.data(), id.size());
  stream::AppendUint16(pack, kTimeBytes);
  stream::AppendOrderedInt64(pack, seen.at_ms);
}

std::optional<std::vector<stream::SeenId>> ReadSeen(std::string_view key, std::string_view pack) {
  if (!key.empty()) {
    if (key.size() != kIdBytes || pack.size() != kTimeBytes) return std::nullopt;
    return {{{Hash128::FromBytes(key), stream::ReadOrderedInt64(pack)}}};
  }
  if (pack.empty() || pack.front() != kFormat) return std::nullopt;
  pack.remove_prefix(1);
  std::vector<stream::SeenId> seen;
  while (!pack.empty()) {
    if (!HasPart(pack, kIdBytes)) return std::nullopt;
    const Hash128 id = Hash128::FromBytes(pack.substr(2));
    pack.remove_prefix(2 + kIdBytes);
    if (!HasPart(pack, kTimeBytes)) return std::nullopt;
    seen.push_back({id, stream::ReadOrderedInt64(pack.substr(2))});
    pack.remove_prefix(2 + kTimeBytes);
  }
  return seen;
}

}  // namespace mainstay::stream_kafka
