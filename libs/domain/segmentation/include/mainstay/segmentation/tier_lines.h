// Where the lines between A, B and C lie in a ranking, exactly. All in integers.
#pragma once

#include <cstddef>
#include <optional>

#include "mainstay/base/money.h"
#include "mainstay/segmentation/rank_tree.h"
#include "mainstay/vocabulary/policy.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::segmentation {

// The ranks 0 .. a-1 are A, a .. ab-1 are B, the rest C. a <= ab <= n, and a >= 1 in a book with paying clients.
struct TierCuts {
  std::size_t a = 0;
  std::size_t ab = 0;
  friend bool operator==(const TierCuts&, const TierCuts&) = default;
};

// The cuts of a policy by client count, for n paying clients:
//   pareto       A = min(n, max(1, (20 n + 50) / 100)), A+B = max(A, (36 n + 50) / 100)
//   split a/b/c  A = min(n, max(1, (a n + 50) / 100)),  A+B = max(A, ((a + b) n + 50) / 100)
// in integer division: the cumulative count is rounded, half up, so 200 clients give 40/32/128 and, for 20/20/60,
// 40/40/120. REQUIRES: policy.kind is not kRevenue.
[[nodiscard]] TierCuts CutsByCount(const TierPolicy& policy, std::size_t n);

// The cuts of any policy for a ranking. kRevenue: A iff the sum before the client is below 80 % of the total, B iff
// below 96 %.
[[nodiscard]] TierCuts CutsOf(const TierPolicy& policy, const RankTree& ranking);

// The tier of a 0-based rank below the number of paying clients.
[[nodiscard]] constexpr Tier RankTier(std::size_t rank, const TierCuts& cuts) {
  if (rank < cuts.a) return Tier::kA;
  return rank < cuts.ab ? Tier::kB : Tier::kC;
}

// The two clients a line runs between.
struct Line {
  Money inside;                  // Revenue of the last client inside.
  std::optional<Money> outside;  // Of the first outside; absent: everyone is inside.
  friend bool operator==(const Line&, const Line&) = default;
};

// `a` is the line below A, `ab` the line below B (or below A too, where no client is B).
struct TierLines {
  Line a;
  Line ab;
  friend bool operator==(const TierLines&, const TierLines&) = default;
};

// nullopt when no client is paying: then there is no line.
[[nodiscard]] std::optional<TierLines> LinesOf(const RankTree& ranking, const TierCuts& cuts);

// True iff `revenue` is away from the line, the mean of inside and outside, by more than `margin` hundredths of a
// percent of it; a line with nobody outside is always passed.
[[nodiscard]] bool Passes(Money revenue, const Line& line, int margin);

}  // namespace mainstay::segmentation
