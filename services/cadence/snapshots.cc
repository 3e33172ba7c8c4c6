#include "snapshots.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "learning.h"
#include "learning_codec.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::cadence {
namespace {

std::string Prefix(const BookId& book) { return book.raw() + '\0'; }

std::string SnapshotKey(const BookId& book, Instant due, const ClientId& client) {
  std::string key = Prefix(book);
  stream::AppendOrderedInt64(key, ToMs(due));
  return key += client.raw();
}

std::string LabelKey(const BookId& book, std::int64_t number) {
  std::string key = Prefix(book);
  stream::AppendOrderedInt64(key, number);
  return key;
}

// The first order after the client's day of the snapshot; which order of that day came first is not kept.
std::optional<Instant> FirstOrderAfter(const ClientRecord& client, const Book& book, Instant at) {
  const Day day = book.zone.LocalDay(at);
  for (const risk::OrderDay& order : client.order_days.parts().days) {
    if (order.day > day && order.net > Money{}) return book.zone.StartOfDay(order.day);
  }
  return std::nullopt;
}

Result<risk::Label> LabelFor(stream::Context& context, const Book& book, const ClientId& id,
                             const risk::Snapshot& snapshot) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kClients, ClientKey(book.id, id)));
  if (!bytes) return risk::Label::kDropped;
  MAINSTAY_TRY_ASSIGN(client, DecodeClient(*bytes));
  risk::Outcome outcome;
  outcome.first_order_after = FirstOrderAfter(client, book, snapshot.at);
  if (client.plan.lost) outcome.lost_at = client.status_set.at;
  return risk::LabelOf(snapshot, outcome, context.Now());
}

// The keys of a client's snapshots, all of which lie among those of its book.
Result<std::vector<std::pair<std::string, std::string>>> SnapshotsOf(stream::Context& context, const BookId& book,
                                                                     const ClientId& client) {
  std::vector<std::pair<std::string, std::string>> found;
  const std::string prefix = Prefix(book);
  MAINSTAY_TRY(context.Scan(kSnapshots, prefix, {}, [&](std::string_view key, std::string_view value) {
    if (key.substr(prefix.size() + 8) == client.raw()) found.emplace_back(key, value);
    return true;
  }));
  return found;
}

}  // namespace

double WeeksBetween(Instant from, Instant to) {
  return static_cast<double>((to - from).count()) / static_cast<double>(Duration{std::chrono::weeks{1}}.count());
}

Result<void> TakeSnapshot(stream::Context& context, const Book& book, const ClientId& id, const ClientRecord& client) {
  ZoneRules zone = book.zone;
  if (client.zone) {
    MAINSTAY_TRY_ASSIGN(own, RulesOf(client.zone));
    zone = own;
  }
  const Instant now = context.Now();
  const risk::ClientFacts facts = FactsOf(client, book, zone, now);
  if (!facts.orders && !facts.contract) return {};
  const risk::ChurnCurve curve(facts, book.parameters());
  const std::optional<risk::Snapshot> snapshot = risk::SnapshotOf(curve, now);
  if (!snapshot) return {};
  OpenSnapshot open{*snapshot, risk::Probability(*snapshot, book.parameters()), 0};
  if (facts.orders) {
    open.silent_weeks = std::max(0.0, WeeksBetween(facts.orders->last_day_ends_at, now));
  }
  const auto horizon =
      std::chrono::ceil<Duration>(std::chrono::duration<double, std::ratio<604'800>>{snapshot->horizon_weeks});
  context.Put(kSnapshots, SnapshotKey(book.id, now + horizon, id), Encode(open));
  return {};
}

Result<std::vector<risk::Matured>> TakeMatured(stream::Context& context, const Book& book, std::int64_t& matured) {
  const std::string prefix = Prefix(book.id);
  std::vector<std::pair<std::string, std::string>> due;
  MAINSTAY_TRY(context.Scan(kSnapshots, prefix, {}, [&](std::string_view key, std::string_view value) {
    if (FromMs(stream::ReadOrderedInt64(key.substr(prefix.size()))) > context.Now()) return false;
    due.emplace_back(key, value);
    return true;
  }));
  std::vector<risk::Matured> batch;
  for (const auto& [key, value] : due) {
    context.Erase(kSnapshots, key);
    MAINSTAY_TRY_ASSIGN(open, DecodeSnapshot(value));
    const ClientId id{key.substr(prefix.size() + 8)};
    MAINSTAY_TRY_ASSIGN(label, LabelFor(context, book, id, open.snapshot));
    if (label != risk::Label::kStayed && label != risk::Label::kLeft) continue;
    const risk::Matured row{open.snapshot, label == risk::Label::kLeft};
    const double orders_only = open.snapshot.no_renewal ? 0 : 1 / (1 + std::exp(-open.snapshot.logit_silent));
    context.Put(kMatured, LabelKey(book.id, matured),
                Encode(MaturedRecord{open.snapshot.at, open.published, orders_only, open.silent_weeks, row.Weight(),
                                     row.left}));
    if (matured >= kKeptLabels) context.Erase(kMatured, LabelKey(book.id, matured - kKeptLabels));
    ++matured;
    batch.push_back(row);
  }
  return batch;
}

Result<void> LabelAtOnce(stream::Context& context, const BookId& book, const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(open, SnapshotsOf(context, book, client));
  for (auto& [key, value] : open) {
    MAINSTAY_TRY_ASSIGN(snapshot, DecodeSnapshot(value));
    context.Erase(kSnapshots, key);
    // Due since it was taken: the next look takes it, and those of one client stay apart.
    context.Put(kSnapshots, SnapshotKey(book, snapshot.snapshot.at, client), std::move(value));
  }
  return {};
}

Result<void> DropSnapshots(stream::Context& context, const BookId& book, const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(open, SnapshotsOf(context, book, client));
  for (const auto& [key, value] : open) context.Erase(kSnapshots, key);
  return {};
}

}  // namespace mainstay::cadence
