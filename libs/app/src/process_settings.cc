#include "mainstay/app/process_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iterator>

#include "mainstay/config/v1/process.pb.h"

namespace mainstay::app {
namespace {

constexpr std::int32_t kMaxPartitions = 1024;
constexpr std::size_t kLeastMemory = 64 << 20;
constexpr std::string_view kFromEnvironment = "env:";

std::string PortOf(const std::string& service, int base) {
  const auto* place = std::find(std::begin(kServices), std::end(kServices), service);
  return "127.0.0.1:" + std::to_string(base + static_cast<int>(place - std::begin(kServices)));
}

template <class Setter>
void Default(const std::string& value, const std::string& otherwise, Setter set) {
  if (value.empty()) set(otherwise);
}

Result<std::size_t> Bytes(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::array<std::pair<std::string_view, unsigned>, 3> kUnits{{{"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};
  for (const auto& [name, shift] : kUnits) {
    if (error == std::errc{} && unit == name && (number << shift) >= kLeastMemory) return number << shift;
  }
  return InvalidField("memory_budget",
                      "'" + text + "' is no amount of memory of at least 64MiB, such as 512MiB or 2GiB");
}

Result<void> CheckAddress(const char* field, const std::string& address) {
  const std::size_t colon = address.rfind(':');
  int port = -1;
  if (colon != std::string::npos && colon > 0) {
    std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  }
  if (port >= 0 && port <= 65535) return {};
  return InvalidField(field, "'" + address + "' is no HOST:PORT");
}

Result<std::int32_t> InRange(const char* field, std::int32_t value, std::int32_t least, std::int32_t most) {
  if (value >= least && value <= most) return value;
  return InvalidField(
      field, std::to_string(value) + " is not between " + std::to_string(least) + " and " + std::to_string(most));
}

Result<telemetry::Severity> SeverityOf(const std::string& name) {
  using telemetry::Severity;
  constexpr std::array<std::pair<const char*, Severity>, 4> kNames{{{"debug", Severity::kDebug},
                                                                    {"info", Severity::kInfo},
                                                                    {"warning", Severity::kWarning},
                                                                    {"error", Severity::kError}}};
  for (const auto& [text, severity] : kNames) {
    if (name == text) return severity;
  }
  return InvalidField("log_level", "'" + name + "' is none of debug, info, warning, error");
}

Result<void> CheckNames(const config::v1::ProcessConfig& config) {
  const std::string& name = config.installation();
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!plain || name.size() > 100) {
    return InvalidField("installation", "'" + name + "' is not made of up to 100 letters, digits, - and _");
  }
  if (config.clock() != "wall" && config.clock() != "data") {
    return InvalidField("clock", "'" + config.clock() + "' is neither wall nor data");
  }
  for (const std::string& service : config.processed_by()) {
    if (std::find(std::begin(kServices), std::end(kServices), service) == std::end(kServices)) {
      return InvalidField("processed_by", "there is no service '" + service + "'");
    }
  }
  return {};
}

Result<std::map<std::string, std::string>> Properties(const config::v1::ProcessConfig& config) {
  std::map<std::string, std::string> properties;
  for (const auto& [name, value] : config.kafka_properties()) {
    if (!value.starts_with(kFromEnvironment)) {
      if (name.find("password") != std::string::npos) {
        return InvalidField("kafka_properties", name + " is a secret: give it as env:NAME");
      }
      properties[name] = value;
      continue;
    }
    const std::string variable = value.substr(kFromEnvironment.size());
    const char* secret = std::getenv(variable.c_str());
    if (secret == nullptr) {
      return InvalidField("kafka_properties", name + " is to be read from " + variable + ", which is not set");
    }
    properties[name] = secret;
  }
  return properties;
}

}  // namespace

void FillDefaults(const std::string& service, config::v1::ProcessConfig& config) {
  Default(config.kafka_brokers(), "127.0.0.1:9092", [&](const auto& v) { config.set_kafka_brokers(v); });
  Default(config.installation(), "mainstay", [&](const auto& v) { config.set_installation(v); });
  Default(config.state_directory(), "./var/" + service, [&](const auto& v) { config.set_state_directory(v); });
  Default(config.memory_budget(), "512MiB", [&](const auto& v) { config.set_memory_budget(v); });
  Default(config.listen(), PortOf(service, 7401), [&](const auto& v) { config.set_listen(v); });
  Default(config.metrics_listen(), PortOf(service, 9401), [&](const auto& v) { config.set_metrics_listen(v); });
  Default(config.clock(), "wall", [&](const auto& v) { config.set_clock(v); });
  Default(config.log_level(), "info", [&](const auto& v) { config.set_log_level(v); });
  if (config.partitions() == 0) config.set_partitions(24);
  if (config.session_timeout_ms() == 0) config.set_session_timeout_ms(10'000);
  if (config.wait_ms() == 0) config.set_wait_ms(30'000);
  if (config.processed_by().empty()) {
    for (const char* name : kServices) config.add_processed_by(name);
  }
}

Result<ProcessSettings> CheckSettings(const config::v1::ProcessConfig& config) {
  ProcessSettings settings;
  MAINSTAY_TRY(CheckNames(config));
  MAINSTAY_TRY_ASSIGN(properties, Properties(config));
  MAINSTAY_TRY_ASSIGN(partitions, InRange("partitions", config.partitions(), 1, kMaxPartitions));
  MAINSTAY_TRY_ASSIGN(memory, Bytes(config.memory_budget()));
  MAINSTAY_TRY(CheckAddress("listen", config.listen()));
  if (!config.address().empty()) MAINSTAY_TRY(CheckAddress("address", config.address()));
  if (!config.health_listen().empty()) MAINSTAY_TRY(CheckAddress("health_listen", config.health_listen()));
  const bool metrics = config.metrics_listen() != "off";
  if (metrics) MAINSTAY_TRY(CheckAddress("metrics_listen", config.metrics_listen()));
  MAINSTAY_TRY_ASSIGN(session, InRange("session_timeout_ms", config.session_timeout_ms(), 6'000, 300'000));
  MAINSTAY_TRY_ASSIGN(drain, InRange("drain_ms", config.drain_ms(), 0, 60'000));
  MAINSTAY_TRY_ASSIGN(wait, InRange("wait_ms", config.wait_ms(), 100, 600'000));
  MAINSTAY_TRY_ASSIGN(severity, SeverityOf(config.log_level()));
  settings.cluster.brokers = config.kafka_brokers();
  settings.cluster.installation = config.installation();
  settings.cluster.properties = std::move(properties);
  settings.partitions = partitions;
  settings.state_directory = config.state_directory();
  settings.memory_bytes = memory;
  settings.listen = config.listen();
  settings.address = config.address();
  settings.health_listen = config.health_listen();
  if (metrics) settings.metrics_listen = config.metrics_listen();
  settings.data_clock = config.clock() == "data";
  settings.member = config.member();
  settings.session_timeout = Duration{session};
  settings.processed_by.assign(config.processed_by().begin(), config.processed_by().end());
  settings.log_severity = severity;
  settings.drain = Duration{drain};
  settings.wait = Duration{wait};
  return settings;
}

}  // namespace mainstay::app
