// The seed of a random test. `MAINSTAY_SEED=N` replays; otherwise every run uses a fresh one and a failure prints it.
#pragma once

#include <cstdint>

namespace mainstay::testing {
[[nodiscard]] std::uint64_t SeedFromEnv();
}  // namespace mainstay::testing
