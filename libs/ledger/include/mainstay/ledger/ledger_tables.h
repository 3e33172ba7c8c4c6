// Orders, refunds and trailing revenue of a book's clients, in a shard's state tables.
//
// Bad data (a conflict, an unknown order, an overflow) is an Error of kind kInvalidArgument, kAlreadyExists or
// kNotFound with a reason for a person: the caller makes it a dead letter, which undoes what was written. Any
// other error is the store's. Shard thread only.
#pragma once

#include <optional>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/order_ledger.h"

namespace mainstay::ledger {

// A client's revenue in (now - 365 d, now], and when that next changes by time alone. Kept in the client's state.
struct RevenueWindow {
  Money trailing;
  std::optional<Instant> next_at;
};

struct Posting {
  bool already_seen = false;  // Then nothing else is set.
  std::vector<OrderDayChange> order_day_changes;
};

// The tables and the timer one service gives to its ledger.
struct LedgerNames {
  stream::TableId orders = 0;
  stream::TableId refunds = 0;
  stream::TableId waiting = 0;  // Refunds whose order is not known yet.
  stream::TableId entries = 0;  // Revenue by client and instant.
  stream::TimerKind window_timer = 0;
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

  // The key of the window timer, and what it names.
  [[nodiscard]] static std::string TimerKey(const BookId& book, const ClientId& client);

 private:
  [[nodiscard]] Result<Posting> Post(stream::Context& context, const BookId& book, const ClientId& client,
                                     const Decision& decision, RevenueWindow& window) const;
  [[nodiscard]] Result<void> Move(stream::Context& context, const BookId& book, const ClientId& client,
                                  const RevenueChange& change, RevenueWindow& window) const;
  [[nodiscard]] Result<void> Write(stream::Context& context, const BookId& book, const Decision& decision) const;
  [[nodiscard]] Result<std::optional<LedgerOrder>> FindOrder(stream::Context& context, const BookId& book,
                                                             const OrderId& id) const;
  [[nodiscard]] Result<std::optional<LedgerRefund>> FindRefund(stream::Context& context, const BookId& book,
                                                               const RefundId& id) const;

  LedgerNames names_;
};

}  // namespace mainstay::ledger
