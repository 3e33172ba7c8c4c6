// Structured logs: one JSON object per line on stderr. Any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace mainstay::telemetry {

enum class Severity : std::uint8_t { kDebug, kInfo, kWarning, kError };

// The fields a log line may carry. Nothing that names a client or a person is among them.
enum class LogKey : std::uint8_t {
  kAddress,
  kClock,
  kDirectory,
  kEndpoint,
  kMessage,
  kPartition,
  kPid,
  kSeconds,
  kService,
  kVersion,
};

struct LogField {
  LogKey key;
  std::variant<std::string, std::int64_t, double> value;
};

void SetLogSeverity(Severity least);
// Writes {"ts":...,"level":...,"event":<event>, fields...}. `event` is a constant such as "service_started".
void Log(Severity severity, std::string_view event, std::initializer_list<LogField> fields);

}  // namespace mainstay::telemetry
