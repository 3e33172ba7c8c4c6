#include "fold_orders.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "mainstay/ledger/order_fact.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::cadence {
namespace {

std::string OrderTimeKey(const BookId& book, const ClientId& client, Instant at) {
  std::string key = ClientPrefix(book, client);
  stream::AppendOrderedInt64(key, ToMs(at));
  return key;
}

struct Stretch {
  std::vector<std::pair<Instant, OrderTime>> orders;  // Ascending.
  bool whole = true;                                  // There are no more of them.
};

// The first `most` instants of [from, until) at which the client ordered.
Result<Stretch> OrdersBetween(stream::Context& context, const Book& book, const ClientId& id, Instant from,
                              Instant until, std::size_t most) {
  const std::string prefix = ClientPrefix(book.id, id);
  Stretch stretch;
  Result<void> damaged{};
  MAINSTAY_TRY(context.Scan(kOrderTimes, prefix, OrderTimeKey(book.id, id, from),
                            [&](std::string_view key, std::string_view value) {
                              const Instant at = FromMs(stream::ReadOrderedInt64(key.substr(prefix.size())));
                              if (at >= until) return false;
                              stretch.whole = stretch.orders.size() < most;
                              if (!stretch.whole) return false;
                              Result<OrderTime> order = DecodeOrderTime(value);
                              if (!order) {
                                damaged = tl::unexpected(order.error());
                                return false;
                              }
                              stretch.orders.emplace_back(at, *std::move(order));
                              return true;
                            }));
  MAINSTAY_TRY(damaged);
  return stretch;
}

// The newest order of the last order day that still counts, now that the one at client.last_order no longer does; of a
// day that counts for ever (OrderDays) the newest of all. A day may hold a million orders, so it is searched backwards,
// in stretches that become shorter where there are many.
Result<void> FindLastOrder(stream::Context& context, const Book& book, const ClientId& id, ClientRecord& client) {
  constexpr std::size_t kMost = 8;
  const Day day = client.order_days.statistics()->last;
  const Instant from = book.zone.StartOfDay(day);
  Instant until = std::min(client.last_order.at + Duration{1}, book.zone.EndOfDay(day));
  Duration length = until - from;
  client.last_order = {};
  while (from < until) {
    const Instant begin = std::max(from, until - length);
    MAINSTAY_TRY_ASSIGN(stretch, OrdersBetween(context, book, id, begin, until, kMost));
    if (!stretch.whole) {
      length = std::max(Duration{1}, length / 8);
      continue;
    }
    const auto newest = std::find_if(stretch.orders.rbegin(), stretch.orders.rend(),
                                     [](const auto& order) { return order.second.net > Money{}; });
    if (newest != stretch.orders.rend()) {
      client.last_order = {newest->first, std::move(newest->second.event)};
      return {};
    }
    if (client.last_order.event.raw().empty() && !stretch.orders.empty()) {
      client.last_order = {stretch.orders.back().first, stretch.orders.back().second.event};
    }
    until = begin;
    length *= 2;
  }
  return {};
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
  if (!currency && std::holds_alternative<OrderRefunded>(event.data)) {  // Whether it is in the book's: not known yet.
    MAINSTAY_TRY_ASSIGN(kept, kEarlyRefunds.Keep(context, event));
    return Folded{!kept, false};
  }
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
  if (placed_event != nullptr && !posting->already_seen) currency = fact->currency;  // Else only a PolicySet sets it.
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
