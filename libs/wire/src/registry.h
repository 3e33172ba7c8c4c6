// Type name -> message, for every event of the catalogue.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "mainstay/base/result.h"

namespace mainstay::wire {

struct EventType {
  std::string_view name;     // "mainstay.client.OrderPlaced.v1"
  std::string_view context;  // "client"
  const google::protobuf::Message* prototype = nullptr;
};

// All of them, in the catalogue's order.
[[nodiscard]] std::span<const EventType> EventTypes();
// Error field: "type".
[[nodiscard]] Result<const EventType*> FindEventType(std::string_view name);
// Parses `data` as `message`'s type. Error field: "data".
[[nodiscard]] Result<void> ParseData(std::string_view data, google::protobuf::Message* message);

// What an unknown or unwelcome type is told.
[[nodiscard]] tl::unexpected<Error> UnknownType(std::string_view name);

}  // namespace mainstay::wire
