#include "partition_stream.h"

#include <utility>

namespace mainstay::stream_kafka {
namespace {

constexpr int kWakeMs = 1'000;

void OnQueue(rd_kafka_t*, void* opaque) { (*static_cast<const std::function<void()>*>(opaque))(); }

}  // namespace

PartitionStream::PartitionStream(rd_kafka_t* consumer, std::string topic, std::int32_t partition,
                                 std::function<void()> wake)
    : consumer_(consumer), topic_(std::move(topic)), partition_(partition), wake_(std::move(wake)) {}

PartitionStream::~PartitionStream() {
  if (queue_) rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  Stop();
}

void PartitionStream::Stop() {
  event_.reset();
  if (!assigned_) return;
  const PartitionsHandle list = OnePartition(topic_, partition_);
  const ErrorHandle error(rd_kafka_incremental_unassign(consumer_, list.get()));
  assigned_ = false;
}

Result<void> PartitionStream::Restart(std::int64_t offset) {
  Stop();
  if (!queue_) {
    // Taken out of the consumer's own queue before there is anything in it.
    queue_.reset(rd_kafka_queue_get_partition(consumer_, topic_.c_str(), partition_));
    if (!queue_) return Fail(ErrorCode::kInternal, "no queue for " + topic_ + "/" + std::to_string(partition_));
    rd_kafka_queue_forward(queue_.get(), nullptr);
    if (wake_) {
      rd_kafka_queue_cb_event_enable(queue_.get(), OnQueue,
                                     const_cast<std::function<void()>*>(&wake_));  // NOLINT: a C callback's opaque.
    }
  }
  const PartitionsHandle list = OnePartition(topic_, partition_, offset);
  if (const ErrorHandle error{rd_kafka_incremental_assign(consumer_, list.get())}) {
    return tl::unexpected(ToError(error.get(), "read " + topic_ + "/" + std::to_string(partition_)));
  }
  assigned_ = true;
  expected_ = offset;
  // A broker thread without a fetch under way looks for new partitions once a second; any request wakes it.
  std::int64_t low = 0;
  std::int64_t high = 0;
  static_cast<void>(rd_kafka_query_watermark_offsets(consumer_, topic_.c_str(), partition_, &low, &high, kWakeMs));
  return {};
}

Result<PartitionStream::Item> PartitionStream::Poll(Duration wait) {
  for (;;) {
    event_.reset(rd_kafka_queue_poll(queue_.get(), static_cast<int>(wait.count())));
    if (!event_) return Item{};
    switch (rd_kafka_event_type(event_.get())) {
      case RD_KAFKA_EVENT_FETCH: {
        const rd_kafka_message_t* record = rd_kafka_event_message_next(event_.get());
        if (record == nullptr || record->offset < expected_) continue;
        if (record->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
          return tl::unexpected(ToError(record->err, "read " + topic_ + "/" + std::to_string(partition_),
                                        rd_kafka_message_errstr(record)));
        }
        expected_ = record->offset + 1;
        return Item{Kind::kRecord, record, 0};
      }
      case RD_KAFKA_EVENT_ERROR: {
        const rd_kafka_resp_err_t code = rd_kafka_event_error(event_.get());
        const PartitionHandle at(rd_kafka_event_topic_partition(event_.get()));
        if (code != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
          return tl::unexpected(ToError(code, "read " + topic_ + "/" + std::to_string(partition_),
                                        rd_kafka_event_error_string(event_.get())));
        }
        if (at && at->offset >= expected_) return Item{Kind::kEnd, nullptr, at->offset};
        continue;
      }
      default: continue;
    }
  }
}

std::optional<std::int64_t> PartitionStream::HighWatermark() const {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto code = rd_kafka_get_watermark_offsets(consumer_, topic_.c_str(), partition_, &low, &high);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return std::nullopt;
  return high;
}

}  // namespace mainstay::stream_kafka
