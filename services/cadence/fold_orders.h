// Orders, corrections and refunds: revenue through the ledger, order days and the last order here.
#pragma once

#include "fold.h"

namespace mainstay::cadence {

// Folded{} for an event that is no order.
[[nodiscard]] Result<Folded> FoldOrder(stream::Context& context, Book& book, const InEvent& event,
                                       ClientRecord& client);

}  // namespace mainstay::cadence
