// What is on the topics, as bytes. Needs no broker.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mainstay/stream/dead_letter.h"
#include "mainstay/stream_kafka/wire_record.h"
#include "meta_format.h"

namespace mainstay::stream_kafka {
namespace {

stream::Meta SomeMeta() {
  stream::Meta meta;
  meta.transaction = 77;
  meta.positions = {5, 0, INT64_MAX};
  meta.stream_time_ms = INT64_MIN;
  meta.wall_ms = 1'700'000'000'000;
  return meta;
}

TEST(MetaFormat, PositionsFollowTheirTopicsByName) {
  const std::string bytes = EncodeMeta(SomeMeta(), {"a", "b", "c"});
  const auto same = DecodeMeta(bytes, {"a", "b", "c"});
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(*same, SomeMeta());
  const auto other = DecodeMeta(bytes, {"c", "new", "a"});
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->positions, (std::vector<std::int64_t>{INT64_MAX, -1, 5}));
}

TEST(MetaFormat, CutOrForeignBytesAreNotMeta) {
  const std::vector<std::string> inputs = {"a", "b", "c"};
  const std::string bytes = EncodeMeta(SomeMeta(), inputs);
  int whole = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto meta = DecodeMeta(bytes.substr(0, size), inputs);
    // Between two topics a cut is not seen, but the positions that are gone are not invented either.
    if (meta) {
      ++whole;
      EXPECT_EQ(meta->positions.back(), -1);
    }
  }
  EXPECT_EQ(whole, 3);
  std::string newer = bytes;
  newer[0] = 2;
  EXPECT_FALSE(DecodeMeta(newer, inputs).has_value());
}

TEST(MetaFormat, NoTableKeyIsTakenForMeta) {
  for (const stream::TableId table : {stream::TableId{0}, stream::TableId{1}, stream::TableId{'M' << 8}}) {
    EXPECT_NE(ChangelogKey(table, ""), kMetaKey);
  }
}

TEST(SeenFormat, ComesBackAsItWasAndNothingOfItIsInvented) {
  const std::vector<stream::SeenId> seen = {{{1, 2}, -5}, {{0xfedcba9876543210, 0}, 1'700'000'000'000}, {{0, 3}, 0}};
  std::string pack;
  for (const stream::SeenId& one : seen) AppendSeen(one, pack);
  EXPECT_EQ(ReadSeen({}, pack), seen);
  for (std::size_t size = 0; size < pack.size(); ++size) {
    const auto cut = ReadSeen({}, pack.substr(0, size));
    const bool lost = !cut || cut->size() < seen.size();
    EXPECT_TRUE(lost) << "a cut between two ids is not seen, but loses some";
  }
  std::string newer = pack;
  newer[0] = 2;
  EXPECT_FALSE(ReadSeen({}, newer).has_value()) << "a newer format";
  std::string damaged = pack;
  damaged[2] = 17;
  EXPECT_FALSE(ReadSeen({}, damaged).has_value()) << "an id of another size";
}

TEST(SeenFormat, AnIdInARecordOfItsOwnIsStillRead) {
  const std::vector<stream::SeenId> seen = {{{0x3031323334353637, 0x3839616263646566}, 'A'}};
  EXPECT_EQ(ReadSeen("0123456789abcdef", std::string_view("\x80\0\0\0\0\0\0A", 8)), seen);
  EXPECT_FALSE(ReadSeen("0123456789abcdef", "A").has_value());
  EXPECT_FALSE(ReadSeen("0123456789", std::string_view("\x80\0\0\0\0\0\0A", 8)).has_value());
}

TEST(DeadLetterWire, ComesBackAsItWas) {
  stream::DeadLetter letter;
  letter.service = "cadence";
  letter.topic = "mainstay.touch-events";
  letter.partition = 3;
  letter.offset = 1'234'567'890'123;
  letter.ingest_ms = -5;
  letter.at_ms = 42;
  letter.code = "bad-data";
  letter.field = "data.at";
  letter.reason = "is not a time";
  letter.key = std::string("k\0k", 3);
  letter.value = std::string("\0\xff", 2);
  WireRecord wire;
  wire.value = stream::EncodeDeadLetter(letter);
  DeadLetterToWire(wire);
  EXPECT_EQ(wire.key, letter.key);
  EXPECT_EQ(wire.value, letter.value);
  const auto back = stream::DecodeDeadLetter(DeadLetterFromWire(wire));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, letter);
}

TEST(DeadLetterWire, ForeignRecordsOnTheTopicAreShownAsSuch) {
  WireRecord wire;
  wire.key = "k";
  wire.value = "somebody's test";
  const auto letter = stream::DecodeDeadLetter(DeadLetterFromWire(wire));
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->code, "foreign");
  EXPECT_EQ(letter->value, "somebody's test");
}

}  // namespace
}  // namespace mainstay::stream_kafka
