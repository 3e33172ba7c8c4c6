// Orders, refunds and trailing revenue of a book's clients, in a shard's state tables.
//
// Bad data (a conflict, an unknown order, an overflow) is an Error of kind kInvalidArgument, kAlreadyExists or
// kNotFound with a reason for a person: the caller makes it a dead letter, which undoes what was written. Any
// other error is the store's. Shard thread only.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/order_ledger.h"

namespace mainstay::ledger {

// A client's revenue in (now - 365 d, now], and when that next changes by time alone: the window timer is set for that
// instant. Kept in the client's state.
struct RevenueWindow {
  Money trailing;
  std::optional<Instant> next_at;
  Money previous;                 // In (now - 730 d, now - 365 d]; only with LedgerNames::keeps_previous.
  std::optional<Instant> newest;  // No entry is later; absent: nobody looked, unless there is no entry at all.
};

// One order as it stands after a posting.
struct OrderChange {
  Money net_before;
  LedgerOrder order;
  bool is_new = false;  // Nobody knew it before.
};

struct Posting {
  bool already_seen = false;  // Then nothing else is set.
  std::vector<OrderDayChange> order_day_changes;
  std::optional<OrderChange> order;  // Of a posting that wrote one.
};

// The tables and the timer one service gives to its ledger.
struct LedgerNames {
  stream::TableId orders = 0;
  stream::TableId refunds = 0;
  stream::TableId waiting = 0;  // Refunds whose order is not known yet.
  stream::TableId entries = 0;  // Revenue by client and instant.
  stream::TimerKind window_timer = 0;
  bool keeps_previous = false;    // Follow the 12 months before the last 12 too.
  stream::TableId by_client = 0;  // Which orders and refunds a client has; 0: not kept, then no Merge and no Erase.
};

struct TimedOrder {
  Instant time;  // When it was placed.
  OrderId id;
};

class LedgerTables {
 public:
  explicit LedgerTables(LedgerNames names) : names_(names) {}

  // Each books one fact of `book` and moves `window`, the window of the fact's client.
  [[nodiscard]] Result<Posting> Place(stream::Context& context, const BookId& book, const LedgerOrder& placed,
                                      RevenueWindow& window) const;
  [[nodiscard]] Result<Posting> Correct(stream::Context& context, const BookId& book, const OrderCorrection& correction,
                                        RevenueWindow& window) const;
  [[nodiscard]] Result<Posting> Refund(stream::Context& context, const BookId& book, const LedgerRefund& refund,
                                       RevenueWindow& window) const;
  // Lets entries enter and leave; call when the window timer of (book, client) fires.
  [[nodiscard]] Result<void> OnWindowTimer(stream::Context& context, const BookId& book, const ClientId& client,
                                           RevenueWindow& window) const;

  // Everything of `from` becomes `into`'s, whose window moves. O(orders of both). Returns the orders that a refund of
  // the other one lowers now that both are one client's.
  [[nodiscard]] Result<std::vector<Posting>> Merge(stream::Context& context, const BookId& book, const ClientId& from,
                                                   const ClientId& into, RevenueWindow& window) const;
  // Forgets everything of `client`. O(its orders).
  [[nodiscard]] Result<void> Erase(stream::Context& context, const BookId& book, const ClientId& client) const;
  // The ids of the client's orders.
  [[nodiscard]] Result<std::vector<OrderId>> OrdersOf(stream::Context& context, const BookId& book,
                                                      const ClientId& client) const;
  // The first `most` of them that come behind `after`, by time, then id. nullopt: some of them were written before
  // orders were kept by time.
  [[nodiscard]] Result<std::optional<std::vector<TimedOrder>>> OrdersAfter(stream::Context& context, const BookId& book,
                                                                           const ClientId& client,
                                                                           const TimedOrder& after,
                                                                           std::size_t most) const;
  [[nodiscard]] Result<std::optional<LedgerOrder>> FindOrder(stream::Context& context, const BookId& book,
                                                             const OrderId& id) const;

  // The key of the window timer, and what it names.
  [[nodiscard]] static std::string TimerKey(const BookId& book, const ClientId& client);

 private:
  [[nodiscard]] Result<Posting> Post(stream::Context& context, const BookId& book, const ClientId& client,
                                     const Decision& decision, const LedgerOrder* before, RevenueWindow& window) const;
  [[nodiscard]] Result<void> Move(stream::Context& context, const BookId& book, const ClientId& client,
                                  const RevenueChange& change, RevenueWindow& window) const;
  [[nodiscard]] Result<void> Write(stream::Context& context, const BookId& book, const Decision& decision) const;
  [[nodiscard]] Result<void> SetWindowTimer(stream::Context& context, const BookId& book, const ClientId& client,
                                            const RevenueWindow& window) const;
  [[nodiscard]] Result<std::vector<Posting>> ApplyWaiting(stream::Context& context, const BookId& book,
                                                          const ClientId& client, RevenueWindow& window) const;
  [[nodiscard]] Result<std::vector<RefundId>> RefundsOf(stream::Context& context, const BookId& book,
                                                        const ClientId& client) const;
  [[nodiscard]] Result<std::optional<LedgerRefund>> FindRefund(stream::Context& context, const BookId& book,
                                                               const RefundId& id) const;

  LedgerNames names_;
};

}  // namespace mainstay::ledger
