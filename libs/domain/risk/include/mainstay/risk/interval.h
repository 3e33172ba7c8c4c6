// How sure a score is: the spread of P_churn over what the fit leaves open.
//
// Pure; any thread.
#pragma once

#include <optional>
#include <span>

#include "mainstay/risk/fit.h"
#include "mainstay/risk/score.h"

namespace mainstay::risk {

// The central 90 % of the score's P_churn over `draws` (DrawModels), everything else held fixed. nullopt if there are
// no draws, or if P_churn does not come from the order model (no orders, or a contract).
[[nodiscard]] std::optional<Interval> ChurnInterval(std::span<const OrderModel> draws, const ClientFacts& facts,
                                                    const Score& score, const ChurnParameters& parameters);

}  // namespace mainstay::risk
