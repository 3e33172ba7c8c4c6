// Restore: brings a store up to the end of its changelog and dedup topic.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "handles.h"
#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"
#include "mainstay/stream_kafka/kafka_cluster.h"

namespace mainstay::stream_kafka {

// Names of kRestoreTable's keys.
inline constexpr std::string_view kChangelogNote = "changelog";
inline constexpr std::string_view kDedupNote = "dedup";
[[nodiscard]] stream::TableChange OffsetNote(std::string_view note, std::int64_t offset);

struct RestorePlan {
  std::string changelog;
  std::string dedup;
  std::int32_t partition = 0;
  OffsetRange changelog_range;  // As of now, after the fence.
  OffsetRange dedup_range;
  Duration patience{};          // Without any answer for so long it gives up: kUnavailable.
  Duration delete_retention{};  // Of the changelog.
  Instant now{};
};

struct Restored {
  stream::Meta meta;    // Positions are -1 where META has none.
  bool is_new = false;  // Neither the store nor the changelog has anything.
  std::uint64_t records = 0;
  std::int64_t changelog_note = 0;  // Offset of META; lower bounds for the next start.
  std::int64_t dedup_note = 0;
};

// REQUIRES: every earlier owner is fenced, so that both topics stand still.
[[nodiscard]] Result<Restored> Restore(const KafkaCluster& cluster, const stream::Topology& topology,
                                       const RestorePlan& plan, stream::Store& store);

}  // namespace mainstay::stream_kafka
