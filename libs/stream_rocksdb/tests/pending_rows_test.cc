// Rows of a local store that wait in memory: whoever looks sees them, and what a kill takes the log brings back.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "embedded_fixture.h"
#include "levers.h"
#include "mainstay/base/random.h"
#include "mainstay/stream_rocksdb/local_store.h"
#include "mainstay/testing/seed.h"

namespace mainstay::stream_rocksdb {
namespace {

using stream::TableChange;
using stream::TableId;

constexpr TableId kTables[] = {1, 2, stream::kTimerTable};

class PendingRowsTest : public ::testing::Test {
 protected:
  using Rows = std::map<std::pair<TableId, std::string>, std::string>;

  void SetUp() override { Open(); }
  void Open() {
    store_.reset();
    auto opened = LocalStore::Open(root_.path() / "store", "the same", memory_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = std::move(*opened);
  }
  void Apply(std::vector<TableChange> changes) {
    for (const TableChange& change : changes) {
      if (change.value) {
        rows_[{change.table, change.key}] = *change.value;
      } else {
        rows_.erase({change.table, change.key});
      }
    }
    log_.push_back({{log_.size() + 1, {0}, 0, 0}, {}, std::move(changes), {}});
    const auto applied = store_->Apply(log_.back());
    ASSERT_TRUE(applied.has_value()) << applied.error().message;
  }
  // Returns how many transactions are missing in what the killed process leaves.
  std::size_t Kill() {
    TestLevers().killed_at_end = true;
    store_.reset();
    TestLevers().killed_at_end = false;
    Open();
    return log_.size() - store_->LastMeta()->transaction;
  }
  // As Restore does.
  void BringBack() {
    for (std::size_t i = store_->LastMeta()->transaction; i < log_.size(); ++i) {
      ASSERT_TRUE(store_->Apply(log_[i]).has_value());
    }
  }
  static void Take(Rows& into, TableId table, std::string_view key, std::string_view value) {
    into[{table, std::string(key)}] = value;
  }
  template <class View>
  Rows Scanned(View& view) {
    Rows scanned;
    for (const TableId table : kTables) {
      EXPECT_TRUE(view.Scan(table, {}, {},
                            [&](std::string_view key, std::string_view value) {
                              Take(scanned, table, key, value);
                              return true;
                            })
                      .has_value());
    }
    return scanned;
  }
  Rows InSnapshot() {
    const auto snapshot = store_->TakeSnapshot();
    EXPECT_EQ((*snapshot)->meta().transaction, log_.size());
    return Scanned(**snapshot);
  }

  testing::TemporaryDirectory root_;
  SharedMemory memory_{{.pending_bytes = 64 << 10}};
  std::unique_ptr<LocalStore> store_;
  std::vector<stream::CommitBatch> log_;
  Rows rows_;
};

// A history of writes, reads, scans, snapshots and kills. Returns whether all was as in a map.
class History : public PendingRowsTest {
 public:
  void TestBody() override {}
  bool Walk(std::uint64_t seed) {
    SetUp();
    Random random{seed};
    for (int step = 0; step < 1'500; ++step) {
      Apply(AnyChanges(random));
      const std::string key = AnyKey(random);
      const TableId table = kTables[Below(random, 2)];
      const auto known = rows_.find({table, key});
      if (*store_->Get(table, key) != (known == rows_.end() ? std::nullopt : std::optional(known->second)))
        return false;
      if (Below(random, 60) == 0 && Scanned(*store_) != rows_) return false;
      if (Below(random, 60) == 0 && InSnapshot() != rows_) return false;
      if (Below(random, 60) == 0) {
        missing += Kill();
        BringBack();
        if (Scanned(*store_) != rows_) return false;
      }
    }
    return true;
  }
  std::size_t missing = 0;  // Transactions that kills took and the log brought back.

