#include "mainstay/testing/temporary_directory.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include "mainstay/base/check.h"

namespace mainstay::testing {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "mainstay-test-XXXXXX").string();
  MAINSTAY_CHECK(mkdtemp(pattern.data()) != nullptr, "cannot make a temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace mainstay::testing
