// Result<T>: a value, or an Error that says what the caller can do.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace mainstay {

enum class ErrorCode : std::uint8_t {
  kInvalidArgument,     // The input is wrong; `field` names where. Retrying will not help.
  kNotFound,            // What was asked for does not exist.
  kAlreadyExists,       // Known already, with other content.
  kFailedPrecondition,  // The system is in a state that forbids this (locked, newer format ...).
  kOutOfRange,          // A position or token outside what is kept.
  kUnavailable,         // The world failed for now; the same call may succeed later.
  kDataLoss,            // Stored bytes are damaged.
  kInternal,            // A third party failed in a way we do not understand.
};

// What a caller inside the runtime does next; decided once, where the failure is understood.
enum class Recovery : std::uint8_t { kRetry, kAbortTransaction, kStopTask };

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  Recovery recovery = Recovery::kStopTask;
  std::string message;  // One line for a person: what, and what to do.
  std::string field;    // For kInvalidArgument: the field's name, e.g. "data.lines[0].amount"; else empty.
};

// For a person: the message, with the field in front unless the message names it already.
[[nodiscard]] inline std::string Describe(const Error& error) {
  const bool named = error.field.empty() || error.message.find(error.field) != std::string::npos;
  return named ? error.message : error.field + ": " + error.message;
}

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return tl::unexpected(Error{code, Recovery::kStopTask, std::move(message), {}});
}
[[nodiscard]] inline tl::unexpected<Error> InvalidField(std::string field, std::string message) {
  return tl::unexpected(Error{ErrorCode::kInvalidArgument, Recovery::kStopTask, std::move(message), std::move(field)});
}

}  // namespace mainstay

// Returns the error of `expr` (a Result) to the caller; `expr`'s value is dropped.
#define MAINSTAY_TRY(expr)                                                                                          \
  do {                                                                                                              \
    if (auto try_result_ = (expr); !try_result_.has_value()) return tl::unexpected(std::move(try_result_).error()); \
  } while (false)

// Declares `name` as the value of `expr` (a Result), or returns its error.
#define MAINSTAY_TRY_ASSIGN(name, expr)                                                    \
  auto name##_result = (expr);                                                             \
  if (!name##_result.has_value()) return tl::unexpected(std::move(name##_result).error()); \
  auto& name = *name##_result
