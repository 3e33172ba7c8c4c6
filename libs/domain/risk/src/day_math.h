#pragma once

#include "mainstay/base/instant.h"

namespace mainstay::risk {

// Days from one instant to another, with their fraction; negative when `to` is earlier.
[[nodiscard]] inline double DaysBetween(Instant from, Instant to) {
  constexpr double kMsPerDay = 86'400'000;
  return static_cast<double>((to - from).count()) / kMsPerDay;
}

}  // namespace mainstay::risk
