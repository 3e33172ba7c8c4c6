// Merging and erasing all that the ledger knows of one client.
#include <string>
#include <string_view>

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
  const std::string prefix = JoinKey({book.raw(), client.raw(), mark}) + '\0';
  MAINSTAY_TRY(context.Scan(table, prefix, {}, [&](std::string_view key, std::string_view) {
    ids.emplace_back(key.substr(prefix.size()));
    return true;
  }));
  return ids;
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
  MAINSTAY_TRY_ASSIGN(ids, Marked(context, names_.by_client, book, client, "o"));
  return std::vector<OrderId>(ids.begin(), ids.end());
}

Result<std::vector<RefundId>> LedgerTables::RefundsOf(stream::Context& context, const BookId& book,
                                                      const ClientId& client) const {
  MAINSTAY_TRY_ASSIGN(ids, Marked(context, names_.by_client, book, client, "r"));
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
    context.Erase(names_.by_client, JoinKey({book.raw(), from.raw(), "o", id.raw()}));
    context.Put(names_.by_client, JoinKey({book.raw(), into.raw(), "o", id.raw()}), {});
  }
  MAINSTAY_TRY_ASSIGN(refunds, RefundsOf(context, book, from));
  for (const RefundId& id : refunds) {
    MAINSTAY_TRY_ASSIGN(refund, FindRefund(context, book, id));
    if (!refund) continue;
    refund->client = into;
    context.Put(names_.refunds, JoinKey({book.raw(), id.raw()}), EncodeRefund(*refund));
    context.Erase(names_.by_client, JoinKey({book.raw(), from.raw(), "r", id.raw()}));
    context.Put(names_.by_client, JoinKey({book.raw(), into.raw(), "r", id.raw()}), {});
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
    context.Erase(names_.orders, JoinKey({book.raw(), id.raw()}));
    context.Erase(names_.by_client, JoinKey({book.raw(), client.raw(), "o", id.raw()}));
  }
  MAINSTAY_TRY_ASSIGN(refunds, RefundsOf(context, book, client));
  for (const RefundId& id : refunds) {
    MAINSTAY_TRY_ASSIGN(refund, FindRefund(context, book, id));
    if (refund && refund->order_id) {
      context.Erase(names_.waiting, JoinKey({book.raw(), refund->order_id->raw(), id.raw()}));
    }
    context.Erase(names_.refunds, JoinKey({book.raw(), id.raw()}));
    context.Erase(names_.by_client, JoinKey({book.raw(), client.raw(), "r", id.raw()}));
  }
  return context.CancelTimer(names_.window_timer, TimerKey(book, client));
}

}  // namespace mainstay::ledger
