// A client that goes up in another one, and one that is to be forgotten. Shard thread only.
#pragma once

#include <optional>

#include "book_work.h"
#include "mainstay/vocabulary/events.h"

namespace mainstay::segmentation {

// The subject's orders, refunds, touches and potential become the other one's, as if they had been from the start, and
// what it says of itself where the other says nothing. What a review proposed for the subject is void.
// O(its orders). Errors: merging in a circle, or a second time into another client.
[[nodiscard]] Result<void> MergeClient(BookWork& work, const InEvent& event, const ClientMerged& merged);
// Leaves nothing of the client but a hash of its name with the time. O(its orders).
[[nodiscard]] Result<void> EraseClient(BookWork& work, const InEvent& event, const ClientId& id);

}  // namespace mainstay::segmentation
