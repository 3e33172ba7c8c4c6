#include "fold_orders.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "mainstay/ledger/order_fact.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::cadence {
namespace {

std::string OrderTimeKey(const BookId& book, const ClientId& client, Instant at) {
  std::string key = ClientPrefix(book, client);
  stream::AppendOrderedInt64(key, ToMs(at));
  return key;
}

// The newest order of the last order day that still counts.
Result<void> FindLastOrder(stream::Context& context, const Book& book, const ClientId& id, ClientRecord& client) {
  const Instant from = book.zone.StartOfDay(client.order_days.statistics()->last);
  const std::string prefix = ClientPrefix(book.id, id);
  client.last_order = {};
  Result<void> damaged{};
  MAINSTAY_TRY(context.Scan(kOrderTimes, prefix, OrderTimeKey(book.id, id, from),
                            [&](std::string_view key, std::string_view value) {
                              Result<OrderTime> order = DecodeOrderTime(value);
                              if (!order) {
                                damaged = tl::unexpected(order.error());
                                return false;
                              }
                              if (order->net <= Money{}) return true;
                              const Instant at = FromMs(stream::ReadOrderedInt64(key.substr(prefix.size())));
                              client.last_order = {at, std::move(order->event)};
                              return true;
                            }));
  return damaged;
}

Result<void> MoveOrderDay(stream::Context& context, const Book& book, const ClientId& id, ClientRecord& client,
                          const ledger::OrderDayChange& change, const EventId* placed) {
  MAINSTAY_TRY(client.order_days.Add(book.zone.LocalDay(change.order_time), change.net_delta));
  const std::string key = OrderTimeKey(book.id, id, change.order_time);
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kOrderTimes, key));
  OrderTime order;
  if (bytes) {
    MAINSTAY_TRY_ASSIGN(known, DecodeOrderTime(*bytes));
    order = std::move(known);
  }
  const std::optional<Money> net = CheckedAdd(order.net, change.net_delta);
  if (!net) return InvalidField("data", "the client's orders of one instant would leave the range of money");
  order.net = *net;
  if (placed != nullptr && order.event < *placed) order.event = *placed;
  context.Put(kOrderTimes, key, Encode(order));
  if (!client.order_days.statistics()) {
    client.last_order = {};
    return {};
  }
  const bool counts = order.net > Money{};
  if (counts && change.order_time >= client.last_order.at) {
    client.last_order = {change.order_time, order.event};
    return {};
  }
  return change.order_time == client.last_order.at ? FindLastOrder(context, book, id, client) : Result<void>{};
}

}  // namespace

Result<Folded> FoldOrder(stream::Context& context, Book& book, const InEvent& event, ClientRecord& client) {
  MAINSTAY_TRY_ASSIGN(fact, ledger::OrderFactOf(event));
  if (!fact) return Folded{};
  std::optional<Currency>& currency = book.record.currency;
  if (currency && *currency != fact->currency) {
    return InvalidField("data.currency", "the book's currency is " + currency->raw() + ", not " + fact->currency.raw());
  }
  currency = fact->currency;
  const ledger::LedgerTables tables(kLedger);
  const EventId* placed_event = nullptr;
  Result<ledger::Posting> posting;
  if (const auto* placed = std::get_if<ledger::LedgerOrder>(&fact->fact)) {
    posting = tables.Place(context, book.id, *placed, client.window);
    placed_event = &event.id;
  } else if (const auto* correction = std::get_if<ledger::OrderCorrection>(&fact->fact)) {
    posting = tables.Correct(context, book.id, *correction, client.window);
  } else {
    posting = tables.Refund(context, book.id, std::get<ledger::LedgerRefund>(fact->fact), client.window);
  }
  if (!posting) return tl::unexpected(posting.error());
  for (const ledger::OrderDayChange& change : posting->order_day_changes) {
    MAINSTAY_TRY(MoveOrderDay(context, book, *event.client, client, change, placed_event));
  }
  return Folded{posting->already_seen, false};
}

Result<void> MoveOrders(stream::Context& context, const Book& book, const ClientId& from, const ClientId& into,
                        ClientRecord& into_record) {
  const std::string prefix = ClientPrefix(book.id, from);
  std::vector<std::pair<std::string, std::string>> entries;
  MAINSTAY_TRY(context.Scan(kOrderTimes, prefix, {}, [&](std::string_view key, std::string_view value) {
    entries.emplace_back(key.substr(prefix.size()), value);
    return true;
  }));
  for (auto& [instant, value] : entries) {
    context.Erase(kOrderTimes, prefix + instant);
    const std::string key = ClientPrefix(book.id, into) + instant;
    MAINSTAY_TRY_ASSIGN(known, context.Get(kOrderTimes, key));
    if (known) {
      MAINSTAY_TRY_ASSIGN(order, DecodeOrderTime(*known));
      MAINSTAY_TRY_ASSIGN(moved, DecodeOrderTime(value));
      const std::optional<Money> net = CheckedAdd(order.net, moved.net);
      if (!net) return InvalidField("data", "the clients' orders of one instant would leave the range of money");
      value = Encode(OrderTime{*net, std::max(order.event, moved.event)});
    }
    context.Put(kOrderTimes, key, std::move(value));
  }
  MAINSTAY_TRY_ASSIGN(postings, ledger::LedgerTables(kLedger).Merge(context, book.id, from, into, into_record.window));
  MAINSTAY_TRY(RecountOrderDays(context, book, into, into_record));
  for (const ledger::Posting& posting : postings) {
    for (const ledger::OrderDayChange& change : posting.order_day_changes) {
      MAINSTAY_TRY(MoveOrderDay(context, book, into, into_record, change, nullptr));
    }
  }
  return {};
}

Result<void> RecountOrderDays(stream::Context& context, const Book& book, const ClientId& id, ClientRecord& client) {
  const std::string prefix = ClientPrefix(book.id, id);
  risk::OrderDays days;
  client.last_order = {};
  Result<void> failed{};
  MAINSTAY_TRY(context.Scan(kOrderTimes, prefix, {}, [&](std::string_view key, std::string_view value) {
    Result<OrderTime> order = DecodeOrderTime(value);
    if (!order) {
      failed = tl::unexpected(order.error());
      return false;
    }
    if (order->net <= Money{}) return true;
    const Instant at = FromMs(stream::ReadOrderedInt64(key.substr(prefix.size())));
    failed = days.Add(book.zone.LocalDay(at), order->net);
    client.last_order = {at, std::move(order->event)};
    return failed.has_value();
  }));
  MAINSTAY_TRY(failed);
  client.order_days = std::move(days);
  return {};
}

}  // namespace mainstay::cadence
