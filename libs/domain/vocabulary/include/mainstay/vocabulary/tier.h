// Tier A, B or C by what a client paid in the last 12 months; kNone for a client that pays nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mainstay {

enum class Tier : std::uint8_t { kNone = 0, kA = 1, kB = 2, kC = 3 };

[[nodiscard]] constexpr std::string_view TierName(Tier tier) {
  switch (tier) {
    case Tier::kA: return "A";
    case Tier::kB: return "B";
    case Tier::kC: return "C";
    case Tier::kNone: break;
  }
  return "NONE";
}

// The tier of a TierName(); nullopt for any other text.
[[nodiscard]] constexpr std::optional<Tier> ParseTier(std::string_view name) {
  for (const Tier tier : {Tier::kNone, Tier::kA, Tier::kB, Tier::kC}) {
    if (TierName(tier) == name) return tier;
  }
  return std::nullopt;
}

}  // namespace mainstay
