#include "mainstay/segmentation/capacity.h"

#include <cmath>

namespace mainstay::segmentation {

std::optional<std::int64_t> SlotsFor(std::int64_t minutes_per_week, const TierCounts& counts,
                                     const PolicyValues& policy) {
  const double minutes = CallsPerWeek(counts, TermsOf(policy)) * policy.minutes_per_call;
  if (minutes_per_week <= 0 || counts.all() == 0 || minutes <= 0) return std::nullopt;
  return static_cast<std::int64_t>(
      std::floor(static_cast<double>(minutes_per_week) * static_cast<double>(counts.all()) / minutes));
}

std::optional<std::int64_t> FreeSlots(std::int64_t minutes_per_week, const TierCounts& counts,
                                      const PolicyValues& policy) {
  const auto slots = SlotsFor(minutes_per_week, counts, policy);
  if (!slots) return std::nullopt;
  return *slots - counts.all();
}

}  // namespace mainstay::segmentation
