// What the clients of a book ever bought, and for how much: the facts behind an offer, in a shard's state tables.
//
// Holdings only grow, but for erased clients: neither a refund nor a correction makes a client one that never bought.
// Line amounts are those of the newest version of an order. The same orders and corrections in any order end in the
// same state, as far as the ledger accepts them. Shard thread only.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/notification/prompts.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/client_events.h"
#include "mainstay/vocabulary/ids.h"
#include "state.h"

namespace mainstay::notification {

// One version of an order.
struct OrderVersion {
  const BookId& book;
  const ClientId& client;
  const OrderId& order;
  const std::vector<OrderLine>& lines;
};

// A new order, `at` its event time. False: the order id is known, nothing changed. `book.buyers` may grow.
[[nodiscard]] Result<bool> TakeOrder(stream::Context& context, const OrderVersion& order, Instant at, BookRecord& book);

// Other lines for a known order, said at `at`. False: the order is unknown, nothing changed.
[[nodiscard]] Result<bool> TakeCorrection(stream::Context& context, const OrderVersion& order, Instant at,
                                          BookRecord& book);

// Forgets what `client` bought; amounts of lines stay, they name no client. `book.buyers` may shrink.
[[nodiscard]] Result<void> EraseHoldings(stream::Context& context, const BookId& book_id, const ClientId& client,
                                         BookRecord& book);
// What `from` bought `into` has bought.
[[nodiscard]] Result<void> MoveHoldings(stream::Context& context, const BookId& book_id, const ClientId& from,
                                        const ClientId& into, BookRecord& book);

// What to offer to `client` now; nullopt: it has everything that anybody ever bought. Drops lines that are older than
// 365 days of the chosen product.
[[nodiscard]] Result<std::optional<PromptOffer>> FindOffer(stream::Context& context, const BookId& book_id,
                                                           const BookRecord& book, const ClientId& client);

}  // namespace mainstay::notification
