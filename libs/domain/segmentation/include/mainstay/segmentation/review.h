// Whom the quarterly review proposes for lower service. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/policy_values.h"

namespace mainstay::segmentation {

struct ReviewFacts {
  std::size_t rank = 0;  // 0-based. REQUIRES: below the number of paying clients.
  std::optional<Instant> grace_until;
  bool is_protected = false;  // A person keeps it from the review.
};

// The bottom `review_share` of the paying clients, rounded down, minus clients in grace (they need time to grow) and
// protected ones.
[[nodiscard]] bool ProposesLowerService(const ReviewFacts& client, std::size_t paying_clients, Instant now,
                                        const PolicyValues& policy);

}  // namespace mainstay::segmentation
