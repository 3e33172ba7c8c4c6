// State values of the ledger tables as bytes (proto/mainstay/state/v1/ledger.proto).
#pragma once

#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/vocabulary/order_ledger.h"

namespace mainstay::ledger {

struct RevenueEntry {
  Money amount;
  bool counted = false;
};

[[nodiscard]] std::string EncodeOrder(const LedgerOrder& order);
[[nodiscard]] Result<LedgerOrder> DecodeOrder(const OrderId& id, std::string_view bytes);
[[nodiscard]] std::string EncodeRefund(const LedgerRefund& refund);
[[nodiscard]] Result<LedgerRefund> DecodeRefund(const RefundId& id, std::string_view bytes);
[[nodiscard]] std::string EncodeEntry(const RevenueEntry& entry);
[[nodiscard]] Result<RevenueEntry> DecodeEntry(std::string_view bytes);

}  // namespace mainstay::ledger
