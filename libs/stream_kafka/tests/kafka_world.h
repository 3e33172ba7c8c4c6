// A fresh installation on the shared broker: topics with a prefix of their own, and what tests do to them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "broker.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream_kafka/kafka_cluster.h"
#include "mainstay/stream_kafka/kafka_publisher.h"
#include "mainstay/stream_kafka/kafka_shard_log.h"
#include "mainstay/stream_kafka/topic_reader.h"
#include "mainstay/stream_kafka/topics.h"
#include "mainstay/stream_rocksdb/local_store.h"
#include "mainstay/stream_rocksdb/shared_memory.h"
#include "mainstay/testing/temporary_directory.h"

namespace mainstay::stream_kafka {

class KafkaWorld {
 public:
  // Makes the topics of `topology` (whose names get the prefix), changelog and dedup.
  static Result<std::unique_ptr<KafkaWorld>> Make(const broker::Broker& broker, const stream::Topology& topology,
                                                  std::int32_t partitions = 1);

  [[nodiscard]] KafkaCluster& cluster() { return *cluster_; }
  [[nodiscard]] const stream::Topology& topology() const { return topology_; }
  [[nodiscard]] const std::string& prefix() const { return settings_.installation; }
  [[nodiscard]] const ClusterSettings& settings() const { return settings_; }
  [[nodiscard]] std::string Named(const std::string& topic) const { return prefix() + "." + topic; }
  [[nodiscard]] const TopicPlan& plan() const { return plan_; }

  // Appends and waits until it is durable. Offsets, or an empty list after a test failure.
  std::vector<std::int64_t> Append(const std::string& topic, std::int32_t partition,
                                   const std::vector<stream::Record>& records);
  // Everything committed; `topic` with its prefix.
  [[nodiscard]] std::vector<WireRecord> ReadAll(const std::string& topic, std::int32_t partition = 0);

  // Until no transaction is open in it.
  void AwaitMarkers(const std::string& topic, std::int32_t partition);

  // Takes the records below `offset` away, as retention does.
  void DeleteRecords(const std::string& topic, std::int32_t partition, std::int64_t offset);

  // What lag tools see; -1: nothing yet.
  [[nodiscard]] std::int64_t CommittedOffset(const std::string& service, const std::string& topic,
                                             std::int32_t partition);

  // A store in a directory; the same number finds what was there.
  [[nodiscard]] std::unique_ptr<stream_rocksdb::LocalStore> OpenStore(int number);
  [[nodiscard]] std::filesystem::path StorePath(int number) const {
    return directory_.path() / ("store-" + std::to_string(number));
  }

 private:
  testing::TemporaryDirectory directory_;
  stream_rocksdb::SharedMemory memory_;
  ClusterSettings settings_;
  stream::Topology topology_;
  TopicPlan plan_;
  std::unique_ptr<KafkaCluster> cluster_;
  std::unique_ptr<KafkaPublisher> publisher_;
  std::unique_ptr<TopicReader> reader_;
};

}  // namespace mainstay::stream_kafka
