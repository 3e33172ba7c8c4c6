// Error <-> gRPC status. A field error keeps its field: it travels as the first word of the message, in brackets.
#pragma once

#include <grpcpp/support/status.h>

#include "mainstay/base/result.h"

namespace mainstay::rpc {

[[nodiscard]] grpc::Status ToStatus(const Error& error);
// The status of a call that either filled its answer or failed.
[[nodiscard]] inline grpc::Status Answered(const Result<void>& result) {
  return result ? grpc::Status::OK : ToStatus(result.error());
}
[[nodiscard]] Error FromStatus(const grpc::Status& status);

}  // namespace mainstay::rpc
