// Several topics of all partitions as one sequence: by ingest time, then partition, topic, offset. One thread.
//
// Records of one partition and topic never change their order. What is durable when it is asked for comes in that
// order as a whole; what becomes durable later comes later, whatever its time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/app/ports.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/record.h"
#include "resume_token.h"

namespace mainstay::notification {

class MergedLog {
 public:
  // `log` outlives the value.
  MergedLog(const app::LogReader& log, std::vector<std::string> topics);

  // Each of these once, before the first Peek().
  [[nodiscard]] Result<void> SeekEarliest();
  [[nodiscard]] Result<void> SeekLatest();
  // Errors: kInvalidArgument, field "from": a position of other topics or partitions; kOutOfRange: not kept any more,
  // or not there yet.
  [[nodiscard]] Result<void> Seek(const StreamPosition& position);
  // Nothing comes that is not there now.
  [[nodiscard]] Result<void> StopAtEnds();

  // The next record; nullptr: none for now. Valid until Pop(). `news`: a value of LogReader::AwaitNews; logs that were
  // found empty are asked again only when it has changed.
  [[nodiscard]] Result<const stream::Record*> Peek(std::uint64_t news);
  void Pop();

  // After everything popped.
  [[nodiscard]] StreamPosition position() const;
  // With StopAtEnds: everything was popped.
  [[nodiscard]] bool done() const;

 private:
  struct Cursor {
    std::int32_t partition = 0;
    std::size_t topic = 0;
    std::int64_t next = 0;             // Offset of the first record not popped.
    std::optional<std::int64_t> stop;  // Offset of the first record that does not come.
    std::uint64_t empty_at = 0;        // The news at which nothing was there; 0: not known.
    std::deque<stream::Record> read;
  };

  [[nodiscard]] Result<void> Refill(Cursor& cursor, std::uint64_t news);
  [[nodiscard]] Result<std::int64_t> FirstOffset(const Cursor& cursor) const;

  const app::LogReader& log_;
  std::vector<std::string> topics_;
  std::vector<Cursor> cursors_;  // By partition, then topic.
  Cursor* head_ = nullptr;
};

}  // namespace mainstay::notification
