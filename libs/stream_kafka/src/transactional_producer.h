// TransactionalProducer: the one producer of a shard. Making it fences every earlier one with the same id.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cluster_parts.h"
#include "handles.h"
#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream_kafka/wire_record.h"

namespace mainstay::stream_kafka {

struct ProducerSettings {
  std::string transactional_id;
  Duration transaction_timeout{};
  Duration request_timeout{};
  Duration init_timeout{};
};

// Where the delivery reports of one topic go: the last offset of the open transaction, -1 before the first.
struct DeliverySlot {
  std::int64_t last = -1;
};

// One thread.
class TransactionalProducer {
 public:
  // Returns when every earlier transaction of this id has its outcome. Connects, so it may wait.
  [[nodiscard]] static Result<std::unique_ptr<TransactionalProducer>> Make(ClusterParts& cluster,
                                                                           const ProducerSettings& settings);
  ~TransactionalProducer();
  TransactionalProducer(const TransactionalProducer&) = delete;
  TransactionalProducer& operator=(const TransactionalProducer&) = delete;

  // A topic's handle lives as long as the producer. Also gets its metadata, which the first record would wait for.
  [[nodiscard]] Result<rd_kafka_topic_t*> Topic(const std::string& name);

  // After an error here call Abandon for what to tell the loop.
  [[nodiscard]] Result<void> Begin();
  // `value` with a null data pointer is a null value. `slot` may be null and outlives the transaction.
  [[nodiscard]] Result<void> Produce(rd_kafka_topic_t* topic, std::int32_t partition, std::string_view key,
                                     std::string_view value, DeliverySlot* slot);
  [[nodiscard]] Result<void> ProduceWire(rd_kafka_topic_t* topic, const WireRecord& record, DeliverySlot* slot);
  // kCommitted and kAborted are certain; after anything else this producer must be destroyed.
  [[nodiscard]] stream::Outcome Commit();
  void Flush();  // Until the open transaction's records are on their topics; Commit does it itself.
  // Something before Commit failed: aborts if that is possible.
  [[nodiscard]] stream::Outcome Abandon();

  // A transactional request timed out or lost its connection: it may still be under way, and decide a transaction that
  // comes later (KAFKA-17754). The producer must be destroyed before the next one begins.
  [[nodiscard]] bool tainted() const { return taint_->load(std::memory_order_acquire); }
  void Taint() { taint_->store(true); }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  TransactionalProducer(ClientHandle client, std::shared_ptr<std::atomic<bool>> taint,
                        const ProducerSettings& settings);
  [[nodiscard]] Result<void> Send(const rd_kafka_vu_t* parts, std::size_t count);
  [[nodiscard]] stream::Outcome Classify(const rd_kafka_error_t* error);
  [[nodiscard]] stream::Outcome Abort();

  const ProducerSettings settings_;
  std::shared_ptr<std::atomic<bool>> taint_;  // Outlives the client's threads, which set it.
  std::map<std::string, TopicHandle> topics_;
  ClientHandle client_;
  std::string last_error_;
};

}  // namespace mainstay::stream_kafka
