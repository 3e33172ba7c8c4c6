// Rep alerts in the shard loop: one inbox entry per risk episode and per overdue episode. Shard thread only.
#pragma once

#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/out_events.h"

namespace mainstay::notification {

// Takes a public event; those that open, move or end no alert change nothing.
[[nodiscard]] Result<void> TakeForAlerts(stream::Context& context, const OutEvent& event);

}  // namespace mainstay::notification
