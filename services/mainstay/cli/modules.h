// The services of this binary, in line order.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mainstay/app/service_module.h"

namespace mainstay::cli {

[[nodiscard]] std::vector<app::ServiceModule> MakeModules(const std::string& prefix,
                                                          const std::filesystem::path& directory);

}  // namespace mainstay::cli
