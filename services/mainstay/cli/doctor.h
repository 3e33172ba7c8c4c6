// What is wrong with an installation, and what to do about it.
#pragma once

#include <string>
#include <vector>

namespace mainstay::cli {

class Invocation;

struct Finding {
  enum class Status { kOk, kWarning, kProblem };
  Status status = Status::kOk;
  std::string check;  // What was looked at.
  std::string found;
  std::string advice;  // Empty when all is well.
};

// Looks at this machine, then at the directory or server of the invocation, then at what its services say. Changes
// nothing. Goes on after a problem as far as the rest can be seen.
[[nodiscard]] std::vector<Finding> Examine(Invocation& invocation);

}  // namespace mainstay::cli
