// Topics as a plan, applied idempotently.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream_kafka/kafka_cluster.h"

namespace mainstay::stream_kafka {

struct TopicSpec {
  std::string name;
  std::int32_t partitions = 0;
  std::int16_t replication = 1;
  std::map<std::string, std::string> config;  // Kafka's names: cleanup.policy, retention.ms ...
};
using TopicPlan = std::vector<TopicSpec>;

struct TopicOutcome {
  enum class Kind : std::uint8_t { kUnchanged, kCreated, kReconfigured };
  std::string name;
  Kind kind = Kind::kUnchanged;
  std::vector<std::string> changes;  // "retention.ms: 604800000 -> 1209600000"
};

// Creates what is missing and sets the configuration of what is there; never deletes and never adds partitions, because
// that would move books to other shards. Everything is checked before anything is changed:
//   kFailedPrecondition  a topic has another number of partitions (the sentence names both numbers)
//   kInvalidArgument     the cluster refuses a configuration or the replication
//   kUnavailable         no broker answered
// `dry_run` reports what would be done.
[[nodiscard]] Result<std::vector<TopicOutcome>> ApplyTopics(const KafkaCluster& cluster, const TopicPlan& plan,
                                                            Duration timeout, bool dry_run = false);
// What a service checks at start: every topic is there with the planned number of partitions.
//   kNotFound            names the first missing topic and the command that makes it
//   kFailedPrecondition  as above
[[nodiscard]] Result<void> CheckTopics(const KafkaCluster& cluster, const TopicPlan& plan, Duration timeout);

}  // namespace mainstay::stream_kafka
