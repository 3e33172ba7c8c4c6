// Small pieces that the segmentation commands share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mainstay/base/result.h"

namespace mainstay::cli {

// "name=number" each. Error: kInvalidArgument with the one that is not.
[[nodiscard]] Result<std::map<std::string, double>> ParseSettings(const std::vector<std::string>& settings);
// Error: kUnavailable, when the file cannot be written.
[[nodiscard]] Result<void> WriteWholeFile(const std::string& file, const std::string& text);

}  // namespace mainstay::cli
