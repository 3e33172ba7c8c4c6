// Where a stream stands, as a text that only this installation can make. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"

namespace mainstay::notification {

struct StreamPosition {
  std::int32_t partitions = 0;
  std::vector<std::string> topics;
  std::vector<std::int64_t> next;  // Offset to send next, per partition and in it per topic.
  friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
};

class TokenSealer {
 public:
  // `key`: the installation's, 32 random bytes.
  explicit TokenSealer(std::string key) : key_(std::move(key)) {}

  // base64url of the position and an HMAC-SHA256 over it.
  [[nodiscard]] std::string Seal(const StreamPosition& position) const;
  // Errors: kInvalidArgument, field "from", for what Seal() with this key did not make.
  [[nodiscard]] Result<StreamPosition> Open(std::string_view token) const;

 private:
  [[nodiscard]] std::string Mac(std::string_view bytes) const;
  std::string key_;
};

}  // namespace mainstay::notification
