// A message's bytes, the same for equal messages (protobuf leaves the order of maps open otherwise).
#pragma once

#include <google/protobuf/message_lite.h>

#include <string>

namespace mainstay::event::v1 {}

namespace mainstay::wire {

namespace pb = ::mainstay::event::v1;

[[nodiscard]] std::string SerializeDeterministic(const google::protobuf::MessageLite& message);

}  // namespace mainstay::wire
