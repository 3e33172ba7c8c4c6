// How many clients the reps' minutes serve. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "mainstay/vocabulary/cadence_terms.h"

namespace mainstay::segmentation {

// How many clients of the book's present mix fit into the minutes under the terms and minutes per call of a policy;
// nullopt without minutes or without clients.
[[nodiscard]] std::optional<std::int64_t> SlotsFor(std::int64_t minutes_per_week, const TierCounts& counts,
                                                   const PolicyValues& policy);
// How many more than the present ones; below zero: so many too many.
[[nodiscard]] std::optional<std::int64_t> FreeSlots(std::int64_t minutes_per_week, const TierCounts& counts,
                                                    const PolicyValues& policy);

}  // namespace mainstay::segmentation
