// One test per scenario file. MAINSTAY_SCENARIOS: the files, listed in CMakeLists.txt, separated by ":".
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "run_scenario.h"

namespace mainstay::scenarios {
namespace {

std::vector<std::string> Files() {
  std::vector<std::string> files;
  std::istringstream list(MAINSTAY_SCENARIOS);
  for (std::string file; std::getline(list, file, ':');) files.push_back(file);
  return files;
}

class Scenario : public ::testing::TestWithParam<std::string> {};

TEST_P(Scenario, Holds) {
  const std::filesystem::path path =
      std::filesystem::path(MAINSTAY_SOURCE_DIR) / "tests/scenarios/files" / (GetParam() + ".scenario");
  std::ifstream in(path);
  ASSERT_TRUE(in) << path;
  std::ostringstream text;
  text << in.rdbuf();
  const Outcome outcome = RunScenario(path.filename().string(), text.str());
  for (const std::string& failure : outcome.failures) ADD_FAILURE() << failure;
}

std::string TestName(const ::testing::TestParamInfo<std::string>& file) { return file.param; }

INSTANTIATE_TEST_SUITE_P(Files, Scenario, ::testing::ValuesIn(Files()), TestName);

}  // namespace
}  // namespace mainstay::scenarios
