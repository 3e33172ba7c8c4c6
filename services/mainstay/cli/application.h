// The command line as a whole.
#pragma once

namespace mainstay::cli {

// Parses, runs and returns the exit code.
[[nodiscard]] int RunApplication(int argc, char** argv);

}  // namespace mainstay::cli
