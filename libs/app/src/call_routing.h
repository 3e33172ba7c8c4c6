// What a call says about where it belongs, read from its bytes and metadata without knowing the services.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/result.h"

namespace mainstay::app {

// The service of the line that answers "/mainstay.query.v1.CadenceService/...": "cadence"; empty for calls that every
// process answers (events, operations, health, reflection, peers).
[[nodiscard]] std::string ServiceOfMethod(const std::string& method);
// The book that the request is about: its field `book`, or that of its field `query`. Empty: it names none.
[[nodiscard]] std::string BookOfRequest(const std::string& method, const std::string& request);

// Read-your-writes tokens: positions that an answer must include, "topic/partition/offset,..." with the next offset.
struct TopicPosition {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t next = 0;
};
using Token = std::vector<TopicPosition>;
inline constexpr const char* kAtLeastKey = "mainstay-at-least";  // In the metadata of a request.
inline constexpr const char* kTokenKey = "mainstay-token";       // In the trailing metadata of an answer.
inline constexpr const char* kHopsKey = "mainstay-hops";         // How often a call was passed on.

[[nodiscard]] Result<Token> ParseToken(const std::string& text);  // kInvalidArgument, field kAtLeastKey
// One entry for each topic and partition, the larger one wins.
[[nodiscard]] std::string FormatToken(const Token& token);

}  // namespace mainstay::app
