// What is on changelog and dedup topics, as bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mainstay/stream/ports.h"

namespace mainstay::stream_kafka {

// The key of META; every other key begins with the two bytes of its table.
inline constexpr std::string_view kMetaKey = "M";

[[nodiscard]] std::string ChangelogKey(stream::TableId table, std::string_view key);

// Positions travel with the names of their topics, so that a topology may be listed differently next time.
[[nodiscard]] std::string EncodeMeta(const stream::Meta& meta, const std::vector<std::string>& inputs);
// A position for every name of `inputs`, -1 where META has none. nullopt: not META, or of a newer format.
[[nodiscard]] std::optional<stream::Meta> DecodeMeta(std::string_view bytes, const std::vector<std::string>& inputs);

// Ids that were seen are packed, many to a record without a key: nobody compacts their topic, and a record of its own
// costs as much as the rest of an id. A format byte, then for each 16 (be16), the id, 8 (be16), when it was seen
// (be64).
void AppendSeen(const stream::SeenId& seen, std::string& pack);
// Of a record. One with a key is of 2026-11 or before, and an id alone. nullopt: damaged, or of a newer format.
[[nodiscard]] std::optional<std::vector<stream::SeenId>> ReadSeen(std::string_view key, std::string_view pack);

}  // namespace mainstay::stream_kafka
