// A book as decisions see it: its record, with the rules of its zone loaded.
#pragma once

#include <map>
#include <string>

#include "mainstay/base/result.h"
#include "mainstay/risk/score.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/cadence_terms.h"
#include "mainstay/vocabulary/zone.h"
#include "state.h"

namespace mainstay::cadence {

struct Book {
  BookId id;
  BookRecord record;
  ZoneRules zone;
  bool known = false;  // It is in the table.

  // What scores are computed with: the book's version, else `default-1`.
  [[nodiscard]] const risk::ChurnParameters& parameters() const;
  [[nodiscard]] CadenceTerms terms() const { return TermsOf(record.policy); }
};

// Books by id, decoded once for as long as their bytes stay the same. Needs no word of a rollback for that reason.
class Books {
 public:
  [[nodiscard]] Result<Book> Load(stream::Context& context, const BookId& id);

 private:
  struct Cached {
    std::string bytes;
    Book book;
  };
  std::map<std::string, Cached> cached_;
};

[[nodiscard]] Result<Book> MakeBook(const BookId& id, std::string_view bytes);

// The rules of a zone that was accepted once; UTC if there is none. kUnavailable if the system no longer has them.
[[nodiscard]] Result<ZoneRules> RulesOf(const std::optional<std::string>& zone);

// Everything the churn score of a client is computed from, as it stands at `now`.
[[nodiscard]] risk::ClientFacts FactsOf(const ClientRecord& client, const Book& book, const ZoneRules& client_zone,
                                        Instant now);

// An emergency is handled in time until the end of the second working day after the day it was raised on.
[[nodiscard]] Instant HandleBy(Instant raised, const Book& book);

}  // namespace mainstay::cadence
