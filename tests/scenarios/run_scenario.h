// Plays one scenario on a system of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mainstay::scenarios {

struct Outcome {
  std::vector<std::string> failures;  // "name:line: what was expected; what was there". Empty: all holds.
  int facts = 0;                      // How many were checked.
};

// `name` is what failures begin with. A scenario that checks nothing fails.
[[nodiscard]] Outcome RunScenario(const std::string& name, std::string_view text);

}  // namespace mainstay::scenarios
