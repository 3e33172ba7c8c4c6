// Reading typed entries of the service's tables in the shard loop.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "mainstay/base/result.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/stream/processor.h"
#include "state.h"

namespace mainstay::notification {

// nullopt: no such entry.
template <class Value>
[[nodiscard]] Result<std::optional<Value>> Load(stream::Context& context, stream::TableId table, std::string_view key,
                                                Result<Value> (*decode)(std::string_view)) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(table, key));
  if (!bytes) return std::optional<Value>{};
  MAINSTAY_TRY_ASSIGN(value, decode(*bytes));
  return std::optional<Value>(std::move(value));
}

// A client about which nothing is remembered loads as an empty one.
[[nodiscard]] inline Result<ClientRecord> LoadClient(stream::Context& context, const BookId& book,
                                                     const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(known, Load(context, kClients, stream::JoinKey({book.raw(), client.raw()}), DecodeClient));
  return known ? std::move(*known) : ClientRecord{};
}
inline void PutClient(stream::Context& context, const BookId& book, const ClientId& client,
                      const ClientRecord& record) {
  context.Put(kClients, stream::JoinKey({book.raw(), client.raw()}), Encode(record));
}

}  // namespace mainstay::notification
