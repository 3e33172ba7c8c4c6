#include "flush_wait.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace mainstay::stream_rocksdb {
namespace {

// Memtables that lose `flushed` bytes with each sleep.
int LooksFrom(std::size_t bytes, std::size_t flushed) {
  int slept = 0;
  const int looks = AwaitFlushes(
      1'000, [&] { return bytes; },
      [&] {
        bytes -= flushed;
        ++slept;
      });
  EXPECT_EQ(looks, slept);
  return looks;
}

TEST(FlushWait, NobodyWaitsWhileMemtablesAreAroundTheirBudget) {
  EXPECT_EQ(LooksFrom(0, 0), 0);
  EXPECT_EQ(LooksFrom(1'250, 0), 0);
}

TEST(FlushWait, AWriterWaitsUntilMemtablesAreAroundTheirBudget) {
  EXPECT_EQ(LooksFrom(1'251, 1), 1);
  EXPECT_EQ(LooksFrom(2'000, 100), 8);
}

TEST(FlushWait, AFlushThatDoesNotComeStopsNobodyForGood) { EXPECT_EQ(LooksFrom(2'000, 0), kMostFlushLooks); }

}  // namespace
}  // namespace mainstay::stream_rocksdb
