// A record that could not be processed: where it came from, why, and its original bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"

namespace mainstay::stream {

struct DeadLetter {
  std::string service;
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t ingest_ms = 0;
  std::int64_t at_ms = 0;  // Stream time when it was set aside.
  std::string code;        // "bad-data", "handler-failure" or "crash-loop".
  std::string field;
  std::string reason;
  std::string key;
  std::string value;
  friend bool operator==(const DeadLetter&, const DeadLetter&) = default;
};

[[nodiscard]] std::string EncodeDeadLetter(const DeadLetter& letter);
[[nodiscard]] Result<DeadLetter> DecodeDeadLetter(std::string_view bytes);

}  // namespace mainstay::stream
