// A client that goes up in another one of its book. Shard thread only.
#pragma once

#include "book.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"

namespace mainstay::cadence {

// Touches, orders, incidents and agreements of the event's client become the other one's, as if they had been from the
// start; its open episodes end. Where both have something under one id, the survivor's stands. O(its orders).
// Errors: kInvalidArgument for a circle, or a second merger into another client.
[[nodiscard]] Result<void> MergeClient(stream::Context& context, Book& book, const InEvent& event,
                                       const ClientMerged& merged);

}  // namespace mainstay::cadence
