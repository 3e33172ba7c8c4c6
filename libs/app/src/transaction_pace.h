// How often a shard of Kafka commits. A transaction costs the brokers the same for one record as for thousands: under
// steady traffic few records wait for more. One that comes alone does not wait; where the last ones told nobody
// anything, waiting costs nobody anything (docs/decisions/0017-few-transactions.md).
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

// From the begin of a transaction to the begin of the next one. `told`: it had records for others. `shards`: of the
// service, whoever owns them.
constexpr Duration PaceOf(bool told, Duration commit_latency, std::int32_t shards) {
  const Duration longest = std::clamp(shards * kPacePerShard, kLongestPace, kLongestPaceOfMany);
  return std::clamp(2 * commit_latency, told ? kShortestPace : kLongestPace, longest);
}

}  // namespace mainstay::app
