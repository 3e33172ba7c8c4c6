// Death at any moment: kill -9, power loss, a full disk.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "child_process.h"
#include "count_checker.h"
#include "file_copies.h"
#include "levers.h"
#include "mainstay/base/random.h"
#include "mainstay/stream/dead_letter.h"
#include "mainstay/testing/seed.h"

namespace mainstay::stream_rocksdb {
namespace {

namespace fs = std::filesystem;

struct KillRun {
  std::string wrong;  // What the checker found first.
  std::int64_t count = 0;
  int kills = 0;
};

enum class By : std::uint8_t {
  kSignal,   // kill -9 after it has come a random way.
  kCpuTime,  // By the kernel after a random amount of work: any instruction may be the last.
};

// Kills a counting process again and again and checks what is left each time.
KillRun KillAgainAndAgain(const std::string& command, By by, int kills, Random& random) {
  const testing::TemporaryDirectory root;
  const fs::path path = root.path() / "data";
  KillRun run;
  for (; run.kills < kills && run.wrong.empty(); ++run.kills) {
    const std::uint64_t micros = by == By::kCpuTime ? 1'000 + Below(random, 20'000) : 0;
    const std::uint64_t lines = by == By::kSignal ? 1 + Below(random, 60) : UINT64_MAX;
    ChildProcess child({command, path.string(), std::to_string(micros)});
    std::int64_t promised = 0;
    for (std::uint64_t i = 0; i < lines; ++i) {
      const auto line = child.ReadLine();
      if (!line && by == By::kCpuTime) break;
      if (!line || line->starts_with("error")) {
        run.wrong = line.value_or("the child died by itself");
        return run;
      }
      promised = std::stoll(*line);
    }
    child.Kill();
    run.wrong = OpenAndCheck(path, run.count);
    if (run.wrong.empty() && run.count < promised) run.wrong = "lost what was committed";
  }
  return run;
}

TEST(EmbeddedCrash, KillLeavesAWholeNumberOfTransactionsAtEveryMoment) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  for (const By by : {By::kSignal, By::kCpuTime}) {
    const KillRun run = KillAgainAndAgain("count", by, 10, random);
    EXPECT_EQ(run.wrong, "");
    EXPECT_GT(run.count, 100) << "vacuous: hardly anything was committed";
  }
}

// Control: the checker must notice a transaction whose META is written a moment later.
TEST(EmbeddedCrash, TheCheckerNoticesTornTransactions) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  const KillRun run = KillAgainAndAgain("count-torn", By::kCpuTime, 100, random);
  EXPECT_TRUE(run.wrong.starts_with("state is at ")) << "after " << run.kills << " kills: " << run.wrong;
  RecordProperty("kills", run.kills);
}

