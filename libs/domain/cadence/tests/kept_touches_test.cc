// The list of kept touches against a plain vector of them.
#include "mainstay/cadence/kept_touches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"

namespace mainstay::cadence {
namespace {

std::vector<KeptTouch> CopyOf(const KeptTouches& list) {
  std::vector<KeptTouch> touches;
  for (const KeptTouches::View touch : list) touches.push_back(touch.Copy());
  return touches;
}

KeptTouch AnyTouch(Random& random) {
  const auto below = [&](std::uint64_t n) { return Below(random, n); };
  const std::string source = below(3) == 0 ? "phone" + std::to_string(below(1'000'000)) : "crm";
  const std::string id(below(20) == 0 ? 0 : below(300), static_cast<char>('a' + below(20)));
  return {{source, EventId{id}},
          FromMs(static_cast<std::int64_t>(below(1000))),
          below(2) == 0,
          static_cast<std::int32_t>(below(60))};
}

TEST(KeptTouches, AreWhatAVectorOfThemWouldBe) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  KeptTouches list;
  std::vector<KeptTouch> model;
  for (int step = 0; step < 5'000; ++step) {
    const std::size_t place = Below(random, model.size() + 1);
    const auto at = model.begin() + static_cast<std::ptrdiff_t>(place);
    switch (model.size() < 16 ? Below(random, 5) : 4) {
      case 0:
      case 1:
      case 2: {
        const KeptTouch touch = AnyTouch(random);
        list.Insert(place, touch);
        model.insert(at, touch);
        break;
      }
      case 3:
        if (at == model.end()) break;
        list.SetCausedEpisode(place);
        list.SetMinutes(place, 7);
        at->caused_episode = true;
        at->minutes = 7;
        break;
      default:
        if (at == model.end()) break;
        list.Remove(EventRef{at->event});
        std::erase_if(model, [gone = at->event](const KeptTouch& touch) { return touch.event == gone; });
    }
    ASSERT_EQ(CopyOf(list), model) << "step " << step;
  }
}

TEST(KeptTouches, AreEqualHoweverTheyBecameSo) {
  const KeptTouch a{{"crm", EventId{"a"}}, FromMs(2), false, 5};
  const KeptTouch b{{"phone", EventId{"b"}}, FromMs(1), true, 0};
  KeptTouches other{b};
  other.Insert(0, a);
  EXPECT_EQ(other, (KeptTouches{a, b}));
  EXPECT_FALSE(other == (KeptTouches{b, a}));
  other.Remove(1);
  EXPECT_EQ(other, KeptTouches{a});
}

}  // namespace
}  // namespace mainstay::cadence
