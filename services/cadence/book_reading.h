// A book's state read from a snapshot, and its clients scored: what the answers are made of. Any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "book.h"
#include "effort.h"
#include "mainstay/app/ports.h"
#include "mainstay/cadence/checkup.h"
#include "mainstay/door/book_query.h"
#include "mainstay/query/v1/cadence.pb.h"
#include "mainstay/risk/client_value.h"
#include "mainstay/risk/score.h"
#include "state.h"

namespace mainstay::cadence {

struct KnownClient {
  ClientId id;
  ClientRecord record;
  ZoneRules zone;
};

struct BookReading {
  door::BookView view;
  Book book;
  [[nodiscard]] const Currency& currency() const;  // XXX of a book without money.
};

[[nodiscard]] Result<BookReading> OpenReading(const app::StateReader& state, const query::v1::BookQuery& query);
// By client id.
[[nodiscard]] Result<std::vector<KnownClient>> ReadClients(const BookReading& reading);
// Who went up in another one is that one. kNotFound for a client nobody has written about.
[[nodiscard]] Result<KnownClient> ReadClient(const BookReading& reading, const std::string& client);
[[nodiscard]] Result<std::map<std::string, RepRecord>> ReadReps(const BookReading& reading);

// `take` gets the key without "book\0" and the value of each entry of a table; its error ends the scan.
using TakeEntry = std::function<Result<void>(std::string_view key, std::string_view value)>;
[[nodiscard]] Result<void> ScanBook(const BookReading& reading, stream::TableId table, const TakeEntry& take);

// What the check-up and the proof count, by client, then time.
struct StoredFact {
  ClientId client;
  BookFact fact{};
  Tier tier = Tier::kNone;
  Instant at{};
  EventId event;
};
[[nodiscard]] Result<std::vector<StoredFact>> ReadBookFacts(const BookReading& reading);
[[nodiscard]] Result<CheckupEvents> ReadCheckupEvents(const BookReading& reading);

// The minutes of touches that the plans no longer keep, by client, each touch once. `clients` are all of the book.
using TakeEffort = std::function<void(const KnownClient& client, const Effort& effort)>;
[[nodiscard]] Result<void> ReadEfforts(const BookReading& reading, const std::vector<KnownClient>& clients,
                                       const TakeEffort& take);

[[nodiscard]] bool IsInCallPlan(const ClientRecord& client);    // It has a cadence, and a rep rather than the program.
[[nodiscard]] std::string OwnerOf(const ClientRecord& client);  // "unassigned" without one.

// A client's facts and score at the reading's `at`.
struct ScoredClient {
  risk::ClientFacts facts;
  risk::Score score;
  risk::ClientValue value;
  Money at_stake;
};
[[nodiscard]] ScoredClient ScoreOf(const BookReading& reading, const KnownClient& client);
void FillRisk(const BookReading& reading, const KnownClient& client, const ScoredClient& scored,
              query::v1::RiskRow& out);
void FillParameters(const risk::ChurnParameters& parameters, query::v1::ModelParameters& out);
void FillInputs(const BookReading& reading, const ScoredClient& scored, query::v1::ScoreInputs& out);

}  // namespace mainstay::cadence