// Goal: a power loss takes only what was not synced, and never part of a transaction.
// Method: a file system that knows what was synced; after random commits and syncs the files are cut back to that.
TEST(EmbeddedCrash, PowerLossTakesBackOnlyWhatWasNotSynced) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  const testing::TemporaryDirectory root;
  fs::path path = root.path() / "0";
  int losses = 0;
  std::int64_t count = 0;
  for (int round = 1; round <= 15; ++round) {
    ForgetfulDisk disk;
    TestLevers().env = disk.env();
    auto opened = OpenShardIn(path);
    TestLevers().env = nullptr;
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    const stream::Topology topology = CounterTopology();
    EmbeddedShardLog log(*opened->shard, topology);
    auto meta = log.Acquire(log);
    ASSERT_TRUE(meta.has_value()) << meta.error().message;
    auto written = static_cast<std::int64_t>(meta->transaction);
    std::int64_t synced = written;
    for (std::uint64_t i = 0; i < Below(random, 100); ++i) {
      ASSERT_EQ(CommitCount(log, *meta, ++written, Below(random, 3'000)), stream::Outcome::kCommitted);
      if (Below(random, 8) != 0) continue;
      ASSERT_TRUE(opened->shard->Sync().has_value());
      synced = written;
    }
    const fs::path next = root.path() / std::to_string(round);
    disk.CopyAsIfPowerFailed(*opened->shard, path, next);
    path = next;
    opened->shard.reset();
    ASSERT_EQ(OpenAndCheck(path, count), "") << "round " << round;
    EXPECT_GE(count, synced);
    EXPECT_LE(count, written);
    losses += count < written ? 1 : 0;
  }
  EXPECT_GT(losses, 0) << "vacuous: the power never took anything";
}

// Control: a shard that promised without having synced comes back below its mark, and says so.
TEST(EmbeddedCrash, AShardThatLostWhatItPromisedRefusesToStart) {
  const testing::TemporaryDirectory root;
  ForgetfulDisk disk;
  TestLevers().env = disk.env();
  auto opened = OpenShardIn(root.path() / "a");
  TestLevers().env = nullptr;
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  const stream::Topology topology = CounterTopology();
  EmbeddedShardLog log(*opened->shard, topology);
  auto meta = log.Acquire(log);
  ASSERT_TRUE(meta.has_value());
  TestLevers().mark_without_sync = true;
  ASSERT_EQ(CommitCount(log, *meta, 1), stream::Outcome::kCommitted);
  ASSERT_TRUE(opened->shard->Sync().has_value());
  TestLevers().mark_without_sync = false;
  disk.CopyAsIfPowerFailed(*opened->shard, root.path() / "a", root.path() / "b");
  const auto again = OpenShardIn(root.path() / "b");
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kDataLoss);
  EXPECT_NE(again.error().message.find("has lost writes"), std::string::npos) << again.error().message;
}

// How many processes handle three records, one of which ends them, until one gets through; `limit` if none does.
int ProcessesUntilDone(const std::string& command, const fs::path& path, int limit) {
  for (int process = 1; process < limit; ++process) {
    ChildProcess child({command, path.string()});
    if (child.ReadLine() == "done") return process;
  }
  return limit;
}

TEST(EmbeddedCrash, ARecordThatKilledThreeProcessesIsSetAsideByTheFourth) {
  const testing::TemporaryDirectory root;
  const fs::path path = root.path() / "data";
  ASSERT_EQ(ProcessesUntilDone("handle", path, 20), 4);
  const auto opened = OpenShardIn(path);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  const auto outputs = opened->shard->ReadTopic("out", 0, 10);
  ASSERT_TRUE(outputs.has_value());
  ASSERT_EQ(outputs->size(), 2U);
  EXPECT_EQ((*outputs)[0].value, "one");
  EXPECT_EQ((*outputs)[1].value, "two");
  const auto letters = opened->shard->ReadTopic("counter.dead-letter", 0, 10);
  ASSERT_TRUE(letters.has_value());
  ASSERT_EQ(letters->size(), 1U);
  const auto letter = stream::DecodeDeadLetter((*letters)[0].value);
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->code, "crash-loop");
  EXPECT_EQ(letter->offset, 1);
  EXPECT_EQ(letter->value, "kill");
}

// Control: without a memory of what they died of, no process ever gets through.
TEST(EmbeddedCrash, WithoutMarksTheRecordKillsEveryProcess) {
  const testing::TemporaryDirectory root;
  EXPECT_EQ(ProcessesUntilDone("handle-unmarked", root.path() / "data", 8), 8);
}

TEST(EmbeddedCrash, AFullDiskStopsTheShardAndLosesNothing) {
  const testing::TemporaryDirectory root;
  const fs::path path = root.path() / "data";
  ChildProcess child({"fill", path.string(), "300000"});
  const auto line = child.ReadLine();
  ASSERT_TRUE(line.has_value());
  EXPECT_NE(line->find(" stopped cannot write "), std::string::npos) << *line;
  const std::int64_t committed = std::stoll(*line);
  EXPECT_GT(committed, 10);
  child.Kill();
  std::int64_t count = 0;
  ASSERT_EQ(OpenAndCheck(path, count), "");
  EXPECT_GE(count, committed);
  EXPECT_LE(count, committed + 1) << "the write that failed may be there whole, nothing after it";
}

}  // namespace
}  // namespace mainstay::stream_rocksdb
