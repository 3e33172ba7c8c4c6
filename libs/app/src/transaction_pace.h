// How often a shard of Kafka commits. A transaction costs the brokers the same for one record as for thousands: under
// steady traffic few records wait for more. One that comes alone does not wait; what tells nobody anything has time,
// unless a caller waits (docs/decisions, 0017 and 0026).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "mainstay/base/instant.h"

namespace mainstay::app {

// A batch of so many records does not wait for more.
inline constexpr std::size_t kWorthATransaction = 1'000;
inline constexpr Duration kShortestPace{70};
inline constexpr Duration kLongestPace{100};
// All shards load the same brokers: where many are slow to commit, more transactions make them slower.
inline constexpr Duration kLongestPaceOfMany{300};
inline constexpr Duration kPacePerShard{12};
// The same three where nobody is told anything.
inline constexpr Duration kSilentPace{250};
inline constexpr Duration kSilentPaceOfMany{1'000};
inline constexpr Duration kSilentPacePerShard{40};
// How long a record may wait until it is known whether it tells anybody anything.
inline constexpr Duration kLook{20};

// From the begin of a transaction to the begin of the next one.
struct Pace {
  Duration always{};
  Duration silent{};  // Unless the next one tells somebody something, or a caller waits for it.
};

// `shards`: of the service, whoever owns them.
constexpr Pace PaceOf(Duration commit_latency, std::int32_t shards) {
  const Duration longest = std::clamp(shards * kPacePerShard, kLongestPace, kLongestPaceOfMany);
  return {std::clamp(2 * commit_latency, kShortestPace, longest),
          std::clamp(shards * kSilentPacePerShard, kSilentPace, kSilentPaceOfMany)};
}

}  // namespace mainstay::app
