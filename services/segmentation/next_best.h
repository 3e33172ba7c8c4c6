// What a client should be offered next: from what the book's clients hold together, and from declared potential.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/segmentation/next_product.h"
#include "mainstay/stream/processor.h"
#include "state.h"

namespace mainstay::segmentation {

// Forgets the client's next best product when the client holds it now; the weekly recount finds the one after.
[[nodiscard]] Result<void> DropBoughtNextProduct(stream::Context& context, const BookId& book, const ClientId& id,
                                                 ClientRecord& client);

[[nodiscard]] std::string EncodePartners(const std::vector<Association>& partners);
[[nodiscard]] Result<std::vector<Association>> DecodePartners(const std::string& owned, std::string_view bytes);

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
