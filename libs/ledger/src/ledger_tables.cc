#include "mainstay/ledger/ledger_tables.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "client_index.h"
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

constexpr Duration kTwoWindows = 2 * kTrailingWindow;

// Which sum holds what happened at `at`, seen from `now`.
Counted WhereAt(Instant at, Instant now, bool keeps_previous) {
  if (InWindow(at, now)) return Counted::kTrailing;
  const bool before = keeps_previous && at <= now - kTrailingWindow && at > now - kTwoWindows;
  return before ? Counted::kPrevious : Counted::kNowhere;
}

// From when on an entry of time `at` counts nowhere any more.
Instant ForgottenAt(Instant at, bool keeps_previous) { return at + (keeps_previous ? kTwoWindows : kTrailingWindow); }

// When a revenue entry of time `at` next changes what counts, seen from `now`.
Instant NextChange(Instant at, Instant now, bool keeps_previous) {
  if (at > now) return WindowEntersAt(at);
  const Instant leaves = WindowLeavesAt(at);
  return leaves > now ? leaves : ForgottenAt(at, keeps_previous);
}

// Adds `amount` to the sum `where` of `window`; false when it leaves the range of money.
bool AddTo(RevenueWindow& window, Counted where, Money amount) {
  if (where == Counted::kNowhere) return true;
  Money& sum = where == Counted::kTrailing ? window.trailing : window.previous;
  const std::optional<Money> next = CheckedAdd(sum, amount);
  if (next) sum = *next;
  return next.has_value();
}

void Sooner(std::optional<Instant>& earliest, Instant at) {
  if (!earliest || at < *earliest) earliest = at;
}

struct Found {
  std::string key;
  Instant at;
  RevenueEntry entry;
};

// Brings one entry and the sums to what holds now, and the window to when the entry next changes.
Result<void> Settle(stream::Context& context, const LedgerNames& names, Found& found, RevenueWindow& window) {
  const Instant now = context.Now();
  const Counted where = WhereAt(found.at, now, names.keeps_previous);
  if (where != found.entry.counted) {
    if (!AddTo(window, found.entry.counted, -found.entry.amount) || !AddTo(window, where, found.entry.amount)) {
      return tl::unexpected(OutOfRange());
    }
    found.entry.counted = where;
    if (where != Counted::kNowhere) context.Put(names.entries, found.key, EncodeEntry(found.entry));
  }
  if (ForgottenAt(found.at, names.keeps_previous) <= now) {
    context.Erase(names.entries, found.key);
    return {};
  }
  Sooner(window.next_at, NextChange(found.at, now, names.keeps_previous));
  return {};
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
  return Post(context, book, placed.client, PlaceOrder(known ? &*known : nullptr, waiting, placed),
              known ? &*known : nullptr, window);
}

Result<Posting> LedgerTables::Correct(stream::Context& context, const BookId& book, const OrderCorrection& correction,
                                      RevenueWindow& window) const {
  MAINSTAY_TRY_ASSIGN(known, FindOrder(context, book, correction.order_id));
  return Post(context, book, correction.client, CorrectOrder(known ? &*known : nullptr, correction),
              known ? &*known : nullptr, window);
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
              order ? &*order : nullptr, window);
}

Result<Posting> LedgerTables::Post(stream::Context& context, const BookId& book, const ClientId& client,
                                   const Decision& decision, const LedgerOrder* before, RevenueWindow& window) const {
  Posting posting;
  posting.already_seen = decision.outcome == Outcome::kAlreadySeen;
  if (posting.already_seen) return posting;
  if (decision.outcome != Outcome::kAccepted) return tl::unexpected(BadData(decision));
  const std::optional<Instant> armed = window.next_at;
  MAINSTAY_TRY(Write(context, book, decision));
  for (const RevenueChange& change : decision.revenue_changes) {
    MAINSTAY_TRY(Move(context, book, client, change, window));
  }
  if (window.next_at != armed) MAINSTAY_TRY(SetWindowTimer(context, book, client, window));
  posting.order_day_changes = decision.order_day_changes;
  if (decision.order)
    posting.order = OrderChange{before != nullptr ? before->net() : Money{}, *decision.order, before == nullptr};
  return posting;
}

