#include "taken_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "mainstay/testing/temporary_directory.h"

namespace mainstay::stream_rocksdb {
namespace {

using Taken = stream::TakenMarks::Taken;

class TakenFileTest : public ::testing::Test {
 protected:
  // As a process that opens the file after the last one has ended, and says how many died of `record`.
  int Deaths(const Taken& record, ServiceId service = 1) { return Open(service)->DeathsOf(record); }
  std::unique_ptr<stream::TakenMarks> Open(ServiceId service = 1) {
    auto opened = TakenFile::Open(path());
    EXPECT_TRUE(opened.has_value());
    file_ = std::move(*opened);
    return file_->MarksOf(service);
  }
  void DieWith(const Taken& record, ServiceId service = 1) { Open(service)->Take(record); }
  [[nodiscard]] std::filesystem::path path() const { return root_.path() / "taken"; }

 private:
  testing::TemporaryDirectory root_;
  std::unique_ptr<TakenFile> file_;
};

TEST_F(TakenFileTest, CountsDeathsByRecordAndServiceAndAHandlerThatReturnedIsNone) {
  const Taken record{1, 7, 99};
  DieWith(record);
  DieWith(record);
  DieWith(record, 2);
  const auto marks = Open();
  marks->Take(record);
  marks->PutBack();
  EXPECT_EQ(Deaths(record), 2);
  EXPECT_EQ(Deaths(record, 2), 1);
  EXPECT_EQ(Deaths({1, 8, 99}), 0);
  EXPECT_EQ(Deaths({2, 7, 99}), 0);
  EXPECT_EQ(Deaths({1, 7, 98}), 0) << "another record at its offset";
}

TEST_F(TakenFileTest, ForgetsWhatIsDoneAndKeepsTheRest) {
  DieWith({0, 7, 1});
  DieWith({1, 7, 1});
  Open()->Forget({8, 7});
  EXPECT_EQ(Deaths({0, 7, 1}), 0);
  EXPECT_EQ(Deaths({1, 7, 1}), 1);
}

TEST_F(TakenFileTest, TheOnesThatKilledMostAreRememberedWhenThereAreTooMany) {
  for (int i = 0; i < 2; ++i) DieWith({0, 1, 1});
  for (std::int64_t offset = 100; offset < 130; ++offset) DieWith({0, offset, 1});
  EXPECT_EQ(Deaths({0, 1, 1}), 2);
}

TEST_F(TakenFileTest, DamageAndAnOlderLengthCountAsNothingKnown) {
  DieWith({0, 7, 1});
  ASSERT_EQ(Deaths({0, 7, 1}), 1);
  {
    std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(512 + 40);
    file.put('\x55');
  }
  EXPECT_EQ(Deaths({0, 7, 1}), 0);
  DieWith({0, 7, 1});
  EXPECT_EQ(Deaths({0, 7, 1}), 1) << "and goes on from there";
  std::filesystem::resize_file(path(), 100);
  EXPECT_EQ(Deaths({0, 7, 1}), 0);
}

TEST_F(TakenFileTest, AServiceBeyondTheFirstFewHasNoMarks) { EXPECT_EQ(Open(200), nullptr); }

}  // namespace
}  // namespace mainstay::stream_rocksdb
