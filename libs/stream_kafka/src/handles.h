// Owners of librdkafka's objects, and its errors in our words.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

#include "mainstay/base/result.h"

namespace mainstay::stream_kafka {

template <auto kDestroy>
struct Destroyer {
  template <class T>
  void operator()(T* object) const {
    kDestroy(object);
  }
};
template <class T, auto kDestroy>
using Handle = std::unique_ptr<T, Destroyer<kDestroy>>;

using ClientHandle = Handle<rd_kafka_t, rd_kafka_destroy>;
using ConfHandle = Handle<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using TopicHandle = Handle<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using QueueHandle = Handle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using EventHandle = Handle<rd_kafka_event_t, rd_kafka_event_destroy>;
using ErrorHandle = Handle<rd_kafka_error_t, rd_kafka_error_destroy>;
using PartitionsHandle = Handle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using PartitionHandle = Handle<rd_kafka_topic_partition_t, rd_kafka_topic_partition_destroy>;

[[nodiscard]] inline PartitionsHandle OnePartition(const std::string& topic, std::int32_t partition,
                                                   std::int64_t offset = RD_KAFKA_OFFSET_INVALID) {
  PartitionsHandle list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  return list;
}

// What went wrong while `doing` something, and what the caller can do about it.
[[nodiscard]] Error ToError(rd_kafka_resp_err_t code, const std::string& doing, const std::string& detail = {});
[[nodiscard]] inline Error ToError(const rd_kafka_error_t* error, const std::string& doing) {
  return ToError(rd_kafka_error_code(error), doing, rd_kafka_error_string(error));
}
// Another producer with the same transactional id came after us.
[[nodiscard]] bool IsFenced(rd_kafka_resp_err_t code);

}  // namespace mainstay::stream_kafka
