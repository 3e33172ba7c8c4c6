// How many clients the reps' minutes serve, and how many calls a book asks for. Pure.
//
// A is called weekly, B monthly, C quarterly; a month counts as 4 weeks and a quarter as 12, or, on a 52-week year,
// as 52/12 and 13 weeks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mainstay::segmentation {

struct TierCounts {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t c = 0;
  friend bool operator==(const TierCounts&, const TierCounts&) = default;
};

[[nodiscard]] double CallsPerWeek(const TierCounts& counts);
[[nodiscard]] double CallsPerWeekOfYear(const TierCounts& counts);

// How many clients of the book's present mix fit into the minutes; nullopt without minutes or without clients.
[[nodiscard]] std::optional<std::int64_t> SlotsFor(std::int64_t minutes_per_week, const TierCounts& counts,
                                                   double minutes_per_call);
// How many more than the present ones; below zero: so many too many.
[[nodiscard]] std::optional<std::int64_t> FreeSlots(std::int64_t minutes_per_week, const TierCounts& counts,
                                                    double minutes_per_call);

}  // namespace mainstay::segmentation
