// State values of the ledger tables as bytes (proto/mainstay/state/v1/ledger.proto).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/vocabulary/order_ledger.h"

namespace mainstay::ledger {

// Which of a client's sums an entry is part of.
enum class Counted : std::uint8_t { kNowhere, kTrailing, kPrevious };

struct RevenueEntry {
  Money amount;
  Counted counted = Counted::kNowhere;
};

[[nodiscard]] std::string EncodeOrder(const LedgerOrder& order);
[[nodiscard]] Result<LedgerOrder> DecodeOrder(const OrderId& id, std::string_view bytes);
[[nodiscard]] std::string EncodeRefund(const LedgerRefund& refund);
[[nodiscard]] Result<LedgerRefund> DecodeRefund(const RefundId& id, std::string_view bytes);
[[nodiscard]] std::string EncodeEntry(const RevenueEntry& entry);
[[nodiscard]] Result<RevenueEntry> DecodeEntry(std::string_view bytes);

}  // namespace mainstay::ledger
