#include "mainstay/base/instant.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace mainstay {
namespace {

// Reads exactly `digits` decimal digits at `pos`; -1 if they are not there.
int Number(std::string_view text, std::size_t pos, std::size_t digits) {
  if (pos + digits > text.size()) return -1;
  int value = 0;
  for (std::size_t i = pos; i < pos + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

tl::unexpected<Error> BadInstant(std::string_view text) {
  return InvalidField("time", "'" + std::string(text) + "' is not an RFC 3339 time such as 2026-01-05T09:00:00Z");
}

// Parses "Z", "+hh:mm" or "-hh:mm" at `pos` to the end; minutes east of UTC.
Result<int> OffsetMinutes(std::string_view text, std::size_t pos) {
  if (pos + 1 == text.size() && (text[pos] == 'Z' || text[pos] == 'z')) return 0;
  if (pos + 6 != text.size() || (text[pos] != '+' && text[pos] != '-') || text[pos + 3] != ':') return BadInstant(text);
  const int hours = Number(text, pos + 1, 2);
  const int minutes = Number(text, pos + 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return BadInstant(text);
  return (text[pos] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::string FormatDay(Day day) {
  const std::chrono::year_month_day ymd{day};
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02u", static_cast<int>(ymd.year()),
                static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
  return buffer.data();
}

Result<Day> ParseDay(std::string_view text) {
  const int year = Number(text, 0, 4);
  const int month = Number(text, 5, 2);
  const int day = Number(text, 8, 2);
  if (text.size() == 10 && text[4] == '-' && text[7] == '-' && year >= 0 && month >= 0 && day >= 0) {
    const std::chrono::year_month_day ymd{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                          std::chrono::day{static_cast<unsigned>(day)}};
    if (ymd.ok()) return Day{ymd};
  }
  return InvalidField("date", "'" + std::string(text) + "' is not a date such as 2026-01-05");
}

std::string FormatInstant(Instant at) {
  const Day day = std::chrono::floor<std::chrono::days>(at);
  const std::int64_t ms = (at - day).count();
  std::array<char, 32> buffer{};
  const int written = std::snprintf(buffer.data(), buffer.size(), "T%02d:%02d:%02d", static_cast<int>(ms / 3600000),
                                    static_cast<int>(ms / 60000 % 60), static_cast<int>(ms / 1000 % 60));
  std::string text = FormatDay(day) + std::string(buffer.data(), static_cast<std::size_t>(written));
  if (ms % 1000 != 0) {
    std::snprintf(buffer.data(), buffer.size(), ".%03d", static_cast<int>(ms % 1000));
    text += buffer.data();
  }
  return text + "Z";
}

Result<Instant> ParseInstant(std::string_view text) {
  if (text.size() < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) return BadInstant(text);
  const Result<Day> day = ParseDay(text.substr(0, 10));
  const int hour = Number(text, 11, 2);
  const int minute = Number(text, 14, 2);
  const int second = Number(text, 17, 2);
  if (!day || text[13] != ':' || text[16] != ':' || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 59) {
    return BadInstant(text);
  }
  std::size_t pos = 19;
  std::int64_t ms = 0;
  if (text[pos] == '.') {
    std::int64_t scale = 100;
    const std::size_t first = ++pos;
    for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, scale /= 10)
      ms += scale * (text[pos] - '0');
    if (pos == first || pos - first > 9) return BadInstant(text);
  }
  if (pos >= text.size()) return BadInstant(text);
  const Result<int> offset = OffsetMinutes(text, pos);
  if (!offset) return tl::unexpected(offset.error());
  return Instant{*day} + std::chrono::hours{hour} + std::chrono::minutes{minute - *offset} +
         std::chrono::seconds{second} + Duration{ms};
}

}  // namespace mainstay
