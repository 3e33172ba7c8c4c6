// Time as values: instants in UTC milliseconds, civil days. No clock lives here.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"

namespace mainstay {

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Duration>;
using Day = std::chrono::sys_days;  // A civil date; which zone it is in is the holder's business.

[[nodiscard]] constexpr std::int64_t ToMs(Instant at) { return at.time_since_epoch().count(); }
[[nodiscard]] constexpr Instant FromMs(std::int64_t ms) { return Instant{Duration{ms}}; }
[[nodiscard]] constexpr std::int32_t ToDayNumber(Day day) {
  return static_cast<std::int32_t>(day.time_since_epoch().count());
}
[[nodiscard]] constexpr Day FromDayNumber(std::int32_t days) { return Day{std::chrono::days{days}}; }

// RFC 3339 in UTC: "2026-01-05T09:00:00Z", with ".123" only when the milliseconds are not zero.
[[nodiscard]] std::string FormatInstant(Instant at);
// Accepts any RFC 3339 offset ("Z", "+01:00") and up to nine fraction digits (truncated to milliseconds).
[[nodiscard]] Result<Instant> ParseInstant(std::string_view text);
// "YYYY-MM-DD"
[[nodiscard]] std::string FormatDay(Day day);
[[nodiscard]] Result<Day> ParseDay(std::string_view text);

}  // namespace mainstay
