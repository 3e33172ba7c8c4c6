// PartitionStream: one partition read through a consumer that is shared with others, at offsets we choose.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "handles.h"
#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"

namespace mainstay::stream_kafka {

// One thread, except where it says "any thread".
class PartitionStream {
 public:
  enum class Kind : std::uint8_t { kNothing, kRecord, kEnd };
  struct Item {  // Valid until the next Poll.
    Kind kind = Kind::kNothing;
    const rd_kafka_message_t* record = nullptr;
    std::int64_t end = 0;  // Of kEnd: nothing readable below it is left.
  };

  // `consumer` outlives it. `wake` is called from librdkafka's threads when an empty queue got something.
  PartitionStream(rd_kafka_t* consumer, std::string topic, std::int32_t partition, std::function<void()> wake = {});
  ~PartitionStream();
  PartitionStream(const PartitionStream&) = delete;
  PartitionStream& operator=(const PartitionStream&) = delete;

  // From `offset` on, whatever was read before.
  [[nodiscard]] Result<void> Restart(std::int64_t offset);
  // kDataLoss: the offset is no longer (or not yet) there. Other errors are kUnavailable: poll on.
  [[nodiscard]] Result<Item> Poll(Duration wait);
  // High watermark as of the last answer of the broker; nullopt before the first one. Any thread.
  [[nodiscard]] std::optional<std::int64_t> HighWatermark() const;
  [[nodiscard]] const std::string& topic() const { return topic_; }

 private:
  void Stop();

  rd_kafka_t* const consumer_;
  const std::string topic_;
  const std::int32_t partition_;
  const std::function<void()> wake_;
  QueueHandle queue_;
  EventHandle event_;
  bool assigned_ = false;
  std::int64_t expected_ = 0;  // Smaller offsets are leftovers of an earlier start.
};

}  // namespace mainstay::stream_kafka
