// `mainstay demo` as a person types it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/application.h"
#include "mainstay/testing/temporary_directory.h"

namespace mainstay::cli {
namespace {

namespace fs = std::filesystem;

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

Ran RunMainstay(std::vector<std::string> words) {
  words.insert(words.begin(), "mainstay");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = RunApplication(static_cast<int>(arguments.size()), arguments.data());
  return {code, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
}

TEST(DemoCommand, SaysThatEverythingIsSyntheticAndToursTheBook) {
  const testing::TemporaryDirectory folder;
  const Ran demo = RunMainstay({"demo", "--data", (folder.path() / "demo").string()});
  EXPECT_TRUE(demo.out.starts_with("A SYNTHETIC practice")) << demo.out;
  EXPECT_NE(demo.out.find(" 0 rejected"), std::string::npos) << demo.out;
  EXPECT_NE(demo.out.find("carry 80 % of it"), std::string::npos) << demo.out;
  EXPECT_TRUE(fs::exists(folder.path() / "demo.jsonl"));
}

TEST(DemoCommand, ReplacesOnlyWhatADemoMadeAndOnlyWithForce) {
  const testing::TemporaryDirectory folder;
  const std::string own = (folder.path() / "own").string();
  ASSERT_EQ(RunMainstay({"demo", "--json", "--data", own}).code, 0);
  const Ran again = RunMainstay({"demo", "--json", "--data", own});
  EXPECT_EQ(again.code, 3);
  EXPECT_NE(again.err.find("exists already"), std::string::npos) << again.err;
  EXPECT_EQ(RunMainstay({"demo", "--json", "--force", "--data", own}).code, 0);

  const fs::path foreign = folder.path() / "foreign";
  fs::create_directory(foreign);
  std::ofstream(foreign / "letters.txt") << "mine";
  const Ran refused = RunMainstay({"demo", "--json", "--force", "--data", foreign.string()});
  EXPECT_EQ(refused.code, 3);
  EXPECT_NE(refused.err.find("not made by `mainstay demo`"), std::string::npos) << refused.err;
  EXPECT_TRUE(fs::exists(foreign / "letters.txt"));
}

TEST(DemoCommand, NeverWritesOverAnotherFile) {
  const testing::TemporaryDirectory folder;
  const fs::path file = folder.path() / "mine.jsonl";
  std::ofstream(file) << "mine\n";
  const Ran refused = RunMainstay({"demo", "--data", (folder.path() / "demo").string(), "--out", file.string()});
  EXPECT_EQ(refused.code, 3);
  EXPECT_EQ(fs::file_size(file), 5U);
  EXPECT_FALSE(fs::exists(folder.path() / "demo"));
}

}  // namespace
}  // namespace mainstay::cli
