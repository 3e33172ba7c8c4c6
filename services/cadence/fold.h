// Takes one event's facts into a client and its tables. Facts end in the same state whatever order they arrive in.
#pragma once

#include "book.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "state.h"

namespace mainstay::cadence {

struct Folded {
  bool already_seen = false;    // Known by its natural id: nothing else happens.
  bool status_changed = false;  // ClientLost or ClientReturned, not older than what stands.
};

// Bad data (a conflict, another currency, an unknown zone ...) is an Error of kind kInvalidArgument, kAlreadyExists
// or kNotFound; what was written before it is undone by the dead letter.
[[nodiscard]] Result<Folded> FoldFacts(stream::Context& context, Book& book, const InEvent& event,
                                       ClientRecord& client);

// The book's zone is another one: the order days are counted anew from the order times.
[[nodiscard]] Result<void> RecountOrderDays(stream::Context& context, const Book& book, const ClientId& id,
                                            ClientRecord& client);

}  // namespace mainstay::cadence
