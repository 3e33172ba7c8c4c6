// The ranking as queries read it: an entry for each paying client in the order of ranks, how many there are by step of
// revenue, and what the book adds up to. All are brought up to date once per commit, for the clients that were worked
// on since the one before.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "live_book.h"
#include "mainstay/segmentation/pareto.h"
#include "mainstay/stream/processor.h"
#include "rank_counts.h"
#include "state.h"

namespace mainstay::segmentation {

struct BookTotals {
  ParetoTotals pareto;
  std::optional<EffortLines> lines;
  RevenueSum bought = 0;  // Of all clients, on all of their order days.
  std::int64_t order_days = 0;
  OctaveCounts octaves;  // Empty: the book is from before ranks were counted.
  friend bool operator==(const BookTotals&, const BookTotals&) = default;
};
[[nodiscard]] std::string Encode(const BookTotals& totals);
[[nodiscard]] Result<BookTotals> DecodeTotals(std::string_view bytes);

// What of a client counts for its book.
struct Contribution {
  ParetoPlace place;
  Money net;
  std::int64_t order_days = 0;
  friend bool operator==(const Contribution&, const Contribution&) = default;
};
[[nodiscard]] inline Contribution ContributionOf(const ClientRecord& client) {
  return {
      {client.window.trailing, client.tier.tier, client.tier.rank_tier, client.minutes}, client.net, client.order_days};
}

// Calls visit(client, place) for the paying clients of a book in the order of ranks, until it returns false.
using VisitRanked = std::function<bool(ClientId client, const ParetoPlace& place)>;
[[nodiscard]] Result<void> ForRanked(const stream::Snapshot& snapshot, const BookId& book, const VisitRanked& visit);

// From 1. `client` is a paying one with `revenue`.
[[nodiscard]] Result<std::int64_t> StoredRankOf(const stream::Snapshot& snapshot, const BookId& book,
                                                const BookTotals& totals, const ClientId& client, Money revenue);

// The clients that the open transaction has loaded, and what they counted for before it. Shard thread only.
class TouchedClients {
 public:
  // The first call for a client in a transaction counts: nothing has been written to it yet.
  void Loaded(const BookId& book, const ClientId& client, const Contribution& stored);
  void Moved(const BookId& book) { books_[book]; }  // Its rankings changed.
  [[nodiscard]] bool Knows(const BookId& book, const ClientId& client) const;
  void Forget() { books_.clear(); }

  // Writes what changed, then forgets. `live` gives the rankings of a book.
  using FindLive = std::function<Result<LiveBook*>(const BookId& book)>;
  [[nodiscard]] Result<void> Store(stream::Context& context, const FindLive& live);

 private:
  using Clients = std::map<ClientId, Contribution>;
  [[nodiscard]] static Result<void> StoreBook(stream::Context& context, const BookId& book, const Clients& clients,
                                              LiveBook& live);

  std::map<BookId, Clients> books_;
};

}  // namespace mainstay::segmentation
