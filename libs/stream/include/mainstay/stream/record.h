// Records as the runtime sees them: bytes with a topic, an offset and an ingest time. No meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"

namespace mainstay::stream {

using TopicId = std::uint16_t;    // Index into Topology::inputs, which is also the order of ties.
using OutputId = std::uint16_t;   // Index into Topology::outputs.
using TableId = std::uint16_t;    // Chosen by the service, 1..0x7fff; the runtime's own tables are above.
using TimerKind = std::uint16_t;  // Chosen by the service.

struct RecordView {  // Valid during OnRecord only.
  TopicId topic = 0;
  std::int64_t offset = 0;
  std::int64_t ingest_ms = 0;
  std::string_view key;
  std::string_view value;
};

struct Record {  // Owns its bytes.
  std::int64_t offset = 0;
  std::int64_t ingest_ms = 0;
  std::string key;
  std::string value;
};

struct Timer {
  TimerKind kind = 0;
  std::string key;
  Instant at{};
  std::string payload;
};

// What became of one input record, for a publisher that waits for it.
struct Verdict {
  enum class Kind : std::uint8_t { kAccepted, kAlreadySeen, kRejected };
  Kind kind = Kind::kAccepted;
  Error error{};  // Only for kRejected.
};

// A service's place in the world, as data. Checked once at start.
struct Topology {
  std::string service;               // "segmentation"
  std::vector<std::string> inputs;   // Full topic names in the order of ties.
  std::vector<std::string> outputs;  // Full topic names.
  std::string dead_letter;           // Full topic name.
  TopicId internal = 0;              // Which input is <service>.internal: the only one that carries ticks.
  std::vector<TableId> tables;
};

}  // namespace mainstay::stream
