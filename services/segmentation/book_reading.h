// A book as it stands in one snapshot, for queries. Any thread.
#pragma once

#include <string>
#include <vector>

#include "mainstay/app/ports.h"
#include "mainstay/door/book_query.h"
#include "mainstay/query/v1/segmentation.pb.h"
#include "mainstay/segmentation/pareto.h"
#include "mainstay/segmentation/persona.h"
#include "state.h"

namespace mainstay::segmentation {

struct KnownClient {
  ClientId id;
  ClientRecord record;
};

// Its policy, and all its clients by id.
struct Book {
  door::BookView view;
  BookRecord record;
  std::vector<KnownClient> clients;
  std::size_t paying = 0;
  std::optional<EffortLines> lines;

  [[nodiscard]] const Currency& currency() const;
  // Decided anew for the moment of the question.
  [[nodiscard]] PersonaDecision PersonaOf(const ClientRecord& client) const;
  [[nodiscard]] const KnownClient* Find(const std::string& id) const;
};

[[nodiscard]] Result<BookRecord> ReadBookRecord(const door::BookView& view);
[[nodiscard]] Result<Book> ReadBook(const app::StateReader& state, const query::v1::BookQuery& query);
[[nodiscard]] Result<Pareto> ParetoOf(const Book& book);

// Entries below `prefix`, by what follows it, at most `most`.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> EntriesBelow(const stream::Snapshot& snapshot,
                                                                                    stream::TableId table,
                                                                                    const std::string& prefix);

}  // namespace mainstay::segmentation
