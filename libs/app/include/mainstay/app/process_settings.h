// The settings of a service process, checked: what proto/mainstay/config/v1/process.proto says, as values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream_kafka/kafka_cluster.h"
#include "mainstay/telemetry/log.h"

namespace mainstay::config::v1 {
class ProcessConfig;
}

namespace mainstay::app {

inline constexpr const char* kServices[] = {"segmentation", "cadence", "notification"};  // The line, in its order.

struct ProcessSettings {
  stream_kafka::ClusterSettings cluster;
  std::int32_t partitions = 0;
  std::filesystem::path state_directory;
  std::size_t memory_bytes = 0;
  std::string listen;
  std::string address;  // Empty: what `listen` bound.
  std::string health_listen;
  std::string metrics_listen;  // Empty: off.
  bool data_clock = false;
  std::string member;
  Duration session_timeout{};
  std::vector<std::string> processed_by;
  telemetry::Severity log_severity = telemetry::Severity::kInfo;
  Duration drain{};
  Duration wait{};
};

// Writes the default of every setting that is not given.
void FillDefaults(const std::string& service, config::v1::ProcessConfig& config);
// kInvalidArgument whose field is the setting and whose message says what it takes. REQUIRES: FillDefaults was called.
[[nodiscard]] Result<ProcessSettings> CheckSettings(const config::v1::ProcessConfig& config);

}  // namespace mainstay::app
