// A whole service process: settings, signals, wiring, doors, health, metrics, ordered shutdown. A service's main is one
// call.
//
//   mainstay-cadence --config cadence.textproto --set listen=0.0.0.0:7402
//   mainstay-cadence --check-config ...   says whether the settings are good (exit 0 or 2)
//   mainstay-cadence --print-config ...   prints all of them with their defaults
//
// Shutdown on SIGTERM or SIGINT: health says NOT_SERVING, the drain delay passes, streams and senders end, running
// calls finish, shards commit and are released.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>

#include "mainstay/app/event_format.h"
#include "mainstay/app/service_module.h"

namespace mainstay::app {

struct ServiceProgram {
  std::string service;  // "cadence"
  // The service's message of proto/mainstay/config/v1, empty; it has a field `process`.
  std::unique_ptr<google::protobuf::Message> config;
  // Makes the service of an installation from its checked settings.
  std::function<Result<ServiceModule>(const std::string& prefix, const google::protobuf::Message& config)> make_module;
  EventFormat format;
};

// Exit codes: 0 stopped as asked, 2 wrong usage or settings, 3 an address is taken or a file cannot be read, 4 failed.
[[nodiscard]] int RunService(int argc, char** argv, ServiceProgram program);

}  // namespace mainstay::app
