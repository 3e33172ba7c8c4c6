// What concerns all that is known of a client: it is erased, or becomes one with another. Shard thread only.
#pragma once

#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "state.h"

namespace mainstay::notification {

// Who `id` is today: itself, or the client it was merged into. Errors: kInvalidArgument after too many merges.
[[nodiscard]] Result<ClientId> TodaysClient(stream::Context& context, const BookId& book, ClientId id);

// Open prompts and alerts are withdrawn, purchases and what forbids prompts count for the other client, and so does
// everything said of this one from now on. Errors: kInvalidArgument for a circle or a second, different merger.
[[nodiscard]] Result<void> MergeClient(stream::Context& context, const InEvent& event, const ClientMerged& merged,
                                       BookRecord& book);

// Withdraws open prompts and alerts, then forgets all of the client's, closed ones too. What is said of it afterwards
// is not kept.
[[nodiscard]] Result<void> EraseClient(stream::Context& context, const InEvent& event, BookRecord& book);

}  // namespace mainstay::notification
