// Whoever has written waits, a while, as long as the memtables of the process are over their budget.
//
// They are flushed by one thread, which shares the processors with a worker for each shard: while a topic is caught up
// with, they would grow to several times the budget. RocksDB's own stalls are off (database_options.cc): a stall that
// waits for a flush of a shard that waits itself never ends. This one does.
#pragma once

#include <chrono>
#include <cstddef>

namespace mainstay::stream_rocksdb {

inline constexpr std::chrono::milliseconds kFlushLook{5};
inline constexpr int kMostFlushLooks = 40;

// Calls `sleep`, which sleeps kFlushLook, until `usage` is within a quarter above `budget`, kMostFlushLooks times at
// most. Returns how often.
template <class Usage, class Sleep>
int AwaitFlushes(std::size_t budget, const Usage& usage, const Sleep& sleep) {
  int looks = 0;
  for (; looks < kMostFlushLooks && usage() > budget + budget / 4; ++looks) sleep();
  return looks;
}

}  // namespace mainstay::stream_rocksdb
