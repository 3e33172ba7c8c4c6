// How often a shard of Kafka commits. A transaction costs the brokers the same for one record as for thousands: under
// steady traffic few records wait for more. One that comes alone does not wait; where nobody has been told anything
// lately and no caller waits, there is time (docs/decisions, 0017 and 0020).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "mainstay/base/instant.h"

namespace mainstay::app {

// So many records do not wait for more.
inline constexpr std::size_t kWorthATransaction = 1'000;
inline constexpr Duration kShortestPace{70};
inline constexpr Duration kLongestPace{100};
// All shards load the same brokers: where many are slow to commit, more transactions make them slower.
inline constexpr Duration kLongestPaceOfMany{300};
inline constexpr Duration kPacePerShard{12};
// The same three of a shard that nobody listens to.
inline constexpr Duration kQuietPace{250};
inline constexpr Duration kQuietPaceOfMany{500};
inline constexpr Duration kQuietPacePerShard{20};
// So long after its last record for others a shard counts as listened to.
inline constexpr Duration kToldLately{10'000};

// From the begin of a transaction to the begin of the next one.
struct Pace {
  Duration always{};
  Duration unless_called{};  // A caller who waits for what the next one would take ends it.
};

// `shards`: of the service, whoever owns them.
constexpr Pace PaceOf(bool told_lately, Duration commit_latency, std::int32_t shards) {
  const Duration longest = std::clamp(shards * kPacePerShard, kLongestPace, kLongestPaceOfMany);
  const Duration always = std::clamp(2 * commit_latency, kShortestPace, longest);
  const Duration quiet = std::clamp(shards * kQuietPacePerShard, kQuietPace, kQuietPaceOfMany);
  return {always, told_lately ? always : quiet};
}

}  // namespace mainstay::app
