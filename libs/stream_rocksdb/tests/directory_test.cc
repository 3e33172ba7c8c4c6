#include "mainstay/stream_rocksdb/directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "child_process.h"
#include "mainstay/stream_rocksdb/shard.h"
#include "mainstay/testing/temporary_directory.h"

namespace mainstay::stream_rocksdb {
namespace {

namespace fs = std::filesystem;

class Directory : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path path() const { return root_.path() / "data"; }
  void Create(const DirectoryOptions& options = {}) {
    const auto made = EmbeddedDirectory::Open(path(), options);
    ASSERT_TRUE(made.has_value()) << made.error().message;
  }
  [[nodiscard]] Error Refusal(const DirectoryOptions& options = {}) const { return RefusalOf(path(), options); }
  [[nodiscard]] static Error RefusalOf(const fs::path& path, const DirectoryOptions& options = {}) {
    const auto opened = EmbeddedDirectory::Open(path, options);
    EXPECT_FALSE(opened.has_value());
    if (opened) return {};
    EXPECT_EQ(std::count(opened.error().message.begin(), opened.error().message.end(), '\n'), 0);
    return opened.error();
  }
  void ReplaceInSettings(const std::string& from, const std::string& to) {
    std::ifstream in(path() / "FORMAT");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    std::ofstream(path() / "FORMAT") << text.replace(at, from.size(), to);
  }

