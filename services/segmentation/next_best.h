// What a client should be offered next: from what the book's clients hold together, and from declared potential.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mainstay/segmentation/next_product.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/stream/processor.h"
#include "purchases.h"
#include "state.h"

namespace mainstay::segmentation {

// What a client does not hold and could buy, by assessment.
using YearlyByProduct = std::map<std::string, Money>;
[[nodiscard]] YearlyByProduct AssessedProducts(const std::map<Cell, Money>& assessed,
                                               const std::set<std::string>& held);
// A stored assessment of a cell; nullopt if it is of another currency than the book's.
[[nodiscard]] Result<std::optional<Money>> DecodeAssessed(std::string_view bytes, const std::optional<Currency>& book);
// The largest amount first, ties by id.
[[nodiscard]] std::vector<std::pair<std::string, Money>> MostFirst(const YearlyByProduct& products);

[[nodiscard]] Result<bool> HoldsProduct(stream::Context& context, const BookId& book, const ClientId& id,
                                        const ProductId& product);

// Finds the client's next best product anew, from what the last recount has stored and from its declared potential:
// after it bought something, or was assessed. O(what it holds).
[[nodiscard]] Result<void> RenewNextProduct(stream::Context& context, const BookId& book,
                                            const std::optional<Currency>& currency, const ClientId& id,
                                            ClientRecord& client);
// A client without a next best product is offered the largest of its declared potential that is not `held`.
[[nodiscard]] Result<void> OfferAssessed(stream::Context& context, const BookId& book,
                                         const std::optional<Currency>& currency, const ClientId& id,
                                         const std::set<std::string>& held, ClientRecord& client);

[[nodiscard]] std::string EncodePartners(const std::vector<Association>& partners);
[[nodiscard]] Result<std::vector<Association>> DecodePartners(const std::string& owned, std::string_view bytes);

// What follows from each of the products, as the last recount has stored it. `source`: a stream::Context or a
// stream::Snapshot.
template <class Source>
[[nodiscard]] Result<std::vector<std::vector<Association>>> ReadPartners(Source& source, const BookId& book,
                                                                         const std::set<std::string>& products) {
  std::vector<std::vector<Association>> lists;
  for (const std::string& owned : products) {
    MAINSTAY_TRY_ASSIGN(bytes, source.Get(kPartners, stream::JoinKey({book.raw(), owned})));
    if (!bytes) continue;
    MAINSTAY_TRY_ASSIGN(partners, DecodePartners(owned, *bytes));
    lists.push_back(std::move(partners));
  }
  return lists;
}

// Counting of what is bought together in one book, in steps; in memory only and begun anew when it is lost.
class Recount {
 public:
  // Reads the product table. `n`: clients that hold anything.
  [[nodiscard]] static Result<Recount> Begin(stream::Context& context, const BookId& book, std::int64_t n);
  // Adds up to kSweepStep clients' holdings after `cursor`; the new cursor, empty at the end.
  [[nodiscard]] Result<std::string> Add(stream::Context& context, const BookId& book, const std::string& cursor);
  // Replaces the stored partners of the book.
  [[nodiscard]] Result<void> Store(stream::Context& context, const BookId& book);
  // The best product for a client that holds `held`. REQUIRES: after Store, which ends the counting.
  [[nodiscard]] std::optional<ProductId> BestFor(const std::vector<std::string>& held) const;

 private:
  explicit Recount(PairCounts counts) : counts_(std::move(counts)) {}

  PairCounts counts_;
  std::optional<Recommender> recommender_;
};

// What clients hold, by client: the ids of their products, for the first kSweepStep clients after `after` that hold
// anything. One scan: an iterator a client would cost more than what it reads.
using Holdings = std::map<ClientId, std::vector<std::string>>;
[[nodiscard]] Result<Holdings> HoldingsAfter(stream::Context& context, const BookId& book, std::string_view after);

}  // namespace mainstay::segmentation
