// The topics of an installation, as deploy/topics.textproto says (compiled in): what `mainstay topics apply` makes and
// what every service checks at start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream_kafka/topics.h"

namespace mainstay::app {

struct TopicChoices {
  std::string installation = "mainstay";
  std::int32_t partitions = 24;
  std::int16_t replication = 1;
  bool data_clock = false;
};

struct PlannedTopic {
  stream_kafka::TopicSpec spec;
  std::string what;  // For people.
};

// kInternal if the text is not what the code expects.
[[nodiscard]] Result<std::vector<PlannedTopic>> PlanTopics(const TopicChoices& choices);
[[nodiscard]] stream_kafka::TopicPlan SpecsOf(const std::vector<PlannedTopic>& planned);
// Those a service reads or writes: its own, and the public ones.
[[nodiscard]] stream_kafka::TopicPlan SpecsOf(const std::vector<PlannedTopic>& planned, const std::string& installation,
                                              const std::string& service);

}  // namespace mainstay::app
