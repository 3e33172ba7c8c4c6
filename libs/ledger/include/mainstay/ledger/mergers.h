// Which client went up in which. What is said of the one is about the other from then on, so every event and every
// question asks here first.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"

namespace mainstay::ledger {

class Mergers {
 public:
  explicit constexpr Mergers(stream::TableId table) : table_(table) {}  // The service's own table.

  [[nodiscard]] constexpr stream::TableId table() const { return table_; }
  // The client that `id` is today: itself, or the one it went up in, directly or through others. `source`: a
  // stream::Context or a stream::Snapshot. Errors: kInvalidArgument for a chain of more than 64.
  template <class Source>
  [[nodiscard]] Result<ClientId> Today(Source& source, const BookId& book, ClientId id) const {
    for (int i = 0; i < kLongestChain; ++i) {
      MAINSTAY_TRY_ASSIGN(into, source.Get(table_, KeyOf(book, id)));
      if (!into) return id;
      id = ClientId{std::move(*into)};
    }
    return Fail(ErrorCode::kInvalidArgument, "client " + id.raw() + " was merged too often");
  }
  // The client of `event` goes up in what `into` is today, which is given back; nullopt: it has already. Errors:
  // kInvalidArgument for a circle, or for a second client to go up in.
  [[nodiscard]] Result<std::optional<ClientId>> Merge(stream::Context& context, const InEvent& event,
                                                      const ClientId& into) const;
  // Forgets who went up in `id`, directly or through others, and gives their names. O(mergers of the book).
  [[nodiscard]] Result<std::vector<ClientId>> Forget(stream::Context& context, const BookId& book,
                                                     const ClientId& id) const;

 private:
  static constexpr int kLongestChain = 64;
  [[nodiscard]] static std::string KeyOf(const BookId& book, const ClientId& id);

  stream::TableId table_;  // book\0client -> the client it went up in
};

}  // namespace mainstay::ledger
