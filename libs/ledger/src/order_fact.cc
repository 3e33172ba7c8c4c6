#include "mainstay/ledger/order_fact.h"

#include <string>

namespace mainstay::ledger {
namespace {

// Everything that makes the content what it is, in one canonical text.
void AppendLines(std::string& text, const std::vector<OrderLine>& lines) {
  const auto field = [&](std::string_view value) {
    text += std::to_string(value.size());
    text += ':';
    text += value;
  };
  for (const OrderLine& line : lines) {
    field(line.product.raw());
    field(line.quantity ? std::to_string(*line.quantity) : "");
    field(std::to_string(line.amount.units()));
    field(line.margin ? std::to_string(line.margin->units()) : "");
    field(line.department ? line.department->raw() : "");
    field(line.location ? line.location->raw() : "");
  }
}

Result<Money> Sum(const std::vector<OrderLine>& lines) {
  Money sum;
  for (const OrderLine& line : lines) {
    const std::optional<Money> next = CheckedAdd(sum, line.amount);
    if (!next) return InvalidField("data.lines", "the order's sum is too large");
    sum = *next;
  }
  return sum;
}

Hash128 ContentOf(const InEvent& event, const Currency& currency, const std::vector<OrderLine>& lines) {
  std::string text;
  AppendLines(text, lines);
  return HashParts({event.client->raw(), std::to_string(ToMs(event.time)), currency.raw(), text});
}

}  // namespace

Result<std::optional<OrderFact>> OrderFactOf(const InEvent& event) {
  if (const auto* placed = std::get_if<OrderPlaced>(&event.data)) {
    MAINSTAY_TRY_ASSIGN(gross, Sum(placed->lines));
    return OrderFact{placed->currency, LedgerOrder{*event.client, placed->order, event.id, event.time, gross, Money{},
                                                   ContentOf(event, placed->currency, placed->lines), std::nullopt}};
  }
  if (const auto* corrected = std::get_if<OrderCorrected>(&event.data)) {
    MAINSTAY_TRY_ASSIGN(gross, Sum(corrected->lines));
    return OrderFact{corrected->currency, OrderCorrection{*event.client, corrected->order, event.id, event.time, gross,
                                                          ContentOf(event, corrected->currency, corrected->lines)}};
  }
  if (const auto* refunded = std::get_if<OrderRefunded>(&event.data)) {
    const std::string order = refunded->order ? refunded->order->raw() : "";
    const Hash128 content = HashParts({event.client->raw(), std::to_string(ToMs(event.time)), refunded->currency.raw(),
                                       order, std::to_string(refunded->amount.units())});
    return OrderFact{refunded->currency, LedgerRefund{*event.client, refunded->refund, refunded->order, event.time,
                                                      refunded->amount, content, false}};
  }
  return std::optional<OrderFact>{};
}

}  // namespace mainstay::ledger
