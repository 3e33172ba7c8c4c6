// The segmentation service as data: who are the clients of a book, and what are they worth?
#pragma once

#include <string>

#include "mainstay/app/service_module.h"

namespace mainstay::segmentation {

[[nodiscard]] app::ServiceModule MakeSegmentationModule(const std::string& prefix);

}  // namespace mainstay::segmentation
