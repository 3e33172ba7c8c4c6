// Appending to topics on Kafka, and waiting until the services have taken it.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/app/ports.h"
#include "mainstay/app/process_settings.h"
#include "mainstay/stream_kafka/kafka_publisher.h"
#include "owned_shards.h"
#include "peers.h"

namespace mainstay::app {

// Any thread.
class KafkaPublishing {
 public:
  // All outlive it.
  [[nodiscard]] static Result<std::unique_ptr<KafkaPublishing>> Open(const ProcessSettings& settings,
                                                                     const stream::Topology& topology,
                                                                     const OwnedShards& shards, Peers& peers);

  // The records are appended at once; waiting for the services is done by whoever asks the future. On the data clock
  // both are done before it returns.
  [[nodiscard]] std::future<Result<std::vector<Acknowledgement>>> Publish(std::vector<Publication> publications,
                                                                          Wait wait);
  // Does not wait: a tick that is lost is appended again.
  void AppendTick(const std::string& topic, std::int32_t partition, Instant at);
  // A tick for every shard of every service; waits for the awaited ones.
  [[nodiscard]] Result<void> TickAll(Instant at);

 private:
  using Appended = Result<std::vector<stream_kafka::Appended>>;

  KafkaPublishing(const ProcessSettings& settings, const stream::Topology& topology, const OwnedShards& shards,
                  Peers& peers, std::unique_ptr<stream_kafka::KafkaPublisher> publisher)
      : settings_(settings), topology_(topology), shards_(shards), peers_(peers), publisher_(std::move(publisher)) {}

  [[nodiscard]] std::future<Appended> Append(std::vector<stream_kafka::Outgoing> records);
  [[nodiscard]] Result<std::vector<Acknowledgement>> PublishInOrder(const std::vector<std::string>& topics,
                                                                    std::vector<stream_kafka::Outgoing> records,
                                                                    Wait wait);
  [[nodiscard]] Result<std::vector<Acknowledgement>> Settle(const std::vector<std::string>& topics,
                                                            const Appended& appended, Wait wait) const;
  [[nodiscard]] std::vector<std::string> ReadersOf(const std::string& topic) const;
  [[nodiscard]] Result<std::vector<Objection>> Await(const std::string& service, const std::string& topic,
                                                     std::int32_t partition, const std::vector<std::int64_t>& offsets,
                                                     Deadline deadline) const;

  const ProcessSettings& settings_;
  const stream::Topology& topology_;
  const OwnedShards& shards_;
  Peers& peers_;
  std::unique_ptr<stream_kafka::KafkaPublisher> publisher_;
};

}  // namespace mainstay::app
