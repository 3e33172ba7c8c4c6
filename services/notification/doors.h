// NotificationService and the webhook sender.
#pragma once

#include <memory>

#include "mainstay/app/service_module.h"
#include "mainstay/stream/record.h"
#include "module.h"

namespace mainstay::notification {

// `topology` outlives the doors.
[[nodiscard]] std::unique_ptr<app::Doors> MakeNotificationDoors(const app::System& system,
                                                                const stream::Topology& topology,
                                                                const NotificationOptions& options);

}  // namespace mainstay::notification
