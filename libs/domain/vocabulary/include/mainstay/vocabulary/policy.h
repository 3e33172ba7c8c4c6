// How a book cuts its ranking into tiers; a value of PolicySet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"

namespace mainstay {

struct TierPolicy {
  enum class Kind : std::uint8_t {
    kPareto,   // 80/20 applied twice by client count: A the top 20 %, A and B the top 36 %. The default.
    kSplit,    // A, B, C hold a, b, c percent of the clients.
    kRevenue,  // A iff the clients above carry less than 80 % of the revenue, B less than 96 %.
  };
  Kind kind = Kind::kPareto;
  // Whole percents that add up to 100, a >= 1. Only for kSplit; else 0.
  int a = 0;
  int b = 0;
  int c = 0;
  friend bool operator==(const TierPolicy&, const TierPolicy&) = default;
};

// "pareto", "split 20/20/60" or "revenue"; outer and repeated blanks are forgiven. Error field: "tiers".
[[nodiscard]] Result<TierPolicy> ParseTierPolicy(std::string_view text);
// The text that parses back to the same policy.
[[nodiscard]] std::string FormatTierPolicy(const TierPolicy& policy);

}  // namespace mainstay
