#include "module.h"

#include <cstdlib>
#include <memory>
#include <utility>

#include "doors.h"
#include "processor.h"
#include "topology.h"

namespace mainstay::notification {

app::ServiceModule MakeNotificationModule(const std::string& prefix, NotificationOptions options) {
  if (const char* key = std::getenv("MAINSTAY_SECRETS_KEY"); key != nullptr && options.secrets_key.empty()) {
    options.secrets_key = key;
  }
  const auto topology = std::make_shared<const stream::Topology>(MakeTopology(prefix));
  app::ServiceModule module;
  module.topology = *topology;
  module.make_processor = [](std::int32_t, std::int32_t) { return std::make_unique<NotificationProcessor>(); };
  module.make_doors = [topology, options = std::move(options)](const app::System& system) {
    return MakeNotificationDoors(system, *topology, options);
  };
  return module;
}

}  // namespace mainstay::notification
