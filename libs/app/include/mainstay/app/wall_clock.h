// WallNow: the machine's clock in whole milliseconds, for what happens outside records (retention, retries, files).
#pragma once

#include <chrono>

#include "mainstay/base/instant.h"

namespace mainstay::app {

[[nodiscard]] inline Instant WallNow() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

}  // namespace mainstay::app
