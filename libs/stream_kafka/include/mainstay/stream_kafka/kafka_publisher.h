// KafkaPublisher: appends to input topics, outside transactions: idempotent producer, acks from all replicas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream_kafka/kafka_cluster.h"
#include "mainstay/stream_kafka/wire_record.h"

namespace mainstay::stream_kafka {

struct Outgoing {
  std::string topic;
  std::int32_t partition = 0;  // PartitionOf(book id, partitions): always explicit.
  std::string key;
  std::optional<std::string> value;
  std::vector<Header> headers;
  std::int64_t timestamp_ms = 0;  // 0: now. Topics with LogAppendTime overwrite it.
};

struct Appended {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

struct PublisherSettings {
  std::size_t queue_bytes = 16 << 20;                    // Records on their way; more wait in Publish.
  Duration delivery_timeout = std::chrono::seconds{30};  // Then their fate is unknown and Done gets kUnavailable.
};

class KafkaPublisher {
 public:
  // In the order of the records, or the first error: then the fate of all of them is unknown, and publishing them again
  // is safe, since readers drop what they have seen. Called from the publisher's own thread; must not block.
  using Done = std::function<void(Result<std::vector<Appended>>)>;

  // Does not wait for a broker.
  [[nodiscard]] static Result<std::unique_ptr<KafkaPublisher>> Open(const ClusterSettings& cluster,
                                                                    const PublisherSettings& settings = {});
  // Waits for what is on its way, at most `delivery_timeout`; every Done is called before it returns.
  ~KafkaPublisher();
  KafkaPublisher(const KafkaPublisher&) = delete;
  KafkaPublisher& operator=(const KafkaPublisher&) = delete;

  // Any thread. Records of one call stay in order per partition. Blocks while the queue is full.
  void Publish(std::vector<Outgoing> records, Done done);

 private:
  class Impl;
  explicit KafkaPublisher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mainstay::stream_kafka
