#include "mainstay/ledger/ledger_tables.h"

#include <string>
#include <string_view>
#include <utility>

#include "ledger_codec.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::ledger {
namespace {

using stream::JoinKey;

Error BadData(const Decision& decision) {
  Error error{ErrorCode::kInvalidArgument, Recovery::kStopTask, decision.reason, "data.orderId"};
  if (decision.outcome == Outcome::kConflict) error.code = ErrorCode::kAlreadyExists;
  if (decision.outcome == Outcome::kUnknownOrder) error.code = ErrorCode::kNotFound;
  return error;
}

Error OutOfRange() {
  return {ErrorCode::kInvalidArgument, Recovery::kStopTask, "the client's revenue would leave the range of money",
          "data"};
}

std::string EntryPrefix(const BookId& book, const ClientId& client) {
  return JoinKey({book.raw(), client.raw()}) + '\0';
}

std::string EntryKey(const BookId& book, const ClientId& client, Instant at) {
  std::string key = EntryPrefix(book, client);
  stream::AppendOrderedInt64(key, ToMs(at));
  return key;
}

// When a revenue entry of time `at` next changes what counts, seen from `now`.
Instant NextChange(Instant at, Instant now) { return at > now ? WindowEntersAt(at) : WindowLeavesAt(at); }

struct Found {
  std::string key;
  Instant at;
  RevenueEntry entry;
};

// Brings one entry and the trailing sum to what holds now, and the window to when the entry next changes.
void Settle(stream::Context& context, stream::TableId table, Found& found, RevenueWindow& window) {
  const Instant now = context.Now();
  const bool counts = InWindow(found.at, now);
  if (counts != found.entry.counted) {
    window.trailing += counts ? found.entry.amount : -found.entry.amount;
    found.entry.counted = counts;
    if (counts) context.Put(table, found.key, EncodeEntry(found.entry));
  }
  if (WindowLeavesAt(found.at) <= now) {
    context.Erase(table, found.key);
    return;
  }
  const Instant next = NextChange(found.at, now);
  if (!window.next_at || next < *window.next_at) window.next_at = next;
}

}  // namespace

std::string LedgerTables::TimerKey(const BookId& book, const ClientId& client) {
  return JoinKey({book.raw(), client.raw()});
}

Result<std::optional<LedgerOrder>> LedgerTables::FindOrder(stream::Context& context, const BookId& book,
                                                           const OrderId& id) const {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(names_.orders, JoinKey({book.raw(), id.raw()})));
  if (!bytes) return std::optional<LedgerOrder>{};
  MAINSTAY_TRY_ASSIGN(order, DecodeOrder(id, *bytes));
  return std::optional(std::move(order));
}

Result<std::optional<LedgerRefund>> LedgerTables::FindRefund(stream::Context& context, const BookId& book,
                                                             const RefundId& id) const {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(names_.refunds, JoinKey({book.raw(), id.raw()})));
  if (!bytes) return std::optional<LedgerRefund>{};
  MAINSTAY_TRY_ASSIGN(refund, DecodeRefund(id, *bytes));
  return std::optional(std::move(refund));
}

Result<Posting> LedgerTables::Place(stream::Context& context, const BookId& book, const LedgerOrder& placed,
                                    RevenueWindow& window) const {
  MAINSTAY_TRY_ASSIGN(known, FindOrder(context, book, placed.id));
  std::vector<RefundId> waiting_ids;
  const std::string prefix = JoinKey({book.raw(), placed.id.raw()}) + '\0';
  MAINSTAY_TRY(context.Scan(names_.waiting, prefix, {}, [&](std::string_view key, std::string_view) {
    waiting_ids.emplace_back(std::string(key.substr(prefix.size())));
    return true;
  }));
  std::vector<LedgerRefund> waiting;
  for (const RefundId& id : waiting_ids) {
    MAINSTAY_TRY_ASSIGN(refund, FindRefund(context, book, id));
    if (refund) waiting.push_back(std::move(*refund));
  }
  return Post(context, book, placed.client, PlaceOrder(known ? &*known : nullptr, waiting, placed), window);
}

Result<Posting> LedgerTables::Correct(stream::Context& context, const BookId& book, const OrderCorrection& correction,
                                      RevenueWindow& window) const {
  MAINSTAY_TRY_ASSIGN(known, FindOrder(context, book, correction.order_id));
  return Post(context, book, correction.client, CorrectOrder(known ? &*known : nullptr, correction), window);
}

