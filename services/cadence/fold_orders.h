// Orders, corrections and refunds: revenue through the ledger, order days and the last order here.
#pragma once

#include "fold.h"

namespace mainstay::cadence {

// Folded{} for an event that is no order.
[[nodiscard]] Result<Folded> FoldOrder(stream::Context& context, Book& book, const InEvent& event,
                                       ClientRecord& client);

// Orders, refunds and revenue of `from` become `into`'s, as if they had been from the start. O(orders of both).
[[nodiscard]] Result<void> MoveOrders(stream::Context& context, const Book& book, const ClientId& from,
                                      const ClientId& into, ClientRecord& into_record);

}  // namespace mainstay::cadence
