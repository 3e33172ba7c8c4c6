// Bytes that are stored: keys that sort, dead letters.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/stream/dead_letter.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/testing/seed.h"

namespace mainstay::stream {
namespace {

TEST(KeyBuilder, NumbersSortAsTheyAreAndComeBack) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::int64_t> ordered = {kMin, kMin + 1, -256, -1, 0, 1, 255, 256, kMax - 1, kMax};
  std::string before;
  for (const std::int64_t number : ordered) {
    std::string key;
    AppendOrderedInt64(key, number);
    EXPECT_LT(before, key);
    EXPECT_EQ(ReadOrderedInt64(key), number);
    before = key;
  }
}

TEST(KeyBuilder, PartsComeBackAndAParentIsAPrefixOfItsChildren) {
  EXPECT_EQ(JoinKey({"north", "acme"}), std::string("north\0acme", 10));
  EXPECT_EQ(SplitKey(JoinKey({"north", "", "acme"})), (std::vector<std::string_view>{"north", "", "acme"}));
  EXPECT_TRUE(JoinKey({"north", "acme"}).starts_with(JoinKey({"north", ""})));
  EXPECT_FALSE(JoinKey({"northern", "acme"}).starts_with(JoinKey({"north", ""})));
}

TEST(DeadLetter, ComesBackByteForByteAndNoPrefixOfItIsTakenForOne) {
  const DeadLetter letter{"cadence", "touch-events",          3, 17, -5, 99, "bad-data", "data.when", "not a time",
                          "k",       std::string("\0\xff", 2)};
  const std::string bytes = EncodeDeadLetter(letter);
  const auto decoded = DecodeDeadLetter(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, letter);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = DecodeDeadLetter(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(cut.has_value()) << size;
    EXPECT_EQ(cut.error().code, ErrorCode::kDataLoss);
  }
}

TEST(DeadLetter, DamagedBytesAreAnErrorOrALetterNeverACrash) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  const std::string bytes = EncodeDeadLetter({"s", "t", 1, 2, 3, 4, "c", "f", "r", "k", "value"});
  int refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string damaged = bytes;
    for (int flips = 0; flips < 3; ++flips) damaged[Below(random, damaged.size())] = static_cast<char>(random());
    refused += DecodeDeadLetter(damaged).has_value() ? 0 : 1;
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace mainstay::stream
