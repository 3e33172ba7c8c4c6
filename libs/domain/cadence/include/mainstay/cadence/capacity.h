// Who has more clients than time, and which clients must change hands so that everybody can make the calls: the plan
// that moves the fewest.
//
// Pure and exact. In twelfths of a call a week a client takes, by default, 12 (A), 3 (B) or 1 (C). Each divides the one
// before, so what is left for the smaller ones does not depend on where the larger ones go; that makes the choice of
// whom to keep separable by rep but for two sums, and a small dynamic program over them finds the optimum. A client of
// a rep that has time may move too, where only that makes room. Time: O(reps x clients of a rep) where the reps' free
// time is whole calls, more by the sizes of the two sums where it is fragmented.
//
// Under other terms a call of A need not be whole calls of B, nor one of B whole ones of C: then A and B are rounded up
// to it, and a rep that only fits unrounded takes no part. The plan fits everybody's time all the same, but another one
// may move fewer clients, or exist where this finds none.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mainstay/cadence/call_list.h"
#include "mainstay/vocabulary/cadence_terms.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::cadence {

struct RepBook {
  RepId rep;
  std::int64_t weekly_minutes = kDefaultWeeklyMinutes;  // REQUIRES: >= 0.
  std::array<std::vector<ClientId>, 3> clients;         // A, B, C; those that may leave most easily first.
};

struct ClientMove {
  ClientId client;
  Tier tier = Tier::kNone;
  RepId from;
  RepId to;
};

struct CapacityPlan {
  std::vector<RepId> over;        // By rep id.
  bool possible = true;           // There is a way; without anybody over capacity it has no moves.
  double missing_minutes = 0;     // A week, of all reps together; 0 if only the free time is in too small pieces.
  std::vector<ClientMove> moves;  // By tier, then the order of the reps and of their clients.
};

// Reps in any order, each once. REQUIRES: call_minutes > 0.
[[nodiscard]] CapacityPlan PlanCapacity(std::vector<RepBook> reps, const CadenceTerms& terms, double call_minutes);

}  // namespace mainstay::cadence