Result<void> LedgerTables::SetWindowTimer(stream::Context& context, const BookId& book, const ClientId& client,
                                          const RevenueWindow& window) const {
  if (!window.next_at) return {};
  return context.SetTimer(names_.window_timer, TimerKey(book, client), *window.next_at, {});
}

Result<void> LedgerTables::Write(stream::Context& context, const BookId& book, const Decision& decision) const {
  if (decision.order) {
    context.Put(names_.orders, JoinKey({book.raw(), decision.order->id.raw()}), EncodeOrder(*decision.order));
    if (names_.by_client != 0) {
      const LedgerOrder& order = *decision.order;
      context.Put(names_.by_client, OrderPlaceKey(book, order.client, order.time, order.id), {});
    }
  }
  for (const LedgerRefund& refund : decision.refunds) {
    context.Put(names_.refunds, JoinKey({book.raw(), refund.id.raw()}), EncodeRefund(refund));
    if (names_.by_client != 0) {
      context.Put(names_.by_client, RefundPlaceKey(book, refund.client, refund.id), {});
    }
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
  if (ForgottenAt(change.at, names_.keeps_previous) <= now) return {};  // Too old to count, now or ever.
  const std::string key = EntryKey(book, client, change.at);
  RevenueEntry entry{Money{}, WhereAt(change.at, now, names_.keeps_previous)};
  // Whatever has an entry has a next change; and most orders come later than all before them.
  const bool all_known = window.newest || !window.next_at;
  if (!all_known || (window.newest && change.at <= *window.newest)) {
    MAINSTAY_TRY_ASSIGN(bytes, context.Get(names_.entries, key));
    if (bytes) {
      MAINSTAY_TRY_ASSIGN(known, DecodeEntry(*bytes));
      entry = known;
    }
  }
  if (all_known) window.newest = std::max(window.newest.value_or(change.at), change.at);
  const std::optional<Money> amount = CheckedAdd(entry.amount, change.delta);
  if (!amount || !AddTo(window, entry.counted, change.delta)) return tl::unexpected(OutOfRange());
  entry.amount = *amount;
  context.Put(names_.entries, key, EncodeEntry(entry));
  Sooner(window.next_at, NextChange(change.at, now, names_.keeps_previous));
  return {};
}

Result<void> LedgerTables::OnWindowTimer(stream::Context& context, const BookId& book, const ClientId& client,
                                         RevenueWindow& window) const {
  const Instant now = context.Now();
  const std::string prefix = EntryPrefix(book, client);
  std::vector<Found> found;
  Result<void> damaged{};
  // Timers fire at their own instant, so what is forgotten, enters a sum or goes from one to the other has exactly its
  // edge's time. Each scan also finds the next one that will. None begins before its edge: what was forgotten lies
  // there, and the store would step over each of a client's million former entries at every timer.
  const auto from_edge = [&](Instant edge) {
    return context.Scan(names_.entries, prefix, EntryKey(book, client, edge),
                        [&](std::string_view key, std::string_view value) {
                          const Instant at = FromMs(stream::ReadOrderedInt64(key.substr(prefix.size())));
                          const Result<RevenueEntry> entry = DecodeEntry(value);
                          if (!entry) {
                            damaged = tl::unexpected(entry.error());
                            return false;
                          }
                          found.push_back({std::string(key), at, *entry});
                          return at <= edge;
                        });
  };
  if (names_.keeps_previous) MAINSTAY_TRY(from_edge(now - kTwoWindows));
  MAINSTAY_TRY(from_edge(now - kTrailingWindow));
  if (!window.newest || *window.newest >= now) MAINSTAY_TRY(from_edge(now));  // Else none is of the future.
  MAINSTAY_TRY(damaged);
  // The scans may meet.
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.at < b.at; });
  found.erase(std::unique(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.at == b.at; }),
              found.end());
  window.next_at.reset();
  for (Found& entry : found) MAINSTAY_TRY(Settle(context, names_, entry, window));
  return SetWindowTimer(context, book, client, window);
}

}  // namespace mainstay::ledger
