#include "mainstay/base/hash.h"

#include <gtest/gtest.h>

namespace mainstay {
namespace {

// Values of Apache Kafka's own Utils.murmur2 test.
TEST(Murmur2, EqualsKafkasValues) {
  EXPECT_EQ(Murmur2("21"), -973932308);
  EXPECT_EQ(Murmur2("foobar"), -790332482);
  EXPECT_EQ(Murmur2("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(Murmur2("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(Murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(Murmur2("abc"), 479470107);
}

TEST(PartitionOf, IsNeverNegative) {
  EXPECT_EQ(PartitionOf("21", 8), (-973932308 & 0x7fffffff) % 8);
  EXPECT_GE(PartitionOf("foobar", 3), 0);
}

TEST(HashParts, PartsDoNotRunIntoEachOther) {
  EXPECT_NE(HashParts({"a", "bc"}), HashParts({"ab", "c"}));
  EXPECT_EQ(HashParts({"a", "bc"}), HashParts({"a", "bc"}));
  EXPECT_EQ(HashParts({"x"}).Hex().size(), 32U);
}

}  // namespace
}  // namespace mainstay
