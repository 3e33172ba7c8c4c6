// What a service's queries and doors need from the system they run in, embedded or on Kafka.
//
// All are called from gRPC threads, any number at once.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"

namespace mainstay::app {

// Committed state of the shards this process owns.
class StateReader {
 public:
  virtual ~StateReader() = default;
  [[nodiscard]] virtual std::int32_t partitions() const = 0;
  // A frozen view of one service's shard. kUnavailable while the shard is not owned or being restored.
  [[nodiscard]] virtual Result<std::unique_ptr<stream::Snapshot>> ReadShard(std::string_view service,
                                                                            std::int32_t partition) const = 0;
  // What "now" is for a query that names no time: the wall clock, or with the `data` clock the largest stream time.
  [[nodiscard]] virtual Instant Now() const = 0;
};

// One record to append. The system chooses partition (from `book`) and offset.
struct Publication {
  std::string topic;  // Full topic name.
  std::string book;   // Sharding key: decides the partition, and is the record key unless `record_key` is set.
  std::optional<std::string> record_key;
  std::optional<std::int32_t> partition;  // Instead of the book's: for what is not keyed by book.
  Instant event_time{};                   // Ingest time with the `data` clock.
  std::string value;
};

struct Acknowledgement {
  stream::Verdict verdict;  // Of the services that read the topic, with Wait::kProcessed; else kAccepted.
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

enum class Wait : std::uint8_t { kDurable, kProcessed };

class Publisher {
 public:
  virtual ~Publisher() = default;
  // Appends in order; the result is there when all are durable (and, with kProcessed, taken by every service),
  // with one acknowledgement each. On an error the fate of the records is unknown; publishing them again is safe.
  // Never blocks for long: call several times before waiting to keep the pipe full.
  [[nodiscard]] virtual std::future<Result<std::vector<Acknowledgement>>> Publish(std::vector<Publication> publications,
                                                                                  Wait wait) = 0;
};

// The public topics as logs; only durable records are visible.
class LogReader {
 public:
  virtual ~LogReader() = default;
  [[nodiscard]] virtual std::int32_t partitions() const = 0;
  // Up to `max` records of one partition from `offset` on; none at its end. kOutOfRange below its start.
  [[nodiscard]] virtual Result<std::vector<stream::Record>> Read(const std::string& topic, std::int32_t partition,
                                                                 std::int64_t offset, std::size_t max) const = 0;
  [[nodiscard]] virtual Result<std::int64_t> End(const std::string& topic, std::int32_t partition) const = 0;
  // Blocks until something became durable since `seen` (a value of this function; start with 0), the timeout
  // passed or the system stops; returns the new value.
  [[nodiscard]] virtual std::uint64_t AwaitNews(std::uint64_t seen, Duration timeout) const = 0;
};

// Moves and names the clock.
class ClockControl {
 public:
  virtual ~ClockControl() = default;
  [[nodiscard]] virtual std::string ClockName() const = 0;  // "wall" or "data".
  // Largest stream time of all shards; nullopt before the first record.
  [[nodiscard]] virtual std::optional<Instant> StreamTime() const = 0;
  // `data` clock only: every shard reaches `until` at least, firing what falls due on the way.
  [[nodiscard]] virtual Result<void> AdvanceTo(Instant until) = 0;
  [[nodiscard]] virtual Result<void> SwitchToWall() = 0;
};

}  // namespace mainstay::app
