// The words of reasons. English, short, numbers with one decimal; the same in every locale.
#pragma once

#include <cstddef>
#include <string>

#include "mainstay/risk/signals.h"

namespace mainstay::risk {

[[nodiscard]] std::string OneDecimal(double value);
// 1, "order" -> "1 order"; 2 -> "2 orders".
[[nodiscard]] std::string Counted(std::int64_t count, const std::string& noun);
// What signal `kind` says at t. `events`: how many it rests on. REQUIRES: the signal is not 0.
[[nodiscard]] std::string SignalText(const SignalFacts& facts, SignalKind kind, std::size_t events, Instant t);

}  // namespace mainstay::risk
