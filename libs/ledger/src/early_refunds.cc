#include "mainstay/ledger/early_refunds.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <variant>

#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/wire/in_event.h"

namespace mainstay::ledger {
namespace {

using stream::JoinKey;

// Nothing but what it says: it may come again under another event id.
bool SaysTheSame(const InEvent& one, const InEvent& other) {
  return one.client == other.client && one.time == other.time &&
         std::get<OrderRefunded>(one.data) == std::get<OrderRefunded>(other.data);
}

// With the order that sets the currency, and all of them one client's, it still is money.
constexpr Money kMostInAll = Money::FromUnits(std::numeric_limits<std::int64_t>::max() / 2);

Result<void> AddToSum(stream::Context& context, stream::TableId table, const InEvent& refund) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(table, refund.book.raw()));
  const Money before = bytes ? Money::FromUnits(stream::ReadOrderedInt64(*bytes)) : Money{};
  const auto sum = CheckedAdd(before, std::get<OrderRefunded>(refund.data).amount);
  if (!sum || *sum > kMostInAll) {
    return InvalidField("data.amount", "the refunds of a book without any order would be too much money");
  }
  std::string stored;
  stream::AppendOrderedInt64(stored, sum->units());
  context.Put(table, refund.book.raw(), std::move(stored));
  return {};
}

}  // namespace

Result<bool> EarlyRefunds::Keep(stream::Context& context, const InEvent& refund) const {
  const RefundId& id = std::get<OrderRefunded>(refund.data).refund;
  const std::string key = JoinKey({refund.book.raw(), id.raw()});
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(table_, key));
  if (!bytes) {
    MAINSTAY_TRY(AddToSum(context, table_, refund));
    context.Put(table_, key, wire::EncodeInEvent(refund));
    return true;
  }
  MAINSTAY_TRY_ASSIGN(known, wire::DecodeInEvent(*bytes));
  if (SaysTheSame(known, refund)) return false;
  return Fail(ErrorCode::kAlreadyExists, "refund " + id.raw() + " is known with other content; give it another id");
}

Result<void> EarlyRefunds::ForEach(stream::Context& context, const BookId& book, const Visit& visit) const {
  std::vector<std::pair<std::string, std::string>> kept;
  MAINSTAY_TRY(context.Scan(table_, book.raw() + '\0', {}, [&](std::string_view key, std::string_view value) {
    kept.emplace_back(key, value);
    return true;
  }));
  for (const auto& [key, value] : kept) {
    MAINSTAY_TRY_ASSIGN(refund, wire::DecodeInEvent(value));
    visit(key, std::move(refund));
  }
  return {};
}

Result<std::vector<InEvent>> EarlyRefunds::Release(stream::Context& context, const BookId& book,
                                                   const Currency& currency, stream::OutputId output) const {
  std::vector<InEvent> refunds;
  bool any = false;
  MAINSTAY_TRY(ForEach(context, book, [&](const std::string& key, InEvent refund) {
    any = true;
    // Its own id was seen when it came first.
    refund.id = EventId{HashParts({"early refund", refund.source, refund.id.raw()}).Hex()};
    context.Erase(table_, key);
    if (std::get<OrderRefunded>(refund.data).currency == currency) {
      refunds.push_back(std::move(refund));
    } else {
      context.Emit(output, key, wire::EncodeInEvent(refund));
    }
  }));
  if (any) context.Erase(table_, book.raw());
  return refunds;
}

Result<void> EarlyRefunds::Move(stream::Context& context, const BookId& book, const ClientId& from,
                                const ClientId* into) const {
  return ForEach(context, book, [&](const std::string& key, InEvent refund) {
    if (refund.client != from) return;
    if (into == nullptr) {
      context.Erase(table_, key);
    } else {
      refund.client = *into;
      context.Put(table_, key, wire::EncodeInEvent(refund));
    }
  });
}

}  // namespace mainstay::ledger
