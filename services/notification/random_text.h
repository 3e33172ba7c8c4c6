// Randomness for secrets and ids that nobody may guess, from the operating system. Any thread.
#pragma once

#include <cstddef>
#include <string>

#include "mainstay/base/result.h"

namespace mainstay::notification {

// Errors: kUnavailable, when the system has no randomness to give.
[[nodiscard]] Result<std::string> RandomBytes(std::size_t count);
// `prefix` and 32 hex digits.
[[nodiscard]] Result<std::string> RandomId(const char* prefix);

}  // namespace mainstay::notification
