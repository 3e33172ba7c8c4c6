// librdkafka's messages as WireRecords.
#pragma once

#include <librdkafka/rdkafka.h>

#include "mainstay/stream_kafka/wire_record.h"

namespace mainstay::stream_kafka {

[[nodiscard]] WireRecord ToWireRecord(const rd_kafka_message_t& message);

}  // namespace mainstay::stream_kafka
