// InputTopic: one input partition of a shard: what was read, where its end is.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/record.h"
#include "mainstay/stream_kafka/wire_record.h"
#include "partition_stream.h"

namespace mainstay::stream_kafka {

// Worker thread only.
class InputTopic {
 public:
  // `known_end`: the high watermark as of now.
  InputTopic(rd_kafka_t* consumer, const std::string& topic, std::int32_t partition, std::int64_t known_end,
             const RecordFormat* format, Duration open_transaction_wait, std::function<void()> wake);

  [[nodiscard]] Result<void> Read(std::int64_t offset, std::size_t max, std::vector<stream::Record>& out);
  // As ShardLog::End: behind the last record while nothing but markers follows it.
  [[nodiscard]] std::int64_t End();
  // As KafkaShardLog::Passed.
  [[nodiscard]] std::int64_t Passed(std::int64_t position) const;

 private:
  [[nodiscard]] std::int64_t HighWatermark() const;
  [[nodiscard]] Duration Patience() const;
  void Take(const rd_kafka_message_t& message, std::vector<stream::Record>& out) const;

  const std::string topic_;
  const RecordFormat* const format_;  // Null where the topic's bytes are the service's.
  const Duration open_transaction_wait_;
  std::int64_t known_end_;
  PartitionStream stream_;
  std::optional<std::int64_t> next_;  // Offset after the last record read; nullopt: nothing was asked for yet.
  std::optional<std::int64_t> end_;   // Nothing readable is left below it; set while the stream stands at its end.
  std::optional<std::chrono::steady_clock::time_point> held_since_;  // Something beyond end_ is not readable.
};

}  // namespace mainstay::stream_kafka
