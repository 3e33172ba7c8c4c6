// The notification service as data: who must be told, and were they?
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mainstay/app/service_module.h"
#include "mainstay/base/instant.h"

namespace mainstay::notification {

struct NotificationOptions {
  // Networks that webhooks may reach although they are not public ("127.0.0.0/8"); what is none is ignored with the
  // safe answer: nothing is opened. Empty by default.
  std::vector<std::string> allowed_cidrs;
  Duration keep_alive = std::chrono::seconds{10};  // An idle stream sends its token this often.
  std::string ca_file;                             // PEM, for webhooks; empty: the system's certificates.
  std::string secrets_key;                         // secret_box.h; empty: MAINSTAY_SECRETS_KEY.
  std::filesystem::path secrets_key_file;          // Instead of it: made when it is not there.
};

[[nodiscard]] app::ServiceModule MakeNotificationModule(const std::string& prefix, NotificationOptions options = {});

}  // namespace mainstay::notification
