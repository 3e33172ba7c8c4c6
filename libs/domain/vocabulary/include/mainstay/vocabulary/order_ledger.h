// The book-keeping of orders and refunds, shared by everyone who needs revenue or order days.
//
// Pure: each function takes what the store knows and the new fact, and returns what to write and what moves.
// The caller owns the keys: orders and refunds are known by their natural id, and an unapplied refund must be
// findable by the order id it names ("waiting"). Nothing here depends on a clock.
//
// The rules:
// - An order counts its net = max(0, gross - refunds) at the order's own time.
// - A refund of a known order of the same client lowers that order, at the order's time.
// - Any other refund (no order id, order not known, order of another client) counts at its own time, in revenue
//   only, never in an order day. When its order arrives later, it moves there.
// - A known natural id with the same content is already seen; with other content it is a conflict.
// - A correction replaces gross and content, not the time. The newest by (time, event id) stands, so corrections
//   may arrive in any order among themselves, but only after their order: before it they are kUnknownOrder.
// - Sums that leave the range of Money are refused; nothing is written.
// The final state is therefore the same for every arrival order of orders and refunds, and of corrections after
// their orders, as long as nothing was refused or in conflict.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::ledger {

// The standing correction of an order: the newest one so far.
struct LedgerCorrection {
  Instant time;
  EventId event_id;
  Hash128 content;
  friend bool operator==(const LedgerCorrection&, const LedgerCorrection&) = default;
};

struct LedgerOrder {
  ClientId client;
  OrderId id;
  EventId event_id;  // Of the event that placed it.
  Instant time;      // When it was placed; corrections do not move it.
  Money gross;       // Sum of its lines as they stand.
  Money refunded;    // Sum of its refunds; may exceed gross.
  Hash128 content;   // Of the canonical content as placed. Kept across corrections: an old file sent again is a
                     // duplicate, not a conflict.
  std::optional<LedgerCorrection> correction;

  [[nodiscard]] Money net() const;  // max(0, gross - refunded)
  friend bool operator==(const LedgerOrder&, const LedgerOrder&) = default;
};

struct LedgerRefund {
  ClientId client;
  RefundId id;
  std::optional<OrderId> order_id;
  Instant time;
  Money amount;          // Positive.
  Hash128 content;       // Of the canonical content.
  bool applied = false;  // True: part of its order's `refunded`. False with an order id: waiting.
  friend bool operator==(const LedgerRefund&, const LedgerRefund&) = default;
};

struct OrderCorrection {
  ClientId client;
  OrderId order_id;
  EventId event_id;
  Instant time;  // Of the correction.
  Money gross;   // Sum of the new lines.
  Hash128 content;
};

enum class Outcome : std::uint8_t {
  kAccepted,
  kAlreadySeen,   // One effect: nothing to write.
  kConflict,      // Known with other content; `reason` for a person.
  kUnknownOrder,  // A correction of an order never placed; `reason`.
  kRefused,       // Amount out of range; `reason`.
};

// Apply to trailing revenue if InWindow(at, now), else when it enters.
struct RevenueChange {
  Instant at;
  Money delta;
  friend bool operator==(const RevenueChange&, const RevenueChange&) = default;
};

// Apply to the net of the day of `order_time`.
struct OrderDayChange {
  Instant order_time;
  Money net_delta;
  friend bool operator==(const OrderDayChange&, const OrderDayChange&) = default;
};

// Empty unless the outcome is kAccepted. Zero deltas are left out.
struct Decision {
  Outcome outcome = Outcome::kAccepted;
  std::string reason;
  std::optional<LedgerOrder> order;   // To write.
  std::vector<LedgerRefund> refunds;  // To write, in the order given.
  std::vector<RevenueChange> revenue_changes;
  std::vector<OrderDayChange> order_day_changes;
};

// `known`: the order with this natural id, or null. `waiting`: unapplied refunds that name this order id.
// `placed.refunded` and `placed.correction` are ignored. Same content as placed or as corrected: already seen.
[[nodiscard]] Decision PlaceOrder(const LedgerOrder* known, std::span<const LedgerRefund> waiting,
                                  const LedgerOrder& placed);

// An older correction than the standing one is already seen (the newer one contains it).
[[nodiscard]] Decision CorrectOrder(const LedgerOrder* known, const OrderCorrection& correction);

// `known`: the refund with this natural id, or null. `order`: the order it names, or null. `refund.applied` is
// ignored.
[[nodiscard]] Decision RefundOrder(const LedgerRefund* known, const LedgerOrder* order, const LedgerRefund& refund);

// Trailing revenue covers (now - 365 d, now], in UTC.
inline constexpr Duration kTrailingWindow = std::chrono::days{365};
[[nodiscard]] constexpr bool InWindow(Instant at, Instant now) { return at <= now && at > now - kTrailingWindow; }
// The first moment at which something of time `at` counts, and the first at which it no longer does.
[[nodiscard]] constexpr Instant WindowEntersAt(Instant at) { return at; }
[[nodiscard]] constexpr Instant WindowLeavesAt(Instant at) { return at + kTrailingWindow; }

// `trailing` plus the changes inside the window of `now`; nullopt when the sum leaves the range of Money.
[[nodiscard]] std::optional<Money> ApplyInWindow(Money trailing, std::span<const RevenueChange> changes, Instant now);

}  // namespace mainstay::ledger
