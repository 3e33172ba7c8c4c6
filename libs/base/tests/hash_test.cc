#include "mainstay/base/hash.h"

#include <gtest/gtest.h>

#include <string>

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

// Computed by xxhash itself. Hashes are stored and events are told apart by them, so they never change, long ones
// neither.
TEST(HashParts, AreTheSameInEveryVersion) {
  EXPECT_EQ(HashParts({"bench", "touch-1"}).Hex(), "68d1171db22c7b2e7cf6dc78f8e85432");
  EXPECT_EQ(HashParts({std::string(248, 'a'), ""}).Hex(), "e6f3003cb78e16c12d05951d089c124d");
  EXPECT_EQ(HashParts({std::string(249, 'a'), ""}).Hex(), "921e62d025375ab2604f3b16725798c3");
  EXPECT_EQ(HashParts({}).Hex(), "99aa06d3014798d86001c324468d497f");
  const Hash128 hash = HashParts({"a"});
  const auto bytes = hash.Bytes();
  EXPECT_EQ(Hash128::FromBytes({bytes.data(), bytes.size()}), hash);
}

}  // namespace
}  // namespace mainstay
