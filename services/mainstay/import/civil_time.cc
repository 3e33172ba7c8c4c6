#include "civil_time.h"

#include <date/date.h>

#include <algorithm>
#include <optional>
#include <sstream>

namespace mainstay::import {
namespace {

tl::unexpected<Error> BadTime(std::string_view text, const std::string& format) {
  return InvalidField(
      "time", "'" + std::string(text) + "' is not a time" +
                  (format.empty() ? " in an ISO form such as 2010-12-01 08:26:00; name another with --time-format"
                                  : " of the form " + format));
}

// Two decimal digits at `pos`, or -1.
int TwoDigits(std::string_view text, std::size_t pos) {
  if (pos + 2 > text.size() || text[pos] < '0' || text[pos] > '9' || text[pos + 1] < '0' || text[pos + 1] > '9')
    return -1;
  return (text[pos] - '0') * 10 + (text[pos + 1] - '0');
}

LocalTime AsLocal(Day day) { return LocalTime{Duration{std::chrono::milliseconds{Instant{day}.time_since_epoch()}}}; }

// "2010-12-01 08:26[:00]" without a zone; nullopt if it is something else.
std::optional<LocalTime> IsoLocal(std::string_view text) {
  const Result<Day> day = ParseDay(text.substr(0, std::min<std::size_t>(text.size(), 10)));
  if (!day) return std::nullopt;
  if (text.size() == 10) return AsLocal(*day);
  if (text.size() < 16 || (text[10] != ' ' && text[10] != 'T') || text[13] != ':') return std::nullopt;
  const int hour = TwoDigits(text, 11);
  const int minute = TwoDigits(text, 14);
  const int second = text.size() == 16 ? 0 : text[16] == ':' ? TwoDigits(text, 17) : -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
  if (text.size() != 16 && text.size() != 19) return std::nullopt;
  return AsLocal(*day) + std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

}  // namespace

Result<Instant> ParseFileTime(std::string_view text, const std::string& format, const ZoneRules& zone) {
  if (!format.empty()) {
    std::istringstream in{std::string(text)};
    std::chrono::time_point<date::local_t, Duration> local;
    in >> date::parse(format, local);
    if (in.fail() || (in.peek() != std::char_traits<char>::eof())) return BadTime(text, format);
    return zone.ToInstant(LocalTime{local.time_since_epoch()});
  }
  if (const std::optional<LocalTime> local = IsoLocal(text)) return zone.ToInstant(*local);
  const Result<Instant> absolute = ParseInstant(text);
  if (!absolute) return BadTime(text, format);
  return absolute;
}

}  // namespace mainstay::import
