// One book's ranking with its tier policy: says whose rank_tier changes when one client's revenue does.
//
// In memory only; rebuilt by Restore() for every client of the book. Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "mainstay/base/money.h"
#include "mainstay/segmentation/rank_tree.h"
#include "mainstay/segmentation/tier_lines.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/policy.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::segmentation {

struct RankTierChange {
  ClientId client;
  Money revenue;  // Now.
  Tier from = Tier::kNone;
  Tier to = Tier::kNone;
  friend bool operator==(const RankTierChange&, const RankTierChange&) = default;
};

// A client is paying, and ranked, iff its revenue is above zero; others may be given and have rank_tier kNone.
class BookIndex {
 public:
  explicit BookIndex(const TierPolicy& policy);

  // Adds a client as it was stored; reports nothing. REQUIRES: not there yet.
  void Restore(const ClientId& client, Money revenue);

  // Moves one client and returns exactly the clients whose rank_tier changed: first itself (if it did), then the
  // others in rank order. A new client has old_revenue 0, one that is to vanish new_revenue 0.
  // O(log n + changes); by count at most a few change, by revenue one large client may move many.
  // REQUIRES: old_revenue is what the index holds.
  std::vector<RankTierChange> ApplyRevenue(const ClientId& client, Money old_revenue, Money new_revenue);

  // Returns the clients whose rank_tier changed, in rank order.
  std::vector<RankTierChange> SetPolicy(const TierPolicy& policy);

  [[nodiscard]] const TierPolicy& policy() const { return policy_; }
  [[nodiscard]] const RankTree& ranking() const { return ranking_; }
  [[nodiscard]] const TierCuts& cuts() const { return cuts_; }
  // nullopt when nobody is paying.
  [[nodiscard]] std::optional<TierLines> lines() const { return LinesOf(ranking_, cuts_); }

  // 0-based; nullopt when the client is not paying. REQUIRES: `revenue` is what the index holds.
  [[nodiscard]] std::optional<std::size_t> RankOf(const ClientId& client, Money revenue) const;
  [[nodiscard]] Tier RankTierOf(const ClientId& client, Money revenue) const;

 private:
  TierPolicy policy_;
  RankTree ranking_;
  TierCuts cuts_;
};

}  // namespace mainstay::segmentation
