#include "mainstay/segmentation/client_status.h"

#include <algorithm>

#include "mainstay/vocabulary/order_ledger.h"

namespace mainstay::segmentation {

ClientStatus StatusAt(const ClientFacts& facts, Instant now) {
  if (facts.lost) return ClientStatus::kLost;
  if (facts.revenue > Money{}) return ClientStatus::kPaying;
  const bool registered_lately = facts.registered_at && now < *facts.registered_at + kNewFor;
  const bool has_paid = facts.first_order_at && now >= ledger::WindowLeavesAt(*facts.first_order_at);
  return registered_lately && !has_paid ? ClientStatus::kNew : ClientStatus::kLapsed;
}

std::optional<Instant> StatusEndsAt(const ClientFacts& facts, Instant now) {
  if (StatusAt(facts, now) != ClientStatus::kNew) return std::nullopt;
  const Instant end = *facts.registered_at + kNewFor;
  return facts.first_order_at ? std::min(end, ledger::WindowLeavesAt(*facts.first_order_at)) : end;
}

}  // namespace mainstay::segmentation
