// One book's rankings in memory: by revenue with its tier lines, and by effort per revenue. Rebuilt from the client
// table when needed; nothing of it is stored. Shard thread only.
#pragma once

#include <optional>

#include "mainstay/segmentation/book_index.h"
#include "mainstay/segmentation/persona.h"
#include "state.h"

namespace mainstay::segmentation {

// What a client's places in the rankings follow from.
struct Standing {
  Money revenue;
  std::int64_t minutes = 0;
  friend bool operator==(const Standing&, const Standing&) = default;
};
[[nodiscard]] inline Standing StandingOf(const ClientRecord& client) {
  return {client.window.trailing, client.minutes};
}

class LiveBook {
 public:
  explicit LiveBook(const TierPolicy& policy) : index_(policy) {}

  void Restore(const ClientId& client, const Standing& standing) {
    index_.Restore(client, standing.revenue);
    Rank(client, standing, true);
  }
  // Who changed rank_tier; see BookIndex::ApplyRevenue.
  std::vector<RankTierChange> Move(const ClientId& client, const Standing& from, const Standing& to) {
    if (from == to) return {};
    Rank(client, from, false);
    Rank(client, to, true);
    lines_.reset();
    return index_.ApplyRevenue(client, from.revenue, to.revenue);
  }
  void SetPolicy(const TierPolicy& policy) { index_.SetPolicy(policy); }

  [[nodiscard]] const BookIndex& index() const { return index_; }
  [[nodiscard]] const std::optional<EffortLines>& effort_lines() {
    if (!lines_) lines_ = LinesOfEfforts(efforts_, nearest_);
    return *lines_;
  }

 private:
  void Rank(const ClientId& client, const Standing& standing, bool in) {
    if (standing.revenue <= Money{}) return;
    Ranked entry{Money::FromUnits(EffortOf(standing.minutes, standing.revenue)), client};
    in ? efforts_.Insert(std::move(entry)) : efforts_.Erase(entry);
  }

  BookIndex index_;
  RankTree efforts_;
  std::size_t nearest_ = 0;                          // See LinesOfEfforts.
  std::optional<std::optional<EffortLines>> lines_;  // Absent: to be worked out anew.
};

}  // namespace mainstay::segmentation
