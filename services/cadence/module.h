// The cadence service as data: when must we speak with a client, and who is about to leave?
#pragma once

#include <string>

#include "mainstay/app/service_module.h"

namespace mainstay::cadence {

[[nodiscard]] app::ServiceModule MakeCadenceModule(const std::string& prefix);

}  // namespace mainstay::cadence
