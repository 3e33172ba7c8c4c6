// Files that are damaged, missing, old or somebody else's: one clear line, and nothing is overwritten.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "count_checker.h"

namespace mainstay::stream_rocksdb {
namespace {

namespace fs = std::filesystem;

fs::path FindFile(const fs::path& folder, const std::function<bool(const std::string& name, std::uintmax_t size)>& is) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is(entry.path().filename().string(), entry.file_size())) return entry.path();
  }
  ADD_FAILURE() << "no such file in " << folder;
  return {};
}

void OverwriteMiddle(const fs::path& file) {
  const auto size = static_cast<std::streamoff>(fs::file_size(file));
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(size / 3);
  stream << std::string(static_cast<std::size_t>(size / 3), '\x5a');
}

class Damage : public ::testing::Test {
 protected:
  void SetUp() override {
    CommitMore(60);
    CommitMore(40);  // Opening again has put the first ones into a table file.
    ASSERT_EQ(Verdict(), "");
  }
  void CommitMore(int commits) {
    auto opened = OpenShardIn(path_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    const stream::Topology topology = CounterTopology();
    EmbeddedShardLog log(*opened->shard, topology);
    auto meta = log.Acquire(log);
    ASSERT_TRUE(meta.has_value()) << meta.error().message;
    for (int i = 0; i < commits; ++i) {
      const auto count = static_cast<std::int64_t>(meta->transaction) + 1;
      ASSERT_EQ(CommitCount(log, *meta, count, 200), stream::Outcome::kCommitted);
    }
  }
  [[nodiscard]] std::string Verdict() {
    std::int64_t count = 0;
    return OpenAndCheck(path_, count);
  }
  void ExpectRefused() {
    const auto opened = OpenShardIn(path_);
    ASSERT_FALSE(opened.has_value());
    const Error& error = opened.error();
    EXPECT_EQ(error.code, ErrorCode::kDataLoss) << error.message;
    EXPECT_NE(error.message.find("backup"), std::string::npos) << error.message;
    EXPECT_EQ(std::count(error.message.begin(), error.message.end(), '\n'), 0) << error.message;
  }
  [[nodiscard]] fs::path shard() const { return path_ / "shard-0"; }
  [[nodiscard]] fs::path LogFile() const {
    return FindFile(
        shard(), [](const std::string& name, std::uintmax_t size) { return name.ends_with(".log") && size > 1'000; });
  }
  [[nodiscard]] fs::path TableFile() const {
    return FindFile(shard(), [](const std::string& name, std::uintmax_t) { return name.ends_with(".sst"); });
  }

  testing::TemporaryDirectory root_;
  fs::path path_ = root_.path() / "data";
};

TEST_F(Damage, OfTheCurrentFileIsRefused) {
  std::ofstream(shard() / "CURRENT") << "nonsense";
  ExpectRefused();
}

TEST_F(Damage, AMissingCurrentFileIsNotANewShard) {
  fs::remove(shard() / "CURRENT");
  const fs::path table = TableFile();
  ExpectRefused();
  EXPECT_TRUE(fs::exists(table)) << "what is left must stay for whoever repairs it";
}

TEST_F(Damage, OfTheManifestIsRefused) {
  OverwriteMiddle(FindFile(
      shard(), [](const std::string& name, std::uintmax_t size) { return name.starts_with("MANIFEST") && size > 0; }));
  ExpectRefused();
}

TEST_F(Damage, AMissingTableFileIsRefused) {
  fs::remove(TableFile());
  ExpectRefused();
}

TEST_F(Damage, OfEveryTableFileIsFoundWhenItIsRead) {
  for (const fs::directory_entry& entry : fs::directory_iterator(shard())) {
    if (entry.path().extension() == ".sst") OverwriteMiddle(entry.path());
  }
  const std::string verdict = Verdict();
  EXPECT_NE(verdict.find("damaged"), std::string::npos) << verdict;
}

TEST_F(Damage, InsideTheWriteAheadLogIsNotMistakenForItsEnd) {
  CommitMore(40);
  OverwriteMiddle(LogFile());
  ExpectRefused();
}

TEST_F(Damage, AMissingShardIsRefused) {
  fs::remove_all(shard());
  ExpectRefused();
}

TEST_F(Damage, AMissingMarkIsRefused) {
  fs::remove(path_ / "shard-0.synced");
  ExpectRefused();
}

TEST_F(Damage, AnOlderCopyOfAShardIsRefused) {
  fs::copy(shard(), root_.path() / "old", fs::copy_options::recursive);
  CommitMore(5);
  fs::remove_all(shard());
  fs::rename(root_.path() / "old", shard());
  ExpectRefused();
}

TEST_F(Damage, AShardOfAnotherInstallationIsRefused) {
  fs::remove(path_ / "FORMAT");
  fs::rename(path_, root_.path() / "old");
  ASSERT_TRUE(EmbeddedDirectory::Open(path_, {}).has_value());
  fs::rename(root_.path() / "old" / "shard-0", shard());
  fs::rename(root_.path() / "old" / "shard-0.synced", path_ / "shard-0.synced");
  const auto opened = OpenShardIn(path_);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message.find("another shard or installation"), std::string::npos) << opened.error().message;
}

TEST_F(Damage, OneTornSlotOfTheMarkIsSurvived) {
  std::fstream mark(path_ / "shard-0.synced", std::ios::in | std::ios::out | std::ios::binary);
  mark << "torn";
  mark.close();
  EXPECT_EQ(Verdict(), "");
}

}  // namespace
}  // namespace mainstay::stream_rocksdb