 private:
  static std::string AnyKey(Random& random) { return "k" + std::to_string(Below(random, 300)); }
  static std::vector<TableChange> AnyChanges(Random& random) {
    std::map<std::pair<TableId, std::string>, std::optional<std::string>> changes;
    for (std::uint64_t n = Below(random, 12); n > 0; --n) {
      std::optional<std::string> value;
      if (Below(random, 4) > 0) value = std::string(Below(random, 500), static_cast<char>('a' + Below(random, 26)));
      changes[{kTables[Below(random, 3)], AnyKey(random)}] = std::move(value);
    }
    std::vector<TableChange> all;
    all.reserve(changes.size());
    for (auto& [where, value] : changes) all.push_back({where.first, where.second, std::move(value)});
    return all;
  }
};

TEST(PendingRows, AnyHistoryIsAsInAMapAndTheLogMakesWholeWhatAKillLeaves) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  History history;
  EXPECT_TRUE(history.Walk(seed));
  EXPECT_GT(history.missing, 0U) << "nothing was pending at any kill";
}

TEST(PendingRowsControl, MetaBeforeItsRowsIsNoticed) {
  TestLevers().meta_before_rows = true;
  History history;
  EXPECT_FALSE(history.Walk(testing::SeedFromEnv()));
  TestLevers().meta_before_rows = false;
}

TEST_F(PendingRowsTest, ARowThatIsWrittenAgainAndAgainTakesTheRoomOfOne) {
  Apply({{1, "a", std::string(1'000, '1')}});
  const StoreSizes once = store_->Sizes();
  EXPECT_GT(once.pending_bytes, 1'000U);
  for (int i = 0; i < 1'000; ++i) Apply({{1, "a", std::string(1'000, '2')}});
  EXPECT_EQ(store_->Sizes().pending_bytes, once.pending_bytes);
  EXPECT_EQ(store_->Sizes().memtable_bytes, once.memtable_bytes);
  EXPECT_EQ(Kill(), 1'001U);
}

TEST_F(PendingRowsTest, ManyRowsAreWrittenAndSoAreFewThatALotWasWrittenTo) {
  for (int i = 0; i < 100; ++i) Apply({{1, std::to_string(i), std::string(1'000, '1')}});
  EXPECT_LT(store_->Sizes().pending_bytes, 64U << 10);
  EXPECT_LT(Kill(), 100U);
  BringBack();
  // A kill is to leave little to be read again, however few rows it is about.
  for (int i = 0; i < 200; ++i) Apply({{1, "a", std::string(1 << 20, '1')}});
  EXPECT_LT(Kill(), 200U);
}

TEST_F(PendingRowsTest, StoresShareTheMemoryForRows) {
  const auto room = [this] {
    for (int i = 0;; ++i) {
      const std::uint64_t before = store_->Sizes().pending_bytes;
      Apply({{1, std::to_string(i), std::string(1'000, '1')}});
      if (store_->Sizes().pending_bytes < before) return before;
    }
  };
  const std::uint64_t alone = room();
  const auto other = LocalStore::Open(root_.path() / "other", "other", memory_);
  ASSERT_TRUE(other.has_value());
  EXPECT_LT(room(), alone * 2 / 3);
}

TEST_F(PendingRowsTest, ASnapshotAnEndAndWritePendingLeaveNothingBehind) {
  Apply({{1, "a", "1"}});
  EXPECT_TRUE(store_->TakeSnapshot().has_value());
  EXPECT_EQ(Kill(), 0U);
  Apply({{1, "a", "2"}});
  EXPECT_TRUE(store_->WritePending().has_value());
  EXPECT_EQ(Kill(), 0U);
  Apply({{1, "a", "3"}});
  Open();
  EXPECT_EQ(store_->LastMeta()->transaction, 3U);
  EXPECT_EQ(*store_->Get(1, "a"), "3");
}

TEST_F(PendingRowsTest, NobodyReadsAroundRowsThatCouldNotBeWritten) {
  Apply({{1, "a", "1"}});
  EXPECT_TRUE(store_->WritePending().has_value());
  Apply({{1, "a", "2"}});
  TestLevers().disk_full = true;
  EXPECT_FALSE(store_->TakeSnapshot().has_value());
  TestLevers().disk_full = false;
  EXPECT_FALSE(store_->Get(1, "a").has_value()) << "the files have what it was before";
  EXPECT_FALSE(store_->Scan(1, {}, {}, [](auto, auto) { return true; }).has_value());
  EXPECT_FALSE(store_->TakeSnapshot().has_value());
  EXPECT_FALSE(store_->Apply({{3, {0}, 0, 0}, {}, {{1, "b", "3"}}}).has_value());
  EXPECT_EQ(Kill(), 1U);
  BringBack();
  EXPECT_EQ(*store_->Get(1, "a"), "2");
}

TEST_F(PendingRowsTest, SnapshotsOfOtherThreadsSeeWholeTransactions) {
  const auto transaction = [this] {
    const std::string number = std::to_string(log_.size() + 1);
    std::vector<TableChange> changes;
    for (const TableId table : kTables) {
      for (int row = 0; row < 10; ++row) changes.push_back({table, std::to_string(row), number});
    }
    Apply(std::move(changes));
  };
  transaction();
  std::atomic<bool> done{false};
  int torn = 0;
  int seen = 0;
  std::thread reader([&] {
    for (; !done || seen == 0; ++seen) {
      const auto snapshot = store_->TakeSnapshot();
      const std::string number = std::to_string((*snapshot)->meta().transaction);
      for (const auto& [where, value] : Scanned(**snapshot)) torn += value != number ? 1 : 0;
    }
  });
  for (int i = 0; i < 400; ++i) {
    transaction();
    EXPECT_EQ(*store_->Get(1, "7"), std::to_string(log_.size()));
    if (i % 5 == 0) {
      EXPECT_EQ(Scanned(*store_), rows_);
    }
  }
  done = true;
  reader.join();
  EXPECT_EQ(torn, 0) << "of " << seen << " snapshots";
}

}  // namespace
}  // namespace mainstay::stream_rocksdb
