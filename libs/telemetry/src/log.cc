#include "mainstay/telemetry/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "mainstay/base/instant.h"

namespace mainstay::telemetry {
namespace {

constexpr std::array<const char*, 10> kKeyNames = {"address",   "clock", "directory", "endpoint", "message",
                                                   "partition", "pid",   "seconds",   "service",  "version"};

spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("mainstay", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::info);
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum Level(Severity severity) {
  switch (severity) {
    case Severity::kDebug: return spdlog::level::debug;
    case Severity::kInfo: return spdlog::level::info;
    case Severity::kWarning: return spdlog::level::warn;
    case Severity::kError: break;
  }
  return spdlog::level::err;
}

}  // namespace

void SetLogSeverity(Severity least) { Logger().set_level(Level(least)); }

void Log(Severity severity, std::string_view event, std::initializer_list<LogField> fields) {
  const auto level = Level(severity);
  if (!Logger().should_log(level)) return;
  nlohmann::ordered_json line;
  line["ts"] = FormatInstant(std::chrono::floor<Duration>(std::chrono::system_clock::now()));
  line["level"] = spdlog::level::to_string_view(level).data();
  line["event"] = event;
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[kKeyNames[static_cast<std::size_t>(field.key)]] = value; }, field.value);
  }
  Logger().log(level, line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  Logger().flush();
}

}  // namespace mainstay::telemetry
