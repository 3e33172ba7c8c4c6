// MAINSTAY_CHECK(condition, "what our own bug would mean"): on in every build, prints and aborts.
//
// For our own bugs only. Bad input is a Result; a business "no" is a fact.
#pragma once

namespace mainstay {
[[noreturn]] void CheckFailed(const char* condition, const char* message, const char* file, int line);
}  // namespace mainstay

#define MAINSTAY_CHECK(condition, message) \
  (static_cast<bool>(condition) ? void(0) : ::mainstay::CheckFailed(#condition, message, __FILE__, __LINE__))
