// How events look on public topics: CloudEvents 1.0 in Kafka's binary mode. libs/app moves the bytes; whoever knows the
// events fills this in.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mainstay::app {

struct BinaryEvent {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string data;
};

// Both pure; any thread; may be empty: bytes stay as they are.
struct EventFormat {
  // nullopt: these bytes are no event and stay as they are.
  std::function<std::optional<BinaryEvent>(std::string_view value)> to_binary;
  // What a service reads; what is not understood is passed on as it is.
  std::function<std::string(BinaryEvent event)> from_binary;
};

}  // namespace mainstay::app
