#include "book_reading.h"

#include <algorithm>
#include <utility>

namespace mainstay::segmentation {
namespace {

const Currency kNoCurrency{"XXX"};  // ISO 4217 for "no currency": a book without money.

}  // namespace

const Currency& Book::currency() const { return record.currency ? *record.currency : kNoCurrency; }

PersonaDecision Book::PersonaOf(const ClientRecord& client) const {
  return DecidePersona(client.persona_facts(view.at), paying, lines, record.values);
}

const KnownClient* Book::Find(const std::string& id) const {
  const auto found = std::lower_bound(clients.begin(), clients.end(), id,
                                      [](const KnownClient& a, const std::string& b) { return a.id.raw() < b; });
  return found != clients.end() && found->id.raw() == id ? &*found : nullptr;
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
  book.record = record;
  const std::string prefix = book.view.book.raw() + '\0';
  std::vector<Effort> efforts;
  Result<void> damaged{};
  MAINSTAY_TRY(book.view.snapshot->Scan(kClients, prefix, {}, [&](std::string_view key, std::string_view value) {
    Result<ClientRecord> client = DecodeClient(value);
    if (!client) {
      damaged = tl::unexpected(client.error());
      return false;
    }
    const Money revenue = client->window.trailing;
    if (revenue > Money{}) efforts.push_back(EffortOf(client->minutes, revenue));
    book.clients.push_back({ClientId{std::string(key.substr(prefix.size()))}, std::move(*client)});
    return true;
  }));
  MAINSTAY_TRY(damaged);
  book.paying = efforts.size();
  book.lines = LinesOfEfforts(std::move(efforts));
  return book;
}

Result<Pareto> ParetoOf(const Book& book) {
  std::vector<ParetoClient> clients;
  clients.reserve(book.clients.size());
  for (const KnownClient& client : book.clients) {
    const TierState& tier = client.record.tier;
    clients.push_back({client.id, client.record.window.trailing, tier.tier, tier.rank_tier});
  }
  return AnswerPareto(book.record.policy, std::move(clients));
}

}  // namespace mainstay::segmentation
