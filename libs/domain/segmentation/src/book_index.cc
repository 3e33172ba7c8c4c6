#include "mainstay/segmentation/book_index.h"

#include <algorithm>

namespace mainstay::segmentation {
namespace {

// The cuts as the other clients see them: without the one at `rank`.
TierCuts WithoutRank(const TierCuts& cuts, std::optional<std::size_t> rank) {
  return {cuts.a - (rank && *rank < cuts.a ? 1U : 0U), cuts.ab - (rank && *rank < cuts.ab ? 1U : 0U)};
}

// Appends the clients between old and new cuts. Cuts count all clients but the one at `skip` of the ranking.
void AppendBetween(const RankTree& ranking, std::optional<std::size_t> skip, const TierCuts& was, const TierCuts& is,
                   std::vector<RankTierChange>* changes) {
  const auto append = [&](std::size_t first, std::size_t end) {
    if (first >= end) return;
    // `skip` shifts the ranks behind it by one; one entry more covers both cases.
    ranking.ForEach(first, end - first + 1, [&](std::size_t rank, const Ranked& entry) {
      if (skip && rank == *skip) return;
      const std::size_t place = rank - (skip && rank > *skip ? 1U : 0U);
      if (place < first || place >= end) return;
      changes->push_back({entry.client, entry.revenue, RankTier(place, was), RankTier(place, is)});
    });
  };
  // Both cuts of a pair are ordered (a <= ab), so the two ranges overlap only from the left.
  const std::size_t a_end = std::max(was.a, is.a);
  append(std::min(was.a, is.a), a_end);
  append(std::max(a_end, std::min(was.ab, is.ab)), std::max(was.ab, is.ab));
}

}  // namespace

BookIndex::BookIndex(const TierPolicy& policy) : policy_(policy) {}

void BookIndex::Restore(const ClientId& client, Money revenue) {
  if (revenue <= Money{}) return;
  ranking_.Insert({revenue, client});
  cuts_ = CutsOf(policy_, ranking_);
}

std::vector<RankTierChange> BookIndex::ApplyRevenue(const ClientId& client, Money old_revenue, Money new_revenue) {
  std::vector<RankTierChange> changes;
  if (old_revenue == new_revenue) return changes;
  RankTierChange own{client, new_revenue, Tier::kNone, Tier::kNone};

  const std::optional<std::size_t> old_rank = RankOf(client, old_revenue);
  const TierCuts was = WithoutRank(cuts_, old_rank);
  if (old_rank) {
    own.from = RankTier(*old_rank, cuts_);
    ranking_.Erase({old_revenue, client});
  }
  if (new_revenue > Money{}) ranking_.Insert({new_revenue, client});
  cuts_ = CutsOf(policy_, ranking_);

  const std::optional<std::size_t> new_rank = RankOf(client, new_revenue);
  if (new_rank) own.to = RankTier(*new_rank, cuts_);
  if (own.from != own.to) changes.push_back(own);
  AppendBetween(ranking_, new_rank, was, WithoutRank(cuts_, new_rank), &changes);
  return changes;
}

std::vector<RankTierChange> BookIndex::SetPolicy(const TierPolicy& policy) {
  const TierCuts was = cuts_;
  policy_ = policy;
  cuts_ = CutsOf(policy_, ranking_);
  std::vector<RankTierChange> changes;
  AppendBetween(ranking_, std::nullopt, was, cuts_, &changes);
  return changes;
}

std::optional<std::size_t> BookIndex::RankOf(const ClientId& client, Money revenue) const {
  if (revenue <= Money{}) return std::nullopt;
  return ranking_.RankOf({revenue, client});
}

Tier BookIndex::RankTierOf(const ClientId& client, Money revenue) const {
  const std::optional<std::size_t> rank = RankOf(client, revenue);
  return rank ? RankTier(*rank, cuts_) : Tier::kNone;
}

}  // namespace mainstay::segmentation
