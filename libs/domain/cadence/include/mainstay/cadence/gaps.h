// What is missing with which clients: the lists a practice works off.
//
// Pure. "12 months" are 365 days before now; what never happened is missing too. Clients are those with a cadence.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::cadence {

struct GapClient {
  ClientId client;
  Tier tier = Tier::kNone;
  std::optional<Instant> last_sale{};
  std::optional<Instant> last_touch{};
  std::optional<Instant> last_survey{};
  std::optional<Instant> last_offer{};
  bool has_goal = false;
  std::vector<ContactId> contacts{};  // Touched by name in the last 12 months.
};

struct Gap {
  ClientId client;
  Tier tier = Tier::kNone;
  std::optional<Instant> since;      // The sale, the last survey, the last offer; absent: never.
  std::optional<ContactId> contact;  // The only one touched.
};

struct Gaps {
  std::vector<Gap> sell_and_forget;  // A sale and no touch since. Longest ago first, then by client id; so all.
  std::vector<Gap> no_survey;        // None in 12 months. Those that never had one come first.
  std::vector<Gap> no_offer;         // None in 12 months.
  std::vector<Gap> no_goal;          // None on file.
  std::vector<Gap> one_contact;      // Only one contact touched in 12 months; touches without a name do not count.
};

// True if `at` is within the 12 months before now.
[[nodiscard]] bool WithinAYear(Instant at, Instant now);
[[nodiscard]] Gaps FindGaps(const std::vector<GapClient>& clients, Instant now);

}  // namespace mainstay::cadence
