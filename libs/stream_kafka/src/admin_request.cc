#include "admin_request.h"

namespace mainstay::stream_kafka {

AdminRequest::AdminRequest(rd_kafka_t* client, rd_kafka_admin_op_t operation, Duration timeout)
    : options_(rd_kafka_AdminOptions_new(client, operation)), queue_(rd_kafka_queue_new(client)), timeout_(timeout) {
  // Refused only outside 1 ms to an hour: then the default stays.
  static_cast<void>(
      rd_kafka_AdminOptions_set_request_timeout(options_.get(), static_cast<int>(timeout.count()), nullptr, 0));
}

Result<rd_kafka_event_t*> AdminRequest::Wait(const std::string& doing) {
  event_.reset(rd_kafka_queue_poll(queue_.get(), static_cast<int>(timeout_.count()) + 1'000));
  if (!event_) return Fail(ErrorCode::kUnavailable, doing + ": no broker answered");
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event_.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected(ToError(code, doing, rd_kafka_event_error_string(event_.get())));
  }
  return event_.get();
}

}  // namespace mainstay::stream_kafka
