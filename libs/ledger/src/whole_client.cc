// Merging and erasing all that the ledger knows of one client.
#include <string>
#include <string_view>

#include "client_index.h"
#include "ledger_codec.h"
#include "mainstay/base/check.h"
#include "mainstay/ledger/ledger_tables.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::ledger {
namespace {

using stream::JoinKey;

// The ids behind a mark in the table of what a client has.
Result<std::vector<std::string>> Marked(stream::Context& context, stream::TableId table, const BookId& book,
                                        const ClientId& client, std::string_view mark) {
  MAINSTAY_CHECK(table != 0, "this ledger does not keep what a client has");
  std::vector<std::string> ids;
  const std::string prefix = MarkPrefix(book, client, mark);
  MAINSTAY_TRY(context.Scan(table, prefix, {}, [&](std::string_view key, std::string_view) {
    ids.emplace_back(key.substr(prefix.size()));
    return true;
  }));
  return ids;
}

constexpr std::size_t kInstantBytes = 8;

// Takes an order out of the table of what `client` has, however it was written there.
void ErasePlace(stream::Context& context, stream::TableId table, const BookId& book, const ClientId& client,
                Instant time, const OrderId& id) {
  context.Erase(table, OrderPlaceKey(book, client, time, id));
  context.Erase(table, MarkPrefix(book, client, kOrderMark) + id.raw());
}

struct DatedEntry {
  std::string key;
  Instant at;
  Money amount;
};

Result<std::vector<DatedEntry>> EntriesOf(stream::Context& context, stream::TableId table, const BookId& book,
                                          const ClientId& client) {
  std::vector<DatedEntry> entries;
  Result<void> damaged{};
  const std::string prefix = JoinKey({book.raw(), client.raw()}) + '\0';
  MAINSTAY_TRY(context.Scan(table, prefix, {}, [&](std::string_view key, std::string_view value) {
    const Result<RevenueEntry> entry = DecodeEntry(value);
    if (!entry) {
      damaged = tl::unexpected(entry.error());
      return false;
    }
    const Instant at = FromMs(stream::ReadOrderedInt64(key.substr(prefix.size())));
    entries.push_back({std::string(key), at, entry->amount});
    return true;
  }));
  MAINSTAY_TRY(damaged);
  return entries;
}

}  // namespace

Result<std::vector<OrderId>> LedgerTables::OrdersOf(stream::Context& context, const BookId& book,
                                                    const ClientId& client) const {
  MAINSTAY_TRY_ASSIGN(ids, Marked(context, names_.by_client, book, client, kOrderMark));
  std::vector<OrderId> orders(ids.begin(), ids.end());
  MAINSTAY_TRY_ASSIGN(timed, Marked(context, names_.by_client, book, client, kTimedOrderMark));
  for (const std::string& place : timed) orders.emplace_back(place.substr(kInstantBytes));
  return orders;
}

Result<std::optional<std::vector<TimedOrder>>> LedgerTables::OrdersAfter(stream::Context& context, const BookId& book,
                                                                         const ClientId& client,
                                                                         const TimedOrder& after,
                                                                         std::size_t most) const {
  MAINSTAY_CHECK(names_.by_client != 0, "this ledger does not keep what a client has");
  bool untimed = false;
  MAINSTAY_TRY(context.Scan(names_.by_client, MarkPrefix(book, client, kOrderMark), {}, [&](auto, auto) {
    untimed = true;
    return false;
  }));
  if (untimed) return std::optional<std::vector<TimedOrder>>{};
  std::vector<TimedOrder> orders;
  const std::string prefix = MarkPrefix(book, client, kTimedOrderMark);
  const std::string from = OrderPlaceKey(book, client, after.time, after.id);
  MAINSTAY_TRY(context.Scan(names_.by_client, prefix, from, [&](std::string_view key, std::string_view) {
    const std::string_view place = key.substr(prefix.size());
    const Instant time = FromMs(stream::ReadOrderedInt64(place));
    if (key != from) orders.push_back({time, OrderId{std::string(place.substr(kInstantBytes))}});
    return orders.size() < most;
  }));
  return std::optional(std::move(orders));
}

Result<std::vector<RefundId>> LedgerTables::RefundsOf(stream::Context& context, const BookId& book,
                                                      const ClientId& client) const {
  MAINSTAY_TRY_ASSIGN(ids, Marked(context, names_.by_client, book, client, kRefundMark));
  return std::vector<RefundId>(ids.begin(), ids.end());
}

