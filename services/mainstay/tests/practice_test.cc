// The synthetic practice: deterministic, accepted by the door, and with something of everything.
#include "demo/practice.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "mainstay/wire/cloud_event.h"
#include "mainstay/wire/in_event.h"

namespace mainstay::demo {
namespace {

std::vector<InEvent> Practice(std::uint64_t seed) {
  Random random{seed};
  return MakePractice(random);
}

template <std::size_t... kIndex>
std::vector<std::string> AllTypes(std::index_sequence<kIndex...>) {
  return {std::string(wire::TypeName(InEventData(std::in_place_index<kIndex>)))...};
}

TEST(Practice, SameSeedGivesSameEventsAndAnotherSeedOthers) {
  EXPECT_EQ(Practice(7), Practice(7));
  EXPECT_NE(Practice(7), Practice(8));
}

TEST(Practice, EveryEventTypeOccursButTheBracketsOfAnImport) {
  std::map<std::string, int> counts;
  for (const InEvent& event : Practice(kDefaultSeed)) ++counts[std::string(wire::TypeName(event.data))];
  for (const std::string& type : AllTypes(std::make_index_sequence<std::variant_size_v<InEventData>>())) {
    const bool bracket = type.find(".Import") != std::string::npos;
    EXPECT_EQ(counts[type] > 0, !bracket) << type << " occurs " << counts[type] << " times";
  }
  EXPECT_EQ(counts["mainstay.client.ClientRegistered.v1"], kClients);
  EXPECT_EQ(counts["mainstay.book.RepSet.v1"], 6);
  EXPECT_EQ(counts["mainstay.book.ProductCatalogued.v1"], 12);
}

// Any seed: what the door refuses would be missing from the demo without a word.
TEST(Practice, EveryEventPassesTheChecksOfTheDoor) {
  for (const std::uint64_t seed : {kDefaultSeed, std::uint64_t{1}, std::uint64_t{2}}) {
    std::set<std::string> ids;
    for (const InEvent& event : Practice(seed)) {
      const auto line = wire::FormatCloudEvent(wire::ToEnvelope(event));
      ASSERT_TRUE(line.has_value()) << line.error().message;
      const auto envelope = wire::ParseCloudEvent(*line);
      ASSERT_TRUE(envelope.has_value()) << *line << ": " << envelope.error().message;
      const auto decoded = wire::DecodeInEvent(*envelope);
      ASSERT_TRUE(decoded.has_value()) << *line << ": " << decoded.error().field << ": " << decoded.error().message;
      ASSERT_EQ(*decoded, event) << *line;
      ASSERT_TRUE(ids.insert(event.id.raw()).second) << "twice: " << event.id.raw();
      ASSERT_EQ(event.book.raw(), kPracticeBook);
    }
  }
}

TEST(Practice, IsSortedByTime) {
  const std::vector<InEvent> events = Practice(kDefaultSeed);
  EXPECT_TRUE(
      std::is_sorted(events.begin(), events.end(), [](const InEvent& a, const InEvent& b) { return a.time < b.time; }));
}

// `mainstay demo --out examples/practice/practice.jsonl` writes it anew; say so in the changelog.
TEST(Practice, CommittedFileIsWhatTheDefaultSeedGives) {
  std::ifstream in(MAINSTAY_SOURCE_DIR "/examples/practice/practice.jsonl");
  ASSERT_TRUE(in);
  std::ostringstream committed;
  committed << in.rdbuf();
  const auto made = ToJsonLines(Practice(kDefaultSeed));
  ASSERT_TRUE(made.has_value());
  EXPECT_TRUE(committed.str() == *made) << "the generator and examples/practice/practice.jsonl differ";
}

}  // namespace
}  // namespace mainstay::demo
