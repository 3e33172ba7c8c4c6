// Keys of the table of what a client has: "book\0client\0t\0" instant order, "book\0client\0r\0refund"; and, as they
// were once written, "book\0client\0o\0order".
#pragma once

#include <string>
#include <string_view>

#include "mainstay/stream/key_builder.h"
#include "mainstay/vocabulary/order_ledger.h"

namespace mainstay::ledger {

inline constexpr std::string_view kTimedOrderMark = "t";
inline constexpr std::string_view kOrderMark = "o";
inline constexpr std::string_view kRefundMark = "r";

[[nodiscard]] inline std::string MarkPrefix(const BookId& book, const ClientId& client, std::string_view mark) {
  return stream::JoinKey({book.raw(), client.raw(), mark}) + '\0';
}

[[nodiscard]] inline std::string OrderPlaceKey(const BookId& book, const ClientId& client, Instant time,
                                               const OrderId& id) {
  std::string key = MarkPrefix(book, client, kTimedOrderMark);
  stream::AppendOrderedInt64(key, ToMs(time));
  return key + id.raw();
}

[[nodiscard]] inline std::string RefundPlaceKey(const BookId& book, const ClientId& client, const RefundId& id) {
  return MarkPrefix(book, client, kRefundMark) + id.raw();
}

}  // namespace mainstay::ledger
