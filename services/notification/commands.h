// Commands of the doors, as records on the service's internal topic. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "mainstay/app/ports.h"
#include "mainstay/app/service_module.h"
#include "mainstay/base/result.h"
#include "mainstay/state/v1/notification.pb.h"
#include "mainstay/stream/record.h"

namespace mainstay::notification {

class Commands {
 public:
  Commands(const app::System& system, const stream::Topology& topology)
      : system_(system), topic_(topology.inputs[topology.internal]) {}

  // Appends the command and waits until its shard has taken it. Its refusal is the error.
  [[nodiscard]] Result<stream::Verdict::Kind> Run(std::int32_t partition,
                                                  const state::v1::NotificationCommand& command) const;
  // Appends it and does not wait.
  void Send(std::int32_t partition, const state::v1::NotificationCommand& command) const;

  [[nodiscard]] std::int32_t HomeOf(const std::string& endpoint) const;
  [[nodiscard]] const app::System& system() const { return system_; }

 private:
  [[nodiscard]] std::future<Result<std::vector<app::Acknowledgement>>> Publish(
      std::int32_t partition, const state::v1::NotificationCommand& command, app::Wait wait) const;

  app::System system_;
  std::string topic_;
};

}  // namespace mainstay::notification
