// The Pareto answer of a book: who carries how much of the revenue. Pure.
//
// Money and counts are exact integers; doubles appear only as shares, each one division of two exact sums.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "mainstay/base/money.h"
#include "mainstay/base/result.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/policy.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::segmentation {

struct ParetoClient {
  ClientId client;
  Money revenue;
  Tier tier = Tier::kNone;       // Effective.
  Tier rank_tier = Tier::kNone;  // By rank.
};

struct ParetoRow {
  std::size_t rank = 0;  // From 1.
  ClientId client;
  Money revenue;
  double share = 0;  // Of the book's revenue: the loss severity of this client.
  double cumulative_share = 0;
  Tier tier = Tier::kNone;
  Tier rank_tier = Tier::kNone;
};

struct TierShare {
  Tier tier = Tier::kNone;
  std::size_t clients = 0;
  Money revenue;
  std::optional<double> share;           // Absent in a book without revenue.
  std::optional<double> expected_share;  // 0.80, 0.16, 0.04 in a `pareto` book; absent otherwise.
  std::optional<double> deviation;       // share - expected_share.
};

struct Line80 {
  std::size_t clients = 0;         // The least number from the top that carries 80 % of the revenue.
  std::optional<double> fraction;  // Of the paying clients; absent in a book without any.
};

struct Pareto {
  std::size_t clients = 0;  // Paying.
  Money revenue;
  Line80 line_80;
  std::array<TierShare, 3> tiers;            // A, B, C by rank_tier.
  std::array<TierShare, 3> effective_tiers;  // A, B, C by tier.
  std::vector<ParetoRow> rows;               // By rank.
};

// `clients` in any order; those without revenue above zero are left out. O(n log n).
// Error: kOutOfRange when the book's revenue does not fit Money.
[[nodiscard]] Result<Pareto> AnswerPareto(const TierPolicy& policy, std::vector<ParetoClient> clients);

// The share of the book's revenue that leaves with a client: one of 4 equal clients 0.25, one of 200 0.005.
// 0 when the book has no revenue.
[[nodiscard]] double LossSeverity(Money client, Money book);

}  // namespace mainstay::segmentation
