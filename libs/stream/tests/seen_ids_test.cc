#include "mainstay/stream/seen_ids.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"

namespace mainstay::stream {
namespace {

using SeenAtById = std::map<Hash128, std::int64_t>;

SeenAtById EachOf(const SeenIds& ids) {
  SeenAtById all;
  for (const SeenId& seen : ids.All()) EXPECT_TRUE(all.emplace(seen.id, seen.at_ms).second) << "each id once";
  return all;
}

// Many ids of few places, so that they stand in each other's way.
Hash128 AnySeenId(Random& random) { return {Below(random, 3), Below(random, 400)}; }

TEST(SeenIds, AddedAndTakenBackAtRandomTheyAreAMap) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  SeenIds ids;
  std::vector<std::pair<Hash128, std::int64_t>> added;
  const auto model = [&] {
    SeenAtById all;
    for (const auto& [id, at_ms] : added) all[id] = at_ms;
    return all;
  };
  int hidden = 0;
  for (int round = 0; round < 600; ++round) {
    if (Below(random, 100) == 0) {
      ids.Clear();
      added.clear();
    }
    const std::size_t before = added.size();
    for (std::uint64_t i = Below(random, 12); i > 0; --i) {
      added.emplace_back(AnySeenId(random), round);
      ids.Add(added.back().first, round);
    }
    if (Below(random, 3) == 0) {
      ids.TakeBack(before);
      added.resize(before);
    }
    const SeenAtById expected = model();
    ASSERT_EQ(EachOf(ids), expected);
    hidden += ids.size() > expected.size() ? 1 : 0;
    const Hash128 asked = AnySeenId(random);
    const auto known = expected.find(asked);
    ASSERT_EQ(ids.Find(asked), known == expected.end() ? std::nullopt : std::optional(known->second));
  }
  EXPECT_GT(hidden, 0) << "an id never came twice";
}

}  // namespace
}  // namespace mainstay::stream
