// CadenceService over committed state. What depends on "now" is computed for the request's `at`; schedules, episodes
// and levels are as the processor last decided them.
#pragma once

#include <memory>

#include "mainstay/app/service_module.h"
#include "mainstay/stream/record.h"

namespace mainstay::cadence {

// `topology` outlives the doors.
[[nodiscard]] std::unique_ptr<app::Doors> MakeCadenceDoors(const app::System& system, const stream::Topology& topology);

}  // namespace mainstay::cadence
