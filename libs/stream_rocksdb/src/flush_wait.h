// Whoever has written waits, a while, as long as the memtables of the process are over their budget.
//
// They are flushed by one thread, which shares the processors with a worker for each shard: while a topic is caught up
// with, they would grow to several times the budget. RocksDB's own stalls are off (database_options.cc): a stall that
// waits for a flush of a shard that waits itself never ends. This one does. Steady traffic, which flushes keep up with,
// does not wait for each of them: with many shards memtables are around their budget all the time.
#pragma once

#include <chrono>
#include <cstddef>

namespace mainstay::stream_rocksdb {

inline constexpr std::chrono::milliseconds kFlushLook{5};
inline constexpr int kMostFlushLooks = 40;

// Whoever writes that much at once catches up.
inline constexpr std::size_t kCatchingUpBytes = 512 << 10;

// What memtables may take before whoever has written so many bytes waits.
constexpr std::size_t MostMemtables(std::size_t budget, std::size_t written) {
  return written < kCatchingUpBytes ? 2 * budget : budget + budget / 4;
}

// Calls `sleep`, which sleeps kFlushLook, until `usage` is at most `most`, kMostFlushLooks times at most. Returns how
// often.
template <class Usage, class Sleep>
int AwaitFlushes(std::size_t most, const Usage& usage, const Sleep& sleep) {
  int looks = 0;
  for (; looks < kMostFlushLooks && usage() > most; ++looks) sleep();
  return looks;
}

}  // namespace mainstay::stream_rocksdb
