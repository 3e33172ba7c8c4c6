// What another policy, and other tiers, would do to a book's schedules and levels of risk. Any thread.
#pragma once

#include "book_reading.h"

namespace mainstay::cadence {

// What the sweep after a PolicySet decides, and what the SegmentChanged of the named clients decide after it, for every
// client at reading.view.at; nothing is stored or told.
[[nodiscard]] Result<void> FillWhatIf(const BookReading& reading, const query::v1::WhatIfCadenceRequest& request,
                                      query::v1::WhatIfCadenceResponse& out);

}  // namespace mainstay::cadence