// What waited because its order was another client's is the order's now.
Result<std::vector<Posting>> LedgerTables::ApplyWaiting(stream::Context& context, const BookId& book,
                                                        const ClientId& client, RevenueWindow& window) const {
  std::vector<Posting> postings;
  MAINSTAY_TRY_ASSIGN(refunds, RefundsOf(context, book, client));
  for (const RefundId& id : refunds) {
    MAINSTAY_TRY_ASSIGN(refund, FindRefund(context, book, id));
    if (!refund || refund->applied || !refund->order_id) continue;
    MAINSTAY_TRY_ASSIGN(order, FindOrder(context, book, *refund->order_id));
    if (!order || order->client != client) continue;
    Decision moved;
    refund->applied = true;
    moved.refunds = {*refund};
    moved.order = *order;
    const std::optional<Money> refunded = CheckedAdd(order->refunded, refund->amount);
    if (!refunded) return InvalidField("data", "the refunds of order " + order->id.raw() + " are too large");
    moved.order->refunded = *refunded;
    const Money delta = moved.order->net() - order->net();
    moved.revenue_changes = {{refund->time, refund->amount}, {order->time, delta}};
    if (delta != Money{}) moved.order_day_changes = {{order->time, delta}};
    MAINSTAY_TRY_ASSIGN(posting, Post(context, book, client, moved, &*order, window));
    postings.push_back(std::move(posting));
  }
  return postings;
}

Result<std::vector<Posting>> LedgerTables::Merge(stream::Context& context, const BookId& book, const ClientId& from,
                                                 const ClientId& into, RevenueWindow& window) const {
  MAINSTAY_TRY_ASSIGN(entries, EntriesOf(context, names_.entries, book, from));
  for (const DatedEntry& entry : entries) {
    context.Erase(names_.entries, entry.key);
    MAINSTAY_TRY(Move(context, book, into, {entry.at, entry.amount}, window));
  }
  MAINSTAY_TRY_ASSIGN(orders, OrdersOf(context, book, from));
  for (const OrderId& id : orders) {
    MAINSTAY_TRY_ASSIGN(order, FindOrder(context, book, id));
    if (!order) continue;
    order->client = into;
    context.Put(names_.orders, JoinKey({book.raw(), id.raw()}), EncodeOrder(*order));
    ErasePlace(context, names_.by_client, book, from, order->time, id);
    context.Put(names_.by_client, OrderPlaceKey(book, into, order->time, id), {});
  }
  MAINSTAY_TRY_ASSIGN(refunds, RefundsOf(context, book, from));
  for (const RefundId& id : refunds) {
    MAINSTAY_TRY_ASSIGN(refund, FindRefund(context, book, id));
    if (!refund) continue;
    refund->client = into;
    context.Put(names_.refunds, JoinKey({book.raw(), id.raw()}), EncodeRefund(*refund));
    context.Erase(names_.by_client, RefundPlaceKey(book, from, id));
    context.Put(names_.by_client, RefundPlaceKey(book, into, id), {});
  }
  MAINSTAY_TRY(context.CancelTimer(names_.window_timer, TimerKey(book, from)));
  MAINSTAY_TRY(SetWindowTimer(context, book, into, window));
  return ApplyWaiting(context, book, into, window);
}

Result<void> LedgerTables::Erase(stream::Context& context, const BookId& book, const ClientId& client) const {
  MAINSTAY_TRY_ASSIGN(entries, EntriesOf(context, names_.entries, book, client));
  for (const DatedEntry& entry : entries) context.Erase(names_.entries, entry.key);
  MAINSTAY_TRY_ASSIGN(orders, OrdersOf(context, book, client));
  for (const OrderId& id : orders) {
    MAINSTAY_TRY_ASSIGN(order, FindOrder(context, book, id));
    if (order) ErasePlace(context, names_.by_client, book, client, order->time, id);
    context.Erase(names_.orders, JoinKey({book.raw(), id.raw()}));
  }
  MAINSTAY_TRY_ASSIGN(refunds, RefundsOf(context, book, client));
  for (const RefundId& id : refunds) {
    MAINSTAY_TRY_ASSIGN(refund, FindRefund(context, book, id));
    if (refund && refund->order_id) {
      context.Erase(names_.waiting, JoinKey({book.raw(), refund->order_id->raw(), id.raw()}));
    }
    context.Erase(names_.refunds, JoinKey({book.raw(), id.raw()}));
    context.Erase(names_.by_client, RefundPlaceKey(book, client, id));
  }
  return context.CancelTimer(names_.window_timer, TimerKey(book, client));
}

}  // namespace mainstay::ledger
