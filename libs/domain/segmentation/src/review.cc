#include "mainstay/segmentation/review.h"

#include <algorithm>
#include <cmath>

namespace mainstay::segmentation {

bool ProposesLowerService(const ReviewFacts& client, std::size_t paying_clients, Instant now,
                          const PolicyValues& policy) {
  const double share = std::floor(policy.review_share * static_cast<double>(paying_clients));
  const std::size_t proposed = std::min(static_cast<std::size_t>(share), paying_clients);
  if (client.rank < paying_clients - proposed || client.is_protected || !client.is_served) return false;
  return !client.grace_until || now >= *client.grace_until;
}

}  // namespace mainstay::segmentation
