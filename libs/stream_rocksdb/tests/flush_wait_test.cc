#include "flush_wait.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace mainstay::stream_rocksdb {
namespace {

// Memtables with a budget of 1,000 bytes that lose `flushed` of them with each sleep.
int LooksFrom(std::size_t bytes, std::size_t flushed, std::size_t written = kCatchingUpBytes) {
  int slept = 0;
  const int looks = AwaitFlushes(
      MostMemtables(1'000, written), [&] { return bytes; },
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

TEST(FlushWait, SteadyTrafficWaitsOnlyWhereFlushesDoNotKeepUp) {
  EXPECT_EQ(LooksFrom(2'000, 100, kCatchingUpBytes - 1), 0);
  EXPECT_EQ(LooksFrom(2'500, 100, kCatchingUpBytes - 1), 5);
}

TEST(FlushWait, AFlushThatDoesNotComeStopsNobodyForGood) { EXPECT_EQ(LooksFrom(2'000, 0), kMostFlushLooks); }

}  // namespace
}  // namespace mainstay::stream_rocksdb
