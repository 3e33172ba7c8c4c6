#include "mainstay/stream_rocksdb/local_store.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "embedded_fixture.h"
#include "layout.h"
#include "levers.h"
#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"
#include "recent_ids.h"

namespace mainstay::stream_rocksdb {
namespace {

using stream::SeenId;

class LocalStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void Open() {
    store_.reset();
    auto opened = LocalStore::Open(path(), "the same", memory_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = std::move(*opened);
  }
  void Apply(std::vector<stream::TableChange> changes, std::vector<SeenId> seen) {
    const stream::Meta meta{++transactions_, {0}, 0, 0};
    const auto applied = store_->Apply({meta, {}, std::move(changes), std::move(seen)});
    ASSERT_TRUE(applied.has_value()) << applied.error().message;
  }
  void OpenWhatAKilledProcessLeaves() {
    TestLevers().killed_at_end = true;
    store_.reset();
    TestLevers().killed_at_end = false;
    Open();
  }
  [[nodiscard]] std::filesystem::path path() const { return root_.path() / "store"; }
  [[nodiscard]] std::uint64_t Files() const { return store_->Sizes().file_bytes; }

  testing::TemporaryDirectory root_;
  static constexpr std::size_t kMost = 16'384;  // Ids in memory.
  SharedMemory memory_{{.recent_id_bytes = kMost * stream::SeenIds::kEntryBytes}};
  std::unique_ptr<LocalStore> store_;
  std::uint64_t transactions_ = 0;
};

TEST_F(LocalStoreTest, IdsOfAnyHistoryAreThereInMemoryInFilesAndAfterAKill) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  std::map<Hash128, std::int64_t> model;
  const auto any_id = [&] { return Hash128{Below(random, 4) << 62, Below(random, 40'000)}; };
  int reopened = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<SeenId> seen(Below(random, 4) == 0 ? Below(random, 20'000) : Below(random, 300));
    for (SeenId& one : seen) {
      one = {any_id(), round};
      model[one.id] = round;
    }
    Apply({}, seen);
    if (Below(random, 8) == 0) {
      OpenWhatAKilledProcessLeaves();
      ASSERT_FALSE(store_->was_emptied());
      ++reopened;
    }
    for (int asked = 0; asked < 200; ++asked) {
      const Hash128 id = any_id();
      const auto known = model.find(id);
      ASSERT_EQ(*store_->SeenAt(id), known == model.end() ? std::nullopt : std::optional(known->second));
    }
  }
  EXPECT_GT(reopened, 0);
  EXPECT_GT(Files(), 0U) << "no file was made, so none was read";
}

TEST_F(LocalStoreTest, ControlIdsThatAreOnlyInMemoryAreMissedAfterAKill) {
  TestLevers().ids_only_in_memory = true;
  Apply({}, {{{1, 1}, 2}});
  TestLevers().ids_only_in_memory = false;
  EXPECT_EQ(*store_->SeenAt({1, 1}), 2);
  OpenWhatAKilledProcessLeaves();
  EXPECT_EQ(*store_->SeenAt({1, 1}), std::nullopt);
}

TEST_F(LocalStoreTest, ManyIdsBecomeAFileAndLeaveNoRowBehind) {
  std::vector<SeenId> seen;
  for (std::uint64_t n = 0; n < kMost; ++n) seen.push_back({{n * 7, n}, 1});
  Apply({}, seen);
  EXPECT_EQ(Files(), 0U);
  Apply({}, {{{1, 1}, 2}});
  EXPECT_GT(Files(), 16 * kMost);
  Open();
  EXPECT_EQ(*store_->SeenAt({7, 1}), 1);
  EXPECT_EQ(*store_->SeenAt({1, 1}), 2);
  const std::uint64_t before = Files();
  Apply({}, {{{1, 2}, 3}});
  EXPECT_EQ(Files(), before) << "those in the file were taken up again";
}

TEST_F(LocalStoreTest, OneThatEndsLeavesNoWritesToDoAgain) {
  const auto left = [&] {
    std::uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(path())) {
      if (file.path().extension() == ".log") bytes += file.file_size();
    }
    return bytes;
  };
  Apply({{1, "key", "value"}}, {{{1, 2}, 2}});
  EXPECT_GT(left(), 0U) << "nothing was written that could be left";
  store_.reset();
  EXPECT_EQ(left(), 0U);
  Open();
  EXPECT_EQ(**store_->Get(1, "key"), "value");
  EXPECT_EQ(*store_->SeenAt({1, 2}), 2);
}

TEST_F(LocalStoreTest, StoresShareTheMemoryForIdsAndOneWithFewMakesNoFile) {
  auto other = LocalStore::Open(root_.path() / "other", "other", memory_);
  ASSERT_TRUE(other.has_value());
  std::vector<SeenId> most;
  for (std::uint64_t n = 0; n < kMost; ++n) most.push_back({{n, n}, 1});
  ASSERT_TRUE((*other)->Apply({{1, {0}, 0, 0}, {}, {}, most}).has_value());
  EXPECT_EQ((*other)->Sizes().file_bytes, 0U);
  most.resize(RecentIds::kFewest - 1);
  Apply({}, most);
  EXPECT_EQ(Files(), 0U);
  Apply({}, {{{1, 0}, 1}});
  EXPECT_GT(Files(), 0U);
  Apply({}, most);
  Apply({}, {{{2, 0}, 1}});
  const std::uint64_t two = Files();
  other->reset();
  Apply({}, most);
  Apply({}, {{{3, 0}, 1}});
  EXPECT_EQ(Files(), two) << "what the other one had is free";
}

TEST_F(LocalStoreTest, AnIdThatIsSeenAgainHidesTheOneInAFile) {
  std::vector<SeenId> seen;
  for (std::uint64_t n = 0; n <= kMost; ++n) seen.push_back({{0, n}, 1});
  Apply({}, seen);
  for (SeenId& one : seen) one.at_ms = 2;
  seen.resize(10);
  Apply({}, seen);
  EXPECT_EQ(*store_->SeenAt({0, 9}), 2);
  EXPECT_EQ(*store_->SeenAt({0, 10}), 1);
}

TEST_F(LocalStoreTest, NothingOfAStoreThatWasClearedComesBack) {
  std::vector<SeenId> seen;
  for (std::uint64_t n = 0; n <= kMost; ++n) seen.push_back({{0, n}, 1});
  Apply({{1, "a", "1"}, {stream::kTimerTable, "b", "2"}}, seen);
  Apply({}, {{{1, 1}, 2}});
  ASSERT_TRUE(store_->Clear({0, {0}, 0, 0}).has_value());
  for (int opened = 0; opened < 2; ++opened) {
    EXPECT_EQ(*store_->Get(1, "a"), std::nullopt);
    EXPECT_EQ(*store_->Get(stream::kTimerTable, "b"), std::nullopt);
    EXPECT_EQ(*store_->SeenAt({0, 5}), std::nullopt) << "was in a file";
    EXPECT_EQ(*store_->SeenAt({1, 1}), std::nullopt) << "was in none";
    Open();
  }
  Apply({{1, "a", "3"}}, {{{0, 5}, 4}});
  EXPECT_EQ(*store_->Get(1, "a"), "3");
  EXPECT_EQ(*store_->SeenAt({0, 5}), 4);
}

TEST_F(LocalStoreTest, WhatIsLeftOfAStoreWhoseProcessDiedWhileClearingItIsEmptied) {
  Apply({{1, "a", "1"}}, {{{1, 1}, 2}});
  TestLevers().die_in_clear = true;
  EXPECT_FALSE(store_->Clear({0, {0}, 0, 0}).has_value());
  TestLevers().die_in_clear = false;
  Open();
  EXPECT_TRUE(store_->was_emptied());
  EXPECT_EQ(*store_->SeenAt({1, 1}), std::nullopt);
}

// The identity as an older version reads and writes it.
class Identity {
 public:
  explicit Identity(const std::filesystem::path& path) {
    std::vector<std::string> names;
    EXPECT_TRUE(rocksdb::DB::ListColumnFamilies({}, path.string(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    families.reserve(names.size());
    for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    rocksdb::DB* db = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open({}, path.string(), families, &handles_, &db).ok());
    db_.reset(db);
  }
  ~Identity() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
  [[nodiscard]] std::string Read() const {
    std::string identity;
    EXPECT_TRUE(db_->Get({}, AsSlice(kIdentityKey), &identity).ok());
    return identity;
  }
  void Write(const std::string& identity) { EXPECT_TRUE(db_->Put({}, AsSlice(kIdentityKey), identity).ok()); }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

TEST_F(LocalStoreTest, AStoreOfAnOlderVersionIsTakenOverAndThatVersionTakesItForAnothers) {
  Apply({{1, "a", "1"}}, {});
  store_.reset();
  Identity(path()).Write("the same");
  Open();
  EXPECT_FALSE(store_->was_emptied());
  EXPECT_EQ(*store_->Get(1, "a"), "1");
  store_.reset();
  EXPECT_NE(Identity(path()).Read(), "the same");
}

TEST_F(LocalStoreTest, WhatIsOfAnotherShardIsEmptied) {
  Apply({{1, "a", "1"}}, {{{1, 1}, 2}});
  store_.reset();
  auto other = LocalStore::Open(path(), "another", memory_);
  ASSERT_TRUE(other.has_value());
  EXPECT_TRUE((*other)->was_emptied());
  EXPECT_EQ(*(*other)->Get(1, "a"), std::nullopt);
  EXPECT_EQ(*(*other)->SeenAt({1, 1}), std::nullopt);
}

}  // namespace
}  // namespace mainstay::stream_rocksdb
