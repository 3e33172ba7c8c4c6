// CloudEvents 1.0 in binary mode (headers ce_*, data in the body) <-> the bytes of a record as services read them.
//
// What we write has JSON data, so that any client can read it. What others write may have JSON data
// (`content-type: application/json`) or the message's protobuf bytes (`application/protobuf`). Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mainstay/base/result.h"

namespace mainstay::wire {

struct BinaryMode {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string data;
};

// kInvalidArgument: `value` is no envelope.
[[nodiscard]] Result<BinaryMode> ToBinaryMode(std::string_view value);
// An envelope. Without ce_ headers: the data as it is. With headers that make no event: CloudEvents structured JSON of
// them, whose decoding names the field that is wrong.
[[nodiscard]] std::string FromBinaryMode(const BinaryMode& event);

}  // namespace mainstay::wire
