// The service's place in the world: names and numbers of its topics.
#pragma once

#include <string>

#include "mainstay/stream/record.h"

namespace mainstay::notification {

// In the order of ties.
enum Input : stream::TopicId {
  kClientEventsInput,
  kTouchEventsInput,
  kSegmentsInput,
  kCadenceEventsInput,
  kChurnRiskInput,
  kPromptsInput,  // Our own output, read back so that webhooks hear of prompts too.
  kInternalInput,
  kDeliveriesInput,
  kRedriveInput,
};
inline constexpr stream::OutputId kPromptsOutput = 0;
inline constexpr stream::OutputId kDeliveriesOutput = 1;  // One event for one endpoint, to the endpoint's shard.
inline constexpr stream::OutputId kInternalOutput = 2;
inline constexpr stream::OutputId kDeliveryEventsOutput = 3;

// Key of every command; never the runtime's own kTickKey.
inline constexpr const char* kCommandKey = "command";

// `prefix` is the installation's ("mainstay").
[[nodiscard]] stream::Topology MakeTopology(const std::string& prefix);

}  // namespace mainstay::notification
