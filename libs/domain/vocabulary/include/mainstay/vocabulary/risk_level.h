// Level of churn risk; ordered, so std::max works.
#pragma once

#include <cstdint>
#include <string_view>

namespace mainstay {

enum class RiskLevel : std::uint8_t { kLow = 0, kElevated = 1, kHigh = 2 };

[[nodiscard]] constexpr std::string_view RiskLevelName(RiskLevel level) {
  switch (level) {
    case RiskLevel::kElevated: return "ELEVATED";
    case RiskLevel::kHigh: return "HIGH";
    case RiskLevel::kLow: break;
  }
  return "LOW";
}

}  // namespace mainstay
