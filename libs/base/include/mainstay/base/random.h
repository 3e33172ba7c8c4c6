// Seeded randomness, always passed in. Nothing here seeds itself.
#pragma once

#include <cstdint>
#include <random>

namespace mainstay {

using Random = std::mt19937_64;

// Uniform in [0, bound). REQUIRES: bound > 0. The same on every platform (std distributions are not).
[[nodiscard]] inline std::uint64_t Below(Random& random, std::uint64_t bound) {
  const std::uint64_t limit = Random::max() - Random::max() % bound;
  std::uint64_t value = random();
  while (value >= limit) value = random();
  return value % bound;
}

// Uniform in [0, 1) with 53 bits.
[[nodiscard]] inline double Uniform(Random& random) { return static_cast<double>(random() >> 11) * 0x1.0p-53; }

}  // namespace mainstay
