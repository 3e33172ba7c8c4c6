#include "book_reading.h"

#include <limits>
#include <utility>

#include "mainstay/segmentation/client_status.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::segmentation {
namespace {

const Currency kNoCurrency{"XXX"};  // ISO 4217 for "no currency": a book without money.

}  // namespace

const Currency& Book::currency() const { return record.currency ? *record.currency : kNoCurrency; }

PersonaDecision Book::PersonaOf(const ClientRecord& client, const PolicyValues& values) const {
  return DecidePersona(client.persona_facts(view.at), totals.pareto.clients, totals.lines, values);
}

Tier Book::CadenceOf(const ClientRecord& client, Tier tier) const { return client.CadenceOf(tier, view.at); }

Result<ServiceMinutes> Book::Minutes() const {
  MAINSTAY_TRY_ASSIGN(reps, ReadReps(*view.snapshot, view.book));
  std::set<std::string> owners;
  for (const KnownClient& client : clients) {
    if (auto caller = CallerOf(client.record, CadenceOf(client.record, client.record.tier.tier))) {
      owners.insert(std::move(*caller));
    }
  }
  return MinutesOf(reps, owners);
}

TierCounts Book::Cadences() const {
  TierCounts counts;
  for (const KnownClient& client : clients) counts.Add(CadenceOf(client.record, client.record.tier.tier));
  return counts;
}

Result<std::optional<KnownClient>> Book::Client(const ClientId& id) const {
  MAINSTAY_TRY_ASSIGN(bytes, view.snapshot->Get(kClients, stream::JoinKey({view.book.raw(), id.raw()})));
  if (!bytes) return std::optional<KnownClient>{};
  MAINSTAY_TRY_ASSIGN(client, DecodeClient(*bytes));
  return std::optional(KnownClient{id, std::move(client)});
}

Result<KnownClient> Book::TodaysClient(const std::string& id) const {
  MAINSTAY_TRY_ASSIGN(today, kMergers.Today(*view.snapshot, view.book, ClientId{id}));
  MAINSTAY_TRY_ASSIGN(client, Client(today));
  if (!client) return Fail(ErrorCode::kNotFound, "book " + view.book.raw() + " has no client '" + id + "'");
  return *std::move(client);
}

Result<void> Book::ForRows(const std::function<bool(ParetoRow row)>& visit) const {
  MAINSTAY_TRY_ASSIGN(pareto, AnswerPareto(record.policy, totals.pareto));
  ParetoRows rows(pareto);
  return ForRanked(*view.snapshot, view.book, [&](ClientId client, const ParetoPlace& place) {
    return visit(rows.Next(std::move(client), place));
  });
}

void MoneyOfAll::Add(const ClientRecord& client) {
  const auto size = [](Money money) {
    return money.units() < 0 ? -RevenueSum{money.units()} : RevenueSum{money.units()};
  };
  sum_ += size(client.window.trailing) + size(client.window.previous) + size(client.net);
}

Result<void> MoneyOfAll::Fits() const {
  if (sum_ <= std::numeric_limits<std::int64_t>::max()) return {};
  return Fail(ErrorCode::kOutOfRange, "the money of all clients of the book is too large to be added up");
}

Result<BookRecord> ReadBookRecord(const door::BookView& view) {
  MAINSTAY_TRY_ASSIGN(bytes, view.snapshot->Get(kBooks, view.book.raw()));
  return bytes ? DecodeBook(*bytes) : BookRecord{};
}

Result<std::vector<std::pair<std::string, std::string>>> EntriesBelow(const stream::Snapshot& snapshot,
                                                                      stream::TableId table,
                                                                      const std::string& prefix) {
  std::vector<std::pair<std::string, std::string>> entries;
  MAINSTAY_TRY(snapshot.Scan(table, prefix, {}, [&](std::string_view key, std::string_view value) {
    entries.emplace_back(key.substr(prefix.size()), value);
    return true;
  }));
  return entries;
}

Result<Book> ReadBook(const app::StateReader& state, const query::v1::BookQuery& query) {
  MAINSTAY_TRY_ASSIGN(view, door::OpenBook(state, "segmentation", kBooks, query));
  Book book;
  book.view = std::move(view);
  MAINSTAY_TRY_ASSIGN(record, ReadBookRecord(book.view));
  book.record = std::move(record);
  MAINSTAY_TRY_ASSIGN(bytes, book.view.snapshot->Get(kTotals, book.view.book.raw()));
  if (!bytes) return book;
  MAINSTAY_TRY_ASSIGN(totals, DecodeTotals(*bytes));
  book.totals = totals;
  return book;
}

Result<Book> ReadBookWithClients(const app::StateReader& state, const query::v1::BookQuery& query) {
  MAINSTAY_TRY_ASSIGN(book, ReadBook(state, query));
  MoneyOfAll all;
  MAINSTAY_TRY(ForClients(book.view, [&](KnownClient client) {
    all.Add(client.record);
    book.clients.push_back(std::move(client));
    return true;
  }));
  MAINSTAY_TRY(all.Fits());
  return std::move(book);
}

Result<void> ForClients(const door::BookView& view, const std::function<bool(KnownClient client)>& visit) {
  const std::string prefix = view.book.raw() + '\0';
  Result<void> damaged{};
  MAINSTAY_TRY(view.snapshot->Scan(kClients, prefix, {}, [&](std::string_view key, std::string_view value) {
    Result<ClientRecord> client = DecodeClient(value);
    if (!client) damaged = tl::unexpected(client.error());
    return client && visit({ClientId{std::string(key.substr(prefix.size()))}, std::move(*client)});
  }));
  return damaged;
}

}  // namespace mainstay::segmentation
