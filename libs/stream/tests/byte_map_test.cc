#include "mainstay/stream/byte_map.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "mainstay/base/random.h"

namespace mainstay::stream {
namespace {

// Transactions of one write and of a hundred thousand, by turns: emptied in each way that there is.
TEST(ByteMap, AfterClearItHoldsWhatWasWrittenSinceThen) {
  Random random{11};
  ByteMap map;
  for (const std::size_t writes : {1U, 3U, 20'000U, 1U, 2U, 100'000U, 5U, 4'000U, 9'000U, 1U}) {
    std::map<std::string, std::string> model;
    for (std::size_t i = 0; i < writes; ++i) {
      const std::string key = std::to_string(Below(random, 2 * writes));
      ByteMap::Entry& entry = map.FindOrAdd(key);
      if (!entry.present) map.Add(entry);
      model[key] = *(entry.value = std::to_string(random()));
      if (Below(random, 8) == 0) {
        map.Remove(entry);
        model.erase(key);
      }
    }
    ASSERT_EQ(map.size(), model.size());
    for (std::size_t i = 0; i < 2 * writes; ++i) {
      const std::string key = std::to_string(i);
      const ByteMap::Entry* const entry = map.Find(key);
      ASSERT_EQ(entry != nullptr, model.contains(key)) << key << " of " << writes;
      ASSERT_TRUE(entry == nullptr || entry->value == model.at(key)) << key << " of " << writes;
    }
    map.Clear();
    ASSERT_EQ(map.size(), 0U);
    ASSERT_EQ(map.Find("0"), nullptr);
  }
}

}  // namespace
}  // namespace mainstay::stream
