#include "mainstay/segmentation/capacity.h"

#include <cmath>

namespace mainstay::segmentation {

double CallsPerWeek(const TierCounts& counts) {
  return static_cast<double>(counts.a) + static_cast<double>(counts.b) / 4 + static_cast<double>(counts.c) / 12;
}

double CallsPerWeekOfYear(const TierCounts& counts) {
  return static_cast<double>(counts.a) + static_cast<double>(counts.b) * 12 / 52 +
         static_cast<double>(counts.c) * 4 / 52;
}

std::optional<std::int64_t> SlotsFor(std::int64_t minutes_per_week, const TierCounts& counts, double minutes_per_call) {
  const std::size_t clients = counts.a + counts.b + counts.c;
  const double minutes = CallsPerWeek(counts) * minutes_per_call;
  if (minutes_per_week <= 0 || clients == 0 || minutes <= 0) return std::nullopt;
  return static_cast<std::int64_t>(
      std::floor(static_cast<double>(minutes_per_week) * static_cast<double>(clients) / minutes));
}

std::optional<std::int64_t> FreeSlots(std::int64_t minutes_per_week, const TierCounts& counts,
                                      double minutes_per_call) {
  const auto slots = SlotsFor(minutes_per_week, counts, minutes_per_call);
  if (!slots) return std::nullopt;
  return *slots - static_cast<std::int64_t>(counts.a + counts.b + counts.c);
}

}  // namespace mainstay::segmentation
