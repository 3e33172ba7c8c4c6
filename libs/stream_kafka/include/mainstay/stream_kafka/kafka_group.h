// KafkaGroup: which shards this process should run, by Kafka's own consumer group.
//
// A membership consumer subscribes to the input topics with the `range` assignor and a static member id, pauses what it
// is assigned and never receives a record. A revocation is not a release: the group revokes everything at every change,
// so shards run on until the next assignment says which of them are gone. All are released when the assignment was lost
// (session over, fenced) or no assignment followed a revocation within `release_after`.
//
// Ownership is only liveness: safety is the transactional id's (kafka_shard_log.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream_kafka/kafka_cluster.h"

namespace mainstay::stream_kafka {

struct GroupSettings {
  std::string service;              // group.id = <installation>.<service>
  std::vector<std::string> topics;  // The service's inputs, full names; all with the same number of partitions.
  // Where others reach this member, "<dns name>:<port>", never an IP: it becomes the client id, which is the routing
  // table, and a static member that comes back keeps its old one.
  std::string address;
  std::string member;  // group.instance.id, e.g. the pod's name; empty: a dynamic member.
  Duration session_timeout = std::chrono::seconds{10};
  Duration heartbeat_interval = std::chrono::seconds{2};
  Duration release_after = std::chrono::seconds{30};
};

struct OwnershipChange {
  std::vector<std::int32_t> gained;  // Sorted.
  std::vector<std::int32_t> lost;    // Sorted.
  bool assignment_lost = false;      // The group went on without us: what was lost has new owners already.
  [[nodiscard]] bool empty() const { return gained.empty() && lost.empty(); }
};

struct GroupMember {
  std::string address;  // Its client id.
  std::string member;   // Its group.instance.id; empty for a dynamic one.
  std::string host;     // As the broker sees it.
  std::vector<std::int32_t> shards;
};

struct ShardPosition {  // For the mirror in __consumer_offsets.
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t position = 0;  // Next offset to read.
  friend bool operator==(const ShardPosition&, const ShardPosition&) = default;
};

[[nodiscard]] std::string GroupId(const std::string& installation, const std::string& service);

// One thread, except where it says "any thread".
class KafkaGroup {
 public:
  // Subscribes; does not wait for a broker.
  [[nodiscard]] static Result<std::unique_ptr<KafkaGroup>> Join(const ClusterSettings& cluster, GroupSettings settings);
  // Leaves without telling (a static member keeps its shards until its session is over, so that a restart moves
  // nothing).
  ~KafkaGroup();
  KafkaGroup(const KafkaGroup&) = delete;
  KafkaGroup& operator=(const KafkaGroup&) = delete;

  // Serves the group for at most `timeout`; returns at once when ownership changed. Call it all the time.
  // kFailedPrecondition: fenced by another process with the same member name; leave and stop. Everything is lost then.
  [[nodiscard]] Result<OwnershipChange> Poll(Duration timeout);

  [[nodiscard]] std::vector<std::int32_t> owned() const;  // Sorted. Any thread.
  // Since the coordinator last answered a heartbeat; a large value means the shards may belong to others by now.
  [[nodiscard]] Duration SinceHeartbeat() const;  // Any thread.
  // Copies positions to __consumer_offsets, where lag tools look; asynchronous, failures are ignored. At most once a
  // second, only for owned shards.
  void Mirror(std::span<const ShardPosition> positions);
  // Unsubscribes, and for a dynamic member leaves the group.
  void Leave();

 private:
  class Impl;
  explicit KafkaGroup(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The routing table of a service: who owns what, as the coordinator knows it. Any thread.
// kUnavailable: no coordinator answered, or the group is in the middle of a change (try again).
[[nodiscard]] Result<std::vector<GroupMember>> DescribeGroup(const KafkaCluster& cluster, const std::string& service,
                                                             Duration timeout);

}  // namespace mainstay::stream_kafka
