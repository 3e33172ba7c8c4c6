// The Pareto answer of a book: who carries how much of the revenue. Pure.
//
// Money and counts are exact integers; doubles appear only as shares, each one division of two exact sums.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "mainstay/base/money.h"
#include "mainstay/base/result.h"
#include "mainstay/segmentation/rank_tree.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/policy.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::segmentation {

// What a client counts for.
struct ParetoPlace {
  Money revenue;
  Tier tier = Tier::kNone;       // Effective.
  Tier rank_tier = Tier::kNone;  // By rank.
  std::int64_t minutes = 0;      // What it took in 365 days.
  friend bool operator==(const ParetoPlace&, const ParetoPlace&) = default;
};

struct ParetoRow {
  std::size_t rank = 0;  // From 1.
  ClientId client;
  Money revenue;
  double share = 0;  // Of the book's revenue: the loss severity of this client.
  double cumulative_share = 0;
  Tier tier = Tier::kNone;
  Tier rank_tier = Tier::kNone;
  std::int64_t minutes = 0;
  std::optional<double> effort_share;  // Of the minutes of all paying clients; absent if there are none.
};

struct TierShare {
  Tier tier = Tier::kNone;
  std::size_t clients = 0;
  Money revenue;
  std::optional<double> share;           // Absent in a book without revenue.
  std::optional<double> expected_share;  // 0.80, 0.16, 0.04 in a `pareto` book; absent otherwise.
  std::optional<double> deviation;       // share - expected_share.
  std::int64_t minutes = 0;
  std::optional<double> effort_share;  // Of the minutes of all; against `share`.
};

struct Line80 {
  std::size_t clients = 0;         // The least number from the top that carries 80 % of the revenue.
  std::optional<double> fraction;  // Of the paying clients; absent in a book without any.
};

// What a book adds up to. Kept up to date client by client, so that no question has to look at all of them.
struct TierTotal {
  std::size_t clients = 0;
  RevenueSum revenue = 0;
  std::int64_t minutes = 0;
  friend bool operator==(const TierTotal&, const TierTotal&) = default;
};
struct ParetoTotals {
  std::size_t clients = 0;  // Paying.
  RevenueSum revenue = 0;
  std::int64_t minutes = 0;
  std::size_t above_line = 0;  // How many from the top carry 80 %: RankTree::CountUntilShare(80).
  RevenueSum above_line_revenue = 0;
  std::array<TierTotal, 3> tiers;            // A, B, C by rank_tier.
  std::array<TierTotal, 3> effective_tiers;  // A, B, C by tier.

  // A client counts if its revenue is above zero.
  void Add(const ParetoPlace& place) { Count(place, 1); }
  void Remove(const ParetoPlace& place) { Count(place, -1); }
  void DrawLine(const RankTree& ranking);
  friend bool operator==(const ParetoTotals&, const ParetoTotals&) = default;

 private:
  void Count(const ParetoPlace& place, int sign);
};

struct Pareto {
  std::size_t clients = 0;  // Paying.
  Money revenue;
  std::int64_t minutes = 0;
  Line80 line_80;
  std::array<TierShare, 3> tiers;            // A, B, C by rank_tier.
  std::array<TierShare, 3> effective_tiers;  // A, B, C by tier.
};

// All but the rows. Error: kOutOfRange when the book's revenue does not fit Money.
[[nodiscard]] Result<Pareto> AnswerPareto(const TierPolicy& policy, const ParetoTotals& totals);

// The rows of an answer, given the paying clients in the order of RanksBefore from the first one on.
class ParetoRows {
 public:
  explicit ParetoRows(const Pareto& book) : book_(book.revenue), minutes_(book.minutes) {}
  [[nodiscard]] ParetoRow Next(ClientId client, const ParetoPlace& place);

 private:
  Money book_;
  std::int64_t minutes_;
  Money before_;
  std::size_t rank_ = 0;
};

// The share of the book's revenue that leaves with a client: one of 4 equal clients 0.25, one of 200 0.005.
// 0 when the book has no revenue.
[[nodiscard]] double LossSeverity(Money client, RevenueSum book);
[[nodiscard]] inline double LossSeverity(Money client, Money book) { return LossSeverity(client, book.units()); }

}  // namespace mainstay::segmentation