  testing::TemporaryDirectory root_;
};

bool Says(const Error& error, const std::string& words) { return error.message.find(words) != std::string::npos; }

TEST_F(Directory, KeepsItsSettings) {
  std::string installation;
  {
    DirectoryOptions options;
    options.new_clock = Clock::kData;
    options.partitions = 3;
    options.now = FromMs(1'700'000'000'123);
    const auto made = EmbeddedDirectory::Open(path(), options);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    EXPECT_TRUE((*made)->is_new());
    installation = (*made)->installation();
    EXPECT_EQ(installation.size(), 32U);
  }
  const auto opened = EmbeddedDirectory::Open(path(), {});
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  EXPECT_FALSE((*opened)->is_new());
  EXPECT_EQ((*opened)->clock(), Clock::kData);
  EXPECT_EQ((*opened)->partitions(), 3);
  EXPECT_EQ((*opened)->installation(), installation);
  EXPECT_EQ((*opened)->created_at(), FromMs(1'700'000'000'123));
}

TEST_F(Directory, HasOneOwnerWhosePidTheSecondIsTold) {
  ChildProcess owner({"hold", path().string()});
  ASSERT_EQ(owner.ReadLine(), "held");
  const Error refusal = Refusal();
  EXPECT_EQ(refusal.code, ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(Says(refusal, "process " + std::to_string(owner.pid()) + ";")) << refusal.message;
  owner.Kill();  // -9: nothing of it runs any more that could clean up.
  EXPECT_TRUE(EmbeddedDirectory::Open(path(), {}).has_value());
}

TEST_F(Directory, OfANewerFormatIsRefusedWithoutBeingUnderstood) {
  Create();
  std::ofstream(path() / "FORMAT") << "mainstay data directory, format 2\nsomething else entirely\n";
  const Error refusal = Refusal();
  EXPECT_EQ(refusal.code, ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(Says(refusal, "newer mainstay (format 2")) << refusal.message;
}

TEST_F(Directory, WithOneChangedCharacterIsDamaged) {
  Create();
  ReplaceInSettings("partitions=8", "partitions=9");
  EXPECT_EQ(Refusal().code, ErrorCode::kDataLoss);
}

TEST_F(Directory, WithoutItsSettingsIsDamagedNotNew) {
  Create();
  fs::create_directory(path() / "shard-0");
  fs::remove(path() / "FORMAT");
  EXPECT_EQ(Refusal().code, ErrorCode::kDataLoss);
}

TEST_F(Directory, ThatWasCutOffWhileBeingCreatedIsNew) {
  fs::create_directories(path());
  std::ofstream(path() / "LOCK") << "1";
  std::ofstream(path() / "FORMAT.new") << "mainst";
  Create();
}

TEST_F(Directory, OfSomebodyElseIsLeftAlone) {
  fs::create_directories(path());
  std::ofstream(path() / "thesis.txt") << "...";
  const Error refusal = Refusal();
  EXPECT_EQ(refusal.code, ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(Says(refusal, "not empty")) << refusal.message;
}

TEST_F(Directory, NeverChangesItsPartitions) {
  Create();
  DirectoryOptions options;
  options.partitions = 4;
  const Error refusal = Refusal(options);
  EXPECT_EQ(refusal.code, ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(Says(refusal, "has 8 partitions")) << refusal.message;
  options.partitions = 8;
  EXPECT_TRUE(EmbeddedDirectory::Open(path(), options).has_value());
}

TEST_F(Directory, ClockGoesFromDataToWallOnceAndNeverBack) {
  DirectoryOptions data;
  data.must_be = Clock::kData;
  DirectoryOptions wall;
  wall.must_be = Clock::kWall;
  {
    const auto made = EmbeddedDirectory::Open(path(), data);
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ((*made)->clock(), Clock::kData);
  }
  EXPECT_EQ(Refusal(wall).code, ErrorCode::kInvalidArgument);
  {
    const auto opened = EmbeddedDirectory::Open(path(), data);
    ASSERT_TRUE(opened.has_value());
    ASSERT_TRUE((*opened)->SwitchToWall().has_value());
    EXPECT_EQ((*opened)->clock(), Clock::kWall);
  }
  const Error refusal = Refusal(data);
  EXPECT_EQ(refusal.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal.field, "clock");
  EXPECT_TRUE(EmbeddedDirectory::Open(path(), wall).has_value());
}

TEST_F(Directory, ThatIsAFileOrMissingOrForbiddenIsOneClearLine) {
  std::ofstream(root_.path() / "file") << "x";
  EXPECT_TRUE(Says(RefusalOf(root_.path() / "file"), "is not a directory"));
  EXPECT_EQ(RefusalOf(root_.path() / "file" / "below").code, ErrorCode::kUnavailable);
  DirectoryOptions existing;
  existing.create = false;
  EXPECT_EQ(Refusal(existing).code, ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(path()));

  // Read-only for others, as a directory on a read-only disk is for everybody.
  Create();
  fs::permissions(root_.path(), fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
  fs::permissions(path(),
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  ChildProcess nobody({"open-as-nobody", path().string()});
  const auto line = nobody.ReadLine();
  ASSERT_TRUE(line.has_value());
  EXPECT_NE(line->find("cannot write in the data directory"), std::string::npos) << *line;
}

// Twice: a shard that was closed in good order is taken as durable without another sync.
TEST(EmbeddedDirectoryShards, AllOpenSideBySideWithWhatTheyHadAndOneThatIsDamagedIsNamed) {
  const testing::TemporaryDirectory root;
  const SharedMemory memory;
  const auto directory = EmbeddedDirectory::Open(root.path() / "data", {});
  ASSERT_TRUE(directory.has_value());
  for (int round = 1; round <= 3; ++round) {
    auto shards = EmbeddedShard::OpenAll(**directory, memory);
    ASSERT_TRUE(shards.has_value()) << shards.error().message;
    ASSERT_EQ(shards->size(), 8U);
    for (std::size_t i = 0; i < shards->size(); ++i) {
      EmbeddedShard& shard = *(*shards)[i];
      EXPECT_EQ(shard.partition(), static_cast<std::int32_t>(i));
      EXPECT_EQ(shard.synced_sequence(), shard.written_sequence());
      EXPECT_EQ(shard.DurableEnd("in"), round - 1);
      const std::vector<Append> one = {{"in", round, "k", "v"}};
      ASSERT_TRUE(shard.AppendAll(one).has_value());
    }
    EmbeddedShard::CloseAll(std::move(*shards));
  }
  std::filesystem::remove((*directory)->ShardPath(5) / "CURRENT");
  const auto shards = EmbeddedShard::OpenAll(**directory, memory);
  ASSERT_FALSE(shards.has_value());
  EXPECT_NE(shards.error().message.find("shard-5"), std::string::npos) << shards.error().message;
}

}  // namespace
}  // namespace mainstay::stream_rocksdb
