// Any answer as a JSON document for programs: snake_case names, numbers as numbers (64-bit too), fields in
// proto order, unset optional fields and messages present and null, bytes as text, doubles shortest round trip.
#pragma once

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>

namespace mainstay::rpc {

[[nodiscard]] nlohmann::ordered_json ToJson(const google::protobuf::Message& message);

}  // namespace mainstay::rpc
