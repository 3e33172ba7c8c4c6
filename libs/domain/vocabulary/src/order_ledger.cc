#include "mainstay/vocabulary/order_ledger.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace mainstay::ledger {
namespace {

Decision No(Outcome outcome, std::string reason = {}) {
  Decision decision;
  decision.outcome = outcome;
  decision.reason = std::move(reason);
  return decision;
}

Decision OutOfRange(const std::string& what) {
  return No(Outcome::kRefused, what + ": the sum of its amounts is out of range");
}

void MoveRevenue(Decision& decision, Instant at, Money delta) {
  if (delta != Money{}) decision.revenue_changes.push_back({at, delta});
}

// Writes `next` in place of an order whose net was `old_net`.
void ReplaceOrder(Decision& decision, Money old_net, LedgerOrder next) {
  const Money delta = next.net() - old_net;  // Both in [0, max]: cannot overflow.
  MoveRevenue(decision, next.time, delta);
  if (delta != Money{}) decision.order_day_changes.push_back({next.time, delta});
  decision.order = std::move(next);
}

Decision AgainPlaced(const LedgerOrder& known, const LedgerOrder& placed) {
  const bool same_content =
      placed.content == known.content || (known.correction && placed.content == known.correction->content);
  if (same_content && placed.client == known.client) return No(Outcome::kAlreadySeen);
  return No(Outcome::kConflict, "order " + known.id.raw() + " is known with other content; send OrderCorrected");
}

}  // namespace

Money LedgerOrder::net() const {
  // Only gross < 0 can overflow here, and then the net is 0 anyway.
  return std::max(Money{}, CheckedSubtract(gross, refunded).value_or(Money{}));
}

Decision PlaceOrder(const LedgerOrder* known, std::span<const LedgerRefund> waiting, const LedgerOrder& placed) {
  if (known != nullptr) return AgainPlaced(*known, placed);
  Decision decision;
  LedgerOrder order = placed;
  order.refunded = Money{};
  order.correction.reset();
  for (const LedgerRefund& refund : waiting) {
    if (refund.applied || refund.client != order.client || refund.order_id != order.id) continue;
    const std::optional<Money> refunded = CheckedAdd(order.refunded, refund.amount);
    if (!refunded) return OutOfRange("order " + order.id.raw());
    order.refunded = *refunded;
    decision.refunds.push_back(refund);
    decision.refunds.back().applied = true;
    MoveRevenue(decision, refund.time, refund.amount);
  }
  ReplaceOrder(decision, Money{}, std::move(order));
  return decision;
}

Decision CorrectOrder(const LedgerOrder* known, const OrderCorrection& correction) {
  if (known == nullptr) {
    return No(Outcome::kUnknownOrder, "order " + correction.order_id.raw() + " is not known; send OrderPlaced first");
  }
  if (known->client != correction.client) {
    return No(Outcome::kConflict, "order " + known->id.raw() + " belongs to another client");
  }
  const std::optional<LedgerCorrection>& standing = known->correction;
  if (standing && std::tie(correction.time, correction.event_id) <= std::tie(standing->time, standing->event_id)) {
    return No(Outcome::kAlreadySeen);
  }
  Decision decision;
  LedgerOrder next = *known;
  next.gross = correction.gross;
  next.correction = LedgerCorrection{correction.time, correction.event_id, correction.content};
  ReplaceOrder(decision, known->net(), std::move(next));
  return decision;
}

Decision RefundOrder(const LedgerRefund* known, const LedgerOrder* order, const LedgerRefund& refund) {
  if (known != nullptr) {
    if (known->content == refund.content && known->client == refund.client) return No(Outcome::kAlreadySeen);
    return No(Outcome::kConflict, "refund " + known->id.raw() + " is known with other content; give it another id");
  }
  if (refund.amount <= Money{}) {
    return No(Outcome::kRefused, "refund " + refund.id.raw() + ": its amount must be above 0");
  }
  Decision decision;
  LedgerRefund entry = refund;
  entry.applied = order != nullptr && order->client == refund.client && refund.order_id == order->id;
  if (entry.applied) {
    LedgerOrder next = *order;
    const std::optional<Money> refunded = CheckedAdd(next.refunded, refund.amount);
    if (!refunded) return OutOfRange("order " + next.id.raw());
    next.refunded = *refunded;
    ReplaceOrder(decision, order->net(), std::move(next));
  } else {
    MoveRevenue(decision, refund.time, -refund.amount);
  }
  decision.refunds.push_back(std::move(entry));
  return decision;
}

std::optional<Money> ApplyInWindow(Money trailing, std::span<const RevenueChange> changes, Instant now) {
  std::optional<Money> sum = trailing;
  for (const RevenueChange& change : changes) {
    if (!InWindow(change.at, now)) continue;
    sum = CheckedAdd(*sum, change.delta);
    if (!sum) return std::nullopt;
  }
  return sum;
}

}  // namespace mainstay::ledger
