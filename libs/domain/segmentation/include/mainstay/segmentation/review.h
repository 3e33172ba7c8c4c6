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
  bool is_served = true;      // Neither lost nor in the nurture program already.
};

// The bottom `review_share` of the paying clients, rounded down, minus clients in grace (they need time to grow),
// protected ones, and those that no rep serves.
[[nodiscard]] bool ProposesLowerService(const ReviewFacts& client, std::size_t paying_clients, Instant now,
                                        const PolicyValues& policy);

}  // namespace mainstay::segmentation
