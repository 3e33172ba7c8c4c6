// What an event says to the ledger.
#pragma once

#include <optional>
#include <variant>

#include "mainstay/base/money.h"
#include "mainstay/base/result.h"
#include "mainstay/vocabulary/events.h"
#include "mainstay/vocabulary/order_ledger.h"

namespace mainstay::ledger {

struct OrderFact {
  Currency currency;
  std::variant<LedgerOrder, OrderCorrection, LedgerRefund> fact;
};

// The ledger's view of OrderPlaced, OrderCorrected and OrderRefunded; nullopt for every other event.
// Error: kInvalidArgument when the lines' sum leaves the range of Money.
[[nodiscard]] Result<std::optional<OrderFact>> OrderFactOf(const InEvent& event);

}  // namespace mainstay::ledger
