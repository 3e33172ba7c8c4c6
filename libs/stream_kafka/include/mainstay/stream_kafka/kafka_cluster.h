// KafkaCluster: what the shards of one service in one process share on one Kafka cluster: the consumer that reads
// input, the one that restores state, and the one that asks for offsets. A partition of a topic has one reader in it:
// two services in a process need one each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"

namespace mainstay::stream_kafka {

struct ClusterSettings {
  std::string brokers;  // "host:port,host:port": any of the cluster, the rest is learned.
  // Of group and transactional ids; two installations on one cluster differ in it.
  std::string installation = "mainstay";
  // Further librdkafka properties for every client, e.g. security.protocol, sasl.*, ssl.*. What the runtime depends on
  // (acks, isolation.level, offsets ...) cannot be overridden: kInvalidArgument.
  std::map<std::string, std::string> properties;
  // Lines of librdkafka with their syslog severity (3 error, 4 warning ...). Called from its threads; must not block.
  std::function<void(int severity, std::string_view line)> log;
};

// Part of the process's memory budget; divided by `shards`.
struct ClusterMemory {
  std::size_t consumer_queue_bytes = 64 << 20;  // Records fetched ahead of the shard loops.
  std::size_t producer_queue_bytes = 32 << 20;  // Records on their way out.
  std::int32_t shards = 8;                      // How many this process expects to own at most.
};

struct OffsetRange {
  std::int64_t begin = 0;  // First offset that is kept.
  std::int64_t end = 0;    // High watermark: open transactions included.
};

struct ClusterParts;  // Private.

// Any thread. Outlives everything made with it.
class KafkaCluster {
 public:
  // Starts the clients; does not wait for a broker. kInvalidArgument: a property librdkafka or the runtime refuses.
  [[nodiscard]] static Result<std::unique_ptr<KafkaCluster>> Open(const ClusterSettings& settings,
                                                                  const ClusterMemory& memory = {});
  ~KafkaCluster();
  KafkaCluster(const KafkaCluster&) = delete;
  KafkaCluster& operator=(const KafkaCluster&) = delete;

  // kUnavailable, with the addresses tried, when no broker answers within `timeout`.
  [[nodiscard]] Result<void> CheckReachable(Duration timeout) const;
  // kNotFound: there is no such topic. kUnavailable: no broker answered.
  [[nodiscard]] Result<std::int32_t> PartitionCount(const std::string& topic, Duration timeout) const;
  [[nodiscard]] Result<OffsetRange> Offsets(const std::string& topic, std::int32_t partition, Duration timeout) const;
  // Of one partition of several topics, in two requests; in the order of `topics`.
  [[nodiscard]] Result<std::vector<OffsetRange>> Offsets(const std::vector<std::string>& topics, std::int32_t partition,
                                                         Duration timeout) const;
  // A line about the last connection failure of any client here; empty while all is well.
  [[nodiscard]] std::string last_error() const;

  [[nodiscard]] const ClusterSettings& settings() const;
  [[nodiscard]] ClusterParts& parts() const { return *parts_; }  // For this library.

 private:
  explicit KafkaCluster(std::unique_ptr<ClusterParts> parts);
  std::unique_ptr<ClusterParts> parts_;
};

}  // namespace mainstay::stream_kafka
