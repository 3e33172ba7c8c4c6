// A book as it stands in one snapshot, for queries. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/app/ports.h"
#include "mainstay/door/book_query.h"
#include "mainstay/query/v1/segmentation.pb.h"
#include "mainstay/segmentation/pareto.h"
#include "mainstay/segmentation/persona.h"
#include "mainstay/vocabulary/cadence_terms.h"
#include "ranking_table.h"
#include "rep_minutes.h"
#include "state.h"

namespace mainstay::segmentation {

struct KnownClient {
  ClientId id;
  ClientRecord record;
};

struct Book {
  door::BookView view;
  BookRecord record;
  BookTotals totals;
  std::vector<KnownClient> clients;  // All, by id, if they were asked for.

  [[nodiscard]] const Currency& currency() const;
  // Decided anew for the moment of the question.
  [[nodiscard]] PersonaDecision PersonaOf(const ClientRecord& client) const { return PersonaOf(client, record.values); }
  [[nodiscard]] PersonaDecision PersonaOf(const ClientRecord& client, const PolicyValues& values) const;
  // See ClientRecord::CadenceOf.
  [[nodiscard]] Tier CadenceOf(const ClientRecord& client, Tier tier) const;
  // How many clients have each cadence. REQUIRES: the clients were asked for.
  [[nodiscard]] TierCounts Cadences() const;
  // Of the reps. REQUIRES: as above.
  [[nodiscard]] Result<ServiceMinutes> Minutes() const;
  [[nodiscard]] Result<std::optional<KnownClient>> Client(const ClientId& id) const;
  // Who went up in another one is that one. kNotFound for a client nobody has written about.
  [[nodiscard]] Result<KnownClient> TodaysClient(const std::string& id) const;
  // Calls visit(row) in the order of ranks until it returns false.
  [[nodiscard]] Result<void> ForRows(const std::function<bool(ParetoRow row)>& visit) const;
};

[[nodiscard]] Result<BookRecord> ReadBookRecord(const door::BookView& view);
// A few reads, however large the book: it has no clients.
[[nodiscard]] Result<Book> ReadBook(const app::StateReader& state, const query::v1::BookQuery& query);
// kOutOfRange, as each answer that adds up what clients paid: their money does not fit Money in all.
[[nodiscard]] Result<Book> ReadBookWithClients(const app::StateReader& state, const query::v1::BookQuery& query);
// For all clients by id, until `visit` returns false.
[[nodiscard]] Result<void> ForClients(const door::BookView& view, const std::function<bool(KnownClient client)>& visit);

// Adds up all that any answer adds up of clients, so that no sum of some of them is too large.
class MoneyOfAll {
 public:
  void Add(const ClientRecord& client);
  [[nodiscard]] Result<void> Fits() const;

 private:
  RevenueSum sum_ = 0;
};

// Entries below `prefix`, by what follows it, at most `most`.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> EntriesBelow(const stream::Snapshot& snapshot,
                                                                                    stream::TableId table,
                                                                                    const std::string& prefix);

}  // namespace mainstay::segmentation