Result<Posting> LedgerTables::Refund(stream::Context& context, const BookId& book, const LedgerRefund& refund,
                                     RevenueWindow& window) const {
  MAINSTAY_TRY_ASSIGN(known, FindRefund(context, book, refund.id));
  std::optional<LedgerOrder> order;
  if (refund.order_id) {
    MAINSTAY_TRY_ASSIGN(found, FindOrder(context, book, *refund.order_id));
    order = std::move(found);
  }
  return Post(context, book, refund.client, RefundOrder(known ? &*known : nullptr, order ? &*order : nullptr, refund),
              window);
}

Result<Posting> LedgerTables::Post(stream::Context& context, const BookId& book, const ClientId& client,
                                   const Decision& decision, RevenueWindow& window) const {
  if (decision.outcome == Outcome::kAlreadySeen) return Posting{true, {}};
  if (decision.outcome != Outcome::kAccepted) return tl::unexpected(BadData(decision));
  MAINSTAY_TRY(Write(context, book, decision));
  for (const RevenueChange& change : decision.revenue_changes) {
    MAINSTAY_TRY(Move(context, book, client, change, window));
  }
  if (window.next_at) {
    MAINSTAY_TRY(context.SetTimer(names_.window_timer, TimerKey(book, client), *window.next_at, {}));
  }
  return Posting{false, decision.order_day_changes};
}

Result<void> LedgerTables::Write(stream::Context& context, const BookId& book, const Decision& decision) const {
  if (decision.order) {
    context.Put(names_.orders, JoinKey({book.raw(), decision.order->id.raw()}), EncodeOrder(*decision.order));
  }
  for (const LedgerRefund& refund : decision.refunds) {
    context.Put(names_.refunds, JoinKey({book.raw(), refund.id.raw()}), EncodeRefund(refund));
    if (!refund.order_id) continue;
    const std::string waiting = JoinKey({book.raw(), refund.order_id->raw(), refund.id.raw()});
    if (refund.applied) {
      context.Erase(names_.waiting, waiting);
    } else {
      context.Put(names_.waiting, waiting, {});
    }
  }
  return {};
}

Result<void> LedgerTables::Move(stream::Context& context, const BookId& book, const ClientId& client,
                                const RevenueChange& change, RevenueWindow& window) const {
  const Instant now = context.Now();
  if (WindowLeavesAt(change.at) <= now) return {};  // Too old to count, now or ever.
  const std::string key = EntryKey(book, client, change.at);
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(names_.entries, key));
  RevenueEntry entry{Money{}, InWindow(change.at, now)};
  if (bytes) {
    MAINSTAY_TRY_ASSIGN(known, DecodeEntry(*bytes));
    entry = known;
  }
  const std::optional<Money> amount = CheckedAdd(entry.amount, change.delta);
  const std::optional<Money> trailing =
      entry.counted ? CheckedAdd(window.trailing, change.delta) : std::optional(window.trailing);
  if (!amount || !trailing) return tl::unexpected(OutOfRange());
  entry.amount = *amount;
  window.trailing = *trailing;
  context.Put(names_.entries, key, EncodeEntry(entry));
  const Instant next = NextChange(change.at, now);
  if (!window.next_at || next < *window.next_at) window.next_at = next;
  return {};
}

Result<void> LedgerTables::OnWindowTimer(stream::Context& context, const BookId& book, const ClientId& client,
                                         RevenueWindow& window) const {
  const Instant now = context.Now();
  const std::string prefix = EntryPrefix(book, client);
  std::vector<Found> found;
  Result<void> damaged{};
  // Timers fire at their own instant, so what leaves is at the head and what enters has exactly this time.
  const auto collect = [&](std::string_view key, std::string_view value, auto keep_going) {
    const Instant at = FromMs(stream::ReadOrderedInt64(key.substr(prefix.size())));
    const Result<RevenueEntry> entry = DecodeEntry(value);
    if (!entry) {
      damaged = tl::unexpected(entry.error());
      return false;
    }
    const bool seen = !found.empty() && found.back().key == key;  // The two scans may meet.
    if (!seen) found.push_back({std::string(key), at, *entry});
    return keep_going(at);
  };
  MAINSTAY_TRY(context.Scan(names_.entries, prefix, {}, [&](std::string_view key, std::string_view value) {
    return collect(key, value, [&](Instant at) { return WindowLeavesAt(at) <= now; });
  }));
  MAINSTAY_TRY(context.Scan(names_.entries, prefix, EntryKey(book, client, now),
                            [&](std::string_view key, std::string_view value) {
                              return collect(key, value, [&](Instant at) { return at <= now; });
                            }));
  MAINSTAY_TRY(damaged);
  window.next_at.reset();
  for (Found& entry : found) Settle(context, names_.entries, entry, window);
  if (window.next_at) {
    MAINSTAY_TRY(context.SetTimer(names_.window_timer, TimerKey(book, client), *window.next_at, {}));
  }
  return {};
}

}  // namespace mainstay::ledger
