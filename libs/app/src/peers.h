// The other processes of the installation: who owns which shard of which service, and what they answer.
#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream_kafka/kafka_cluster.h"
#include "mainstay/stream_kafka/kafka_group.h"
#include "shard_progress.h"

namespace mainstay::app {

// Any thread.
class Peers {
 public:
  explicit Peers(const stream_kafka::KafkaCluster& cluster) : cluster_(cluster) {}

  // The owner's address. kUnavailable: nobody owns it right now, or the group cannot be asked.
  [[nodiscard]] Result<std::string> OwnerOf(const std::string& service, std::int32_t partition);
  // Everyone who runs the service. kUnavailable when nobody does.
  [[nodiscard]] Result<std::vector<std::string>> MembersOf(const std::string& service);
  // After a call failed: the next question asks the group again.
  void Forget(const std::string& service);
  [[nodiscard]] std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address);

  // Waits at the owner until the shard has taken the records. kUnavailable: not there, or not in time.
  [[nodiscard]] Result<std::vector<Objection>> Await(const std::string& address, const std::string& topic,
                                                     std::int32_t partition, const std::vector<std::int64_t>& offsets,
                                                     Deadline deadline);
  // The shard's committed state at its owner. Each Get and Scan sees one moment, but not the same one.
  [[nodiscard]] Result<std::unique_ptr<stream::Snapshot>> ReadShard(const std::string& address, std::int32_t partition);
  // Largest stream time of the shards at `address`; INT64_MIN before the first record.
  [[nodiscard]] Result<std::int64_t> StreamTimeMs(const std::string& address);

 private:
  struct Table {
    std::chrono::steady_clock::time_point asked_at{};
    std::vector<stream_kafka::GroupMember> members;
  };
  [[nodiscard]] Result<std::vector<stream_kafka::GroupMember>> Ask(const std::string& service, bool again);

  const stream_kafka::KafkaCluster& cluster_;
  std::mutex mutex_;
  std::map<std::string, Table> tables_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace mainstay::app
