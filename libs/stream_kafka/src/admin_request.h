// One request of librdkafka's admin interface and its answer.
#pragma once

#include <string>

#include "handles.h"
#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"

namespace mainstay::stream_kafka {

class AdminRequest {
 public:
  AdminRequest(rd_kafka_t* client, rd_kafka_admin_op_t operation, Duration timeout);
  [[nodiscard]] rd_kafka_AdminOptions_t* options() const { return options_.get(); }
  [[nodiscard]] rd_kafka_queue_t* queue() const { return queue_.get(); }
  // Waits for the answer to what was sent to queue(). The event lives as long as this object.
  [[nodiscard]] Result<rd_kafka_event_t*> Wait(const std::string& doing);

 private:
  Handle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy> options_;
  QueueHandle queue_;
  Duration timeout_;
  EventHandle event_;
};

}  // namespace mainstay::stream_kafka
