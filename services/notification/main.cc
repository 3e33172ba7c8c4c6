// The notification service as a process of its own, over Kafka.
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <utility>

#include "mainstay/app/run_service.h"
#include "mainstay/config/v1/notification.pb.h"
#include "mainstay/door/service_parts.h"
#include "module.h"
#include "state.h"

namespace {

using mainstay::Duration;
using mainstay::Result;

// What the settings say about webhooks and streams.
Result<mainstay::notification::NotificationOptions> OptionsOf(const google::protobuf::Message& message) {
  const auto& config = static_cast<const mainstay::config::v1::NotificationConfig&>(message);
  mainstay::notification::NotificationOptions options;
  options.allowed_cidrs.assign(config.allowed_cidrs().begin(), config.allowed_cidrs().end());
  options.ca_file = config.ca_file();
  if (config.keep_alive_ms() == 0) return options;
  if (config.keep_alive_ms() < 100 || config.keep_alive_ms() > 600'000) {
    return mainstay::InvalidField("keep_alive_ms", "is not between 100 and 600000");
  }
  options.keep_alive = Duration{config.keep_alive_ms()};
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  return mainstay::app::RunService(
      argc, argv,
      {"notification", std::make_unique<mainstay::config::v1::NotificationConfig>(),
       [](const std::string& prefix,
          const google::protobuf::Message& message) -> mainstay::Result<mainstay::app::ServiceModule> {
         MAINSTAY_TRY_ASSIGN(options, OptionsOf(message));
         return mainstay::door::WithEventDoors(
             mainstay::notification::MakeNotificationModule(prefix, std::move(options)), prefix,
             mainstay::notification::kBooks);
       },
       mainstay::door::PublicEventFormat()});
}
