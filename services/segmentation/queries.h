// SegmentationService over committed state.
#pragma once

#include <memory>

#include "mainstay/app/service_module.h"
#include "mainstay/stream/record.h"

namespace mainstay::segmentation {

// `topology` outlives the doors.
[[nodiscard]] std::unique_ptr<app::Doors> MakeSegmentationDoors(const app::System& system,
                                                                const stream::Topology& topology);

}  // namespace mainstay::segmentation
