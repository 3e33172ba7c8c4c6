#include "mainstay/rpc/status.h"

#include <array>
#include <string>
#include <utility>

namespace mainstay::rpc {
namespace {

constexpr std::array<std::pair<ErrorCode, grpc::StatusCode>, 8> kCodes{{
    {ErrorCode::kInvalidArgument, grpc::StatusCode::INVALID_ARGUMENT},
    {ErrorCode::kNotFound, grpc::StatusCode::NOT_FOUND},
    {ErrorCode::kAlreadyExists, grpc::StatusCode::ALREADY_EXISTS},
    {ErrorCode::kFailedPrecondition, grpc::StatusCode::FAILED_PRECONDITION},
    {ErrorCode::kOutOfRange, grpc::StatusCode::OUT_OF_RANGE},
    {ErrorCode::kUnavailable, grpc::StatusCode::UNAVAILABLE},
    {ErrorCode::kDataLoss, grpc::StatusCode::DATA_LOSS},
    {ErrorCode::kInternal, grpc::StatusCode::INTERNAL},
}};

}  // namespace

grpc::Status ToStatus(const Error& error) {
  grpc::StatusCode code = grpc::StatusCode::INTERNAL;
  for (const auto& [ours, theirs] : kCodes) {
    if (ours == error.code) code = theirs;
  }
  return {code, error.field.empty() ? error.message : "[" + error.field + "] " + error.message};
}

Error FromStatus(const grpc::Status& status) {
  Error error{ErrorCode::kInternal, Recovery::kStopTask, status.error_message(), {}};
  for (const auto& [ours, theirs] : kCodes) {
    if (theirs == status.error_code()) error.code = ours;
  }
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) error.code = ErrorCode::kUnavailable;
  const std::size_t end = error.message.find("] ");
  if (error.message.starts_with("[") && end != std::string::npos) {
    error.field = error.message.substr(1, end - 1);
    error.message.erase(0, end + 2);
  }
  return error;
}

}  // namespace mainstay::rpc
