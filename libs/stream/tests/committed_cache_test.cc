#include "mainstay/stream/committed_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "mainstay/base/random.h"
#include "mainstay/stream/overlay.h"
#include "mainstay/stream_sim/store.h"
#include "mainstay/testing/seed.h"

namespace mainstay::stream {
namespace {

// Goal: what the cache knows is what was put last, and it never holds more than it may.
// Method: a walk over many keys in a small cache; what it has forgotten is not an error, what it remembers must be
// right.
TEST(CommittedCache, KnowsOnlyWhatWasPutLastAndKeepsItsBound) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  constexpr std::size_t kMaxBytes = 20'000;
  CommittedCache cache(kMaxBytes);
  std::map<std::pair<TableId, std::string>, std::optional<std::string>> model;
  int hits = 0;
  int misses = 0;
  int absent = 0;
  std::size_t largest = 0;
  for (int step = 0; step < 200'000; ++step) {
    const auto table = static_cast<TableId>(1 + Below(random, 2));
    const std::string key = "k" + std::to_string(Below(random, Below(random, 2) == 0 ? 30 : 500));
    if (Below(random, 2) == 0) {
      std::optional<std::string> value;
      if (Below(random, 3) > 0) value = std::string(Below(random, 60), 'a' + static_cast<char>(step % 26));
      cache.Put(table, key, value);
      model[{table, key}] = value;
      largest = std::max(largest, cache.bytes());
      ASSERT_LE(cache.bytes(), kMaxBytes);
      continue;
    }
    const auto found = cache.Find(table, key);
    misses += found.known ? 0 : 1;
    if (!found.known) continue;
    ++hits;
    absent += found.value ? 0 : 1;
    const auto expected = model.find({table, key});
    ASSERT_TRUE(expected != model.end());
    ASSERT_EQ(found.value ? std::optional(std::string(*found.value)) : std::nullopt, expected->second);
    if (Below(random, 20'000) == 0) cache.Clear();
  }
  EXPECT_GT(hits, 10'000);
  EXPECT_GT(misses, 10'000) << "vacuous: nothing was ever forgotten";
  EXPECT_GT(absent, 1'000);
  EXPECT_GT(largest, kMaxBytes * 9 / 10);
}

TEST(CommittedCache, WhatIsAskedForStaysWhileTheRestPassesThrough) {
  CommittedCache cache(20'000);
  cache.Put(1, "hot", "value");
  for (int i = 0; i < 10'000; ++i) {
    cache.Put(1, "cold" + std::to_string(i), "value");
    ASSERT_TRUE(cache.Find(1, "hot").known) << i;
  }
  EXPECT_FALSE(cache.Find(1, "cold0").known);
}

TEST(CommittedCache, AValueTooLargeForItReplacesWhatItKnewAndIsNotKept) {
  CommittedCache cache(8'000);
  cache.Put(1, "k", "small");
  cache.Put(1, "k", std::string(2'000, 'x'));
  EXPECT_FALSE(cache.Find(1, "k").known);
  CommittedCache none(0);
  none.Put(1, "k", "small");
  EXPECT_FALSE(none.Find(1, "k").known);
  EXPECT_EQ(none.size(), 0U);
}

// The store answers, so the test can see who was asked.
class CountingStore final : public Store {
 public:
  explicit CountingStore(Store& store) : store_(store) {}
  Result<std::optional<std::string>> Get(TableId table, std::string_view key) override {
    ++gets;
    return store_.Get(table, key);
  }
  Result<void> Scan(TableId table, std::string_view prefix, std::string_view from,
                    const Snapshot::Visit& visit) override {
    ++scans;
    return store_.Scan(table, prefix, from, visit);
  }
  Result<std::optional<std::int64_t>> SeenAt(const Hash128& id) override { return store_.SeenAt(id); }
  Result<void> Apply(const CommitBatch& batch) override { return store_.Apply(batch); }
  Result<void> Clear(const Meta& meta) override { return store_.Clear(meta); }
  Result<Meta> LastMeta() override { return store_.LastMeta(); }
  Result<std::unique_ptr<Snapshot>> TakeSnapshot() const override { return store_.TakeSnapshot(); }
  int gets = 0;
  int scans = 0;

 private:
  Store& store_;
};

TEST(CommittedCache, TheOverlayAsksTheStoreOnceForEachKeyAbsentOnesIncluded) {
  stream_sim::Faults faults;
  const stream_sim::Mutations none;
  stream_sim::SimStore sim(faults, none);
  CountingStore store(sim);
  CommitBatch other;
  other.changes = {{1, "other", "1"}};
  ASSERT_TRUE(store.Apply(other).has_value());
  Overlay overlay(store, 1 << 20);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*overlay.Get(1, "a"), std::nullopt);
  EXPECT_EQ(store.gets, 1);
  overlay.Put(1, "a", "1");
  CommitBatch batch;
  overlay.MoveInto(batch);
  ASSERT_TRUE(store.Apply(batch).has_value());
  overlay.Committed(batch.changes);
  EXPECT_EQ(*overlay.Get(1, "a"), "1");
  EXPECT_EQ(store.gets, 1) << "what was committed is remembered";
  overlay.ForgetCommitted();
  EXPECT_EQ(*overlay.Get(1, "a"), "1");
  EXPECT_EQ(store.gets, 2);
}

TEST(CommittedCache, NothingIsAskedOfATableThatIsEmpty) {
  stream_sim::Faults faults;
  const stream_sim::Mutations none;
  stream_sim::SimStore sim(faults, none);
  CountingStore store(sim);
  Overlay overlay(store, 1 << 20);
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(*overlay.Get(1, key), std::nullopt);
  EXPECT_EQ(store.gets, 0);
  EXPECT_EQ(store.scans, 1);
  overlay.Put(1, "a", "1");
  EXPECT_EQ(*overlay.Get(1, "a"), "1");
  CommitBatch batch;
  overlay.MoveInto(batch);
  ASSERT_TRUE(store.Apply(batch).has_value());
  overlay.Committed(batch.changes);
  EXPECT_EQ(*overlay.Get(1, "a"), "1");
  EXPECT_EQ(store.gets, 1) << "there is something now";
}

TEST(CommittedCache, AnUpdateChangesWhatIsKnownAndAddsNothing) {
  CommittedCache cache(20'000);
  cache.Update(1, "k", "1");
  EXPECT_FALSE(cache.Find(1, "k").known);
  cache.Put(1, "k", std::nullopt);
  cache.Update(1, "k", "longer than it was");
  EXPECT_EQ(cache.Find(1, "k").value, "longer than it was");
  cache.Update(1, "other", "1");
  EXPECT_EQ(cache.size(), 1U);
}

TEST(CommittedCache, ATableThatIsEmptyIsScannedInTheStoreOnceUntilSomethingIsInIt) {
  stream_sim::Faults faults;
  const stream_sim::Mutations none;
  stream_sim::SimStore sim(faults, none);
  CountingStore store(sim);
  Overlay overlay(store, 1 << 20);
  const auto found = [&] {
    int count = 0;
    EXPECT_TRUE(overlay.Scan(1, "a", {}, [&](auto, auto) {
      ++count;
      return true;
    }));
    return count;
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(found(), 0);
  EXPECT_EQ(store.scans, 1);
  overlay.Put(1, "a1", "1");
  EXPECT_EQ(found(), 1) << "its own writes are seen all the same";
  EXPECT_EQ(store.scans, 1);
  CommitBatch batch;
  overlay.MoveInto(batch);
  ASSERT_TRUE(store.Apply(batch).has_value());
  overlay.Committed(batch.changes);
  EXPECT_EQ(found(), 1);
  EXPECT_EQ(store.scans, 2) << "there is something now";
  overlay.ForgetCommitted();
  EXPECT_EQ(found(), 1);
}

// Control: what a transaction that never happened would leave behind is visible, so it matters that it is dropped.
TEST(CommittedCacheControl, RememberingATransactionThatNeverHappenedIsNoticed) {
  stream_sim::Faults faults;
  const stream_sim::Mutations none;
  stream_sim::SimStore store(faults, none);
  CommitBatch other;
  other.changes = {{1, "other", "1"}};
  ASSERT_TRUE(store.Apply(other).has_value());
  Overlay overlay(store, 1 << 20);
  EXPECT_EQ(*overlay.Get(1, "a"), std::nullopt);
  overlay.Put(1, "a", "never");
  CommitBatch batch;
  overlay.MoveInto(batch);
  overlay.Committed(batch.changes);
  EXPECT_NE(*overlay.Get(1, "a"), *store.Get(1, "a"));
}

}  // namespace
}  // namespace mainstay::stream
