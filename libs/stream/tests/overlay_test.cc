#include "mainstay/stream/overlay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/stream_sim/store.h"
#include "mainstay/testing/seed.h"

namespace mainstay::stream {
namespace {

using Model = std::map<std::string, std::string>;

std::string RandomKey(Random& random) {
  std::string key(1 + Below(random, 3), 'a');
  for (char& letter : key) letter = static_cast<char>('a' + Below(random, 3));
  return key;
}

std::vector<std::pair<std::string, std::string>> Scanned(Overlay& overlay, TableId table, const std::string& prefix,
                                                         const std::string& from, std::size_t limit) {
  std::vector<std::pair<std::string, std::string>> found;
  const auto scanned = overlay.Scan(table, prefix, from, [&](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return found.size() < limit;
  });
  EXPECT_TRUE(scanned.has_value());
  return found;
}

std::vector<std::pair<std::string, std::string>> Expected(const Model& model, const std::string& prefix,
                                                          const std::string& from, std::size_t limit) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [key, value] : model) {
    if (key.starts_with(prefix) && key >= from && found.size() < limit) found.emplace_back(key, value);
  }
  return found;
}

TEST(Overlay, AnIdIsSeenOnceAndNotAtAllIfItsRecordIsRolledBack) {
  stream_sim::Faults faults;
  const stream_sim::Mutations none;
  stream_sim::SimStore store(faults, none);
  Overlay overlay(store, 0);
  const Hash128 good{1, 1};
  const Hash128 bad{1, 2};
  overlay.See(good, 10);
  overlay.SetSavepoint();
  overlay.See(bad, 20);
  overlay.See(good, 30);
  overlay.RollBack();
  EXPECT_EQ(*overlay.SeenAt(good), 10);
  EXPECT_EQ(*overlay.SeenAt(bad), std::nullopt);
  overlay.See(good, 40);
  EXPECT_FALSE(overlay.empty());
  EXPECT_EQ(overlay.bytes(), 2 * SeenIds::kEntryBytes);
  CommitBatch batch;
  overlay.MoveInto(batch);
  EXPECT_THAT(batch.seen, ::testing::ElementsAre(SeenId{good, 40}));
  EXPECT_TRUE(overlay.empty());
  ASSERT_TRUE(store.Apply(batch).has_value());
  overlay.Committed(batch.changes);
  EXPECT_EQ(*overlay.SeenAt(good), 40) << "the store has it now";
  EXPECT_EQ(*overlay.SeenAt(bad), std::nullopt);
}

TEST(Overlay, WhatItTakesIsWhatIsHeldNotEachWrite) {
  stream_sim::Faults faults;
  const stream_sim::Mutations none;
  stream_sim::SimStore store(faults, none);
  Overlay overlay(store, 0);
  overlay.Put(1, "acme", std::string(1'000, 'a'));
  const std::size_t one = overlay.bytes();
  EXPECT_GT(one, 1'000U);
  for (int again = 0; again < 100; ++again) overlay.Put(1, "acme", std::string(1'000, 'b'));
  EXPECT_EQ(overlay.bytes(), one);
  overlay.SetSavepoint();
  overlay.Put(1, "acme", std::string(5'000, 'c'));
  overlay.Put(1, "birch", std::string(1'000, 'c'));
  EXPECT_GT(overlay.bytes(), one + 5'000);
  overlay.RollBack();
  EXPECT_EQ(overlay.bytes(), one) << "what was undone is not held";
  overlay.Erase(1, "acme");
  EXPECT_EQ(overlay.bytes(), one - 1'000);
  CommitBatch batch;
  overlay.MoveInto(batch);
  EXPECT_EQ(overlay.bytes(), 0U);
}

// Writes, savepoints, rollbacks, commits and scans against a map, for one table that is scanned and one that is not
// before its first commit.
TEST(Overlay, EqualsAMapUnderWritesSavepointsRollbacksAndCommits) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  stream_sim::Faults faults;
  const stream_sim::Mutations none;
  stream_sim::SimStore store(faults, none);
  Overlay overlay(store, 4'000);
  Model models[2];
  Model at_savepoint[2];
  Model committed[2];
  int rollbacks = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto which = Below(random, 2);
    const auto table = static_cast<TableId>(1 + which);
    const std::string key = RandomKey(random);
    switch (Below(random, 12)) {
      case 0:
        overlay.SetSavepoint();
        at_savepoint[0] = models[0];
        at_savepoint[1] = models[1];
        break;
      case 1:
        overlay.RollBack();
        models[0] = at_savepoint[0];
        models[1] = at_savepoint[1];
        ++rollbacks;
        break;
      case 2: {
        if (Below(random, 8) > 0) break;
        CommitBatch batch;
        overlay.MoveInto(batch);
        if (Below(random, 4) == 0) {  // It was not committed after all.
          overlay.ForgetCommitted();
          models[0] = committed[0];
          models[1] = committed[1];
        } else {
          ASSERT_TRUE(store.Apply(batch).has_value());
          overlay.Committed(batch.changes);
          committed[0] = models[0];
          committed[1] = models[1];
        }
        ASSERT_TRUE(overlay.empty());
        at_savepoint[0] = models[0];
        at_savepoint[1] = models[1];
        break;
      }
      case 3:
      case 4:
        overlay.Erase(table, key);
        models[which].erase(key);
        break;
      case 5: {
        const std::string prefix = Below(random, 2) == 0 ? "" : key.substr(0, 1);
        const std::string from = Below(random, 2) == 0 ? "" : RandomKey(random);
        const std::size_t limit = 1 + Below(random, 40);
        ASSERT_EQ(Scanned(overlay, table, prefix, from, limit), Expected(models[which], prefix, from, limit));
        break;
      }
      default: overlay.Put(table, key, std::to_string(step)); models[which][key] = std::to_string(step);
    }
    const auto got = overlay.Get(table, key);
    ASSERT_TRUE(got.has_value());
    const auto expected = models[which].find(key);
    ASSERT_EQ(*got, expected == models[which].end() ? std::nullopt : std::optional(expected->second));
  }
  EXPECT_GT(rollbacks, 0);
}

}  // namespace
}  // namespace mainstay::stream
