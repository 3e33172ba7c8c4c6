// The shards this process owns: a membership thread that follows the group, and a worker for each shard.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "kafka_shard_worker.h"
#include "mainstay/app/process_settings.h"
#include "mainstay/stream_kafka/kafka_group.h"
#include "mainstay/stream_kafka/topics.h"
#include "mainstay/telemetry/health.h"

namespace mainstay::app {

class OwnedShards {
 public:
  // All references outlive it. `topics` are checked before the group is joined.
  OwnedShards(const ProcessSettings& settings, const KafkaShardWorker::Setting& worker, stream_kafka::TopicPlan topics,
              telemetry::Health& health);
  ~OwnedShards();
  OwnedShards(const OwnedShards&) = delete;
  OwnedShards& operator=(const OwnedShards&) = delete;

  void Join(const std::string& address);
  void Stop();

  // The worker of an owned shard; null if it is not owned or ownership is not confirmed (after a freeze, say). Any
  // thread, as all below.
  [[nodiscard]] std::shared_ptr<KafkaShardWorker> Find(std::int32_t partition) const;
  [[nodiscard]] std::vector<std::shared_ptr<KafkaShardWorker>> All() const;
  [[nodiscard]] bool Confirmed() const;
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  void Run(const std::string& address);
  [[nodiscard]] bool AwaitTopics();
  [[nodiscard]] bool Serve();
  void Apply(const stream_kafka::OwnershipChange& change);
  void Report(stream_kafka::KafkaGroup& group);
  [[nodiscard]] std::string WhatIsMissing(const stream_kafka::KafkaGroup& group) const;
  void Mirror(stream_kafka::KafkaGroup& group);
  void Say(const std::string& reason);

  const ProcessSettings& settings_;
  const KafkaShardWorker::Setting& worker_;
  const stream_kafka::TopicPlan topics_;
  telemetry::Health& health_;
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::map<std::int32_t, std::shared_ptr<KafkaShardWorker>> workers_;
  std::shared_ptr<stream_kafka::KafkaGroup> group_;
  std::optional<Error> failure_;
  std::string said_;
  std::chrono::steady_clock::time_point joined_at_{};
  std::chrono::steady_clock::time_point mirrored_at_{};
  std::vector<stream_kafka::ShardPosition> mirrored_;
  std::thread thread_;
};

}  // namespace mainstay::app
