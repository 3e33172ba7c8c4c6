// TopicReader: committed records of public topics at any offset, for streams and lists.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream_kafka/kafka_cluster.h"
#include "mainstay/stream_kafka/wire_record.h"

namespace mainstay::stream_kafka {

// Any thread. Readers of one partition take turns; those near its end share what was read last, others cost a new
// fetch each time they are not where the last one stopped.
class TopicReader {
 public:
  // Does not wait for a broker.
  [[nodiscard]] static Result<std::unique_ptr<TopicReader>> Open(const ClusterSettings& cluster);
  ~TopicReader();
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  // Up to `max` committed records from `offset` on; waits up to `wait` for the first one. With no wait it asks the
  // broker first, so that none means: nothing was committed there before the call. kOutOfRange below the first kept
  // offset. kNotFound: no such topic or partition. kUnavailable: no broker.
  [[nodiscard]] Result<std::vector<WireRecord>> Read(const std::string& topic, std::int32_t partition,
                                                     std::int64_t offset, std::size_t max, Duration wait);
  // `end` is the last stable offset: nothing below it is undecided.
  [[nodiscard]] Result<OffsetRange> Range(const std::string& topic, std::int32_t partition, Duration timeout);

 private:
  class Impl;
  explicit TopicReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mainstay::stream_kafka
