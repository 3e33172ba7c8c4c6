// The answer to "what would another policy change?". Any thread.
#pragma once

#include "book_reading.h"
#include "mainstay/stream/record.h"

namespace mainstay::segmentation {

// Tries the policy on one snapshot of the book: nothing is stored or told. Set, it gives exactly what is said here, as
// long as nothing else happens.
[[nodiscard]] Result<void> AnswerWhatIf(const app::StateReader& state, const stream::Topology& topology,
                                        const query::v1::WhatIfRequest& request, query::v1::WhatIfResponse& out);

}  // namespace mainstay::segmentation
