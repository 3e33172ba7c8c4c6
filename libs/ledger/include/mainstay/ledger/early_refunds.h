// Refunds that came before their book had a currency. Only an accepted order or a PolicySet sets one, so nobody knows
// yet whether they are in it: they are kept as they came, and taken once it is known.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"

namespace mainstay::ledger {

class EarlyRefunds {
 public:
  explicit constexpr EarlyRefunds(stream::TableId table) : table_(table) {}  // The service's own table.

  [[nodiscard]] constexpr stream::TableId table() const { return table_; }
  // Keeps an OrderRefunded, which names its client as of today. False: it is kept already. Errors: kAlreadyExists for
  // other content under its id; kInvalidArgument when a book's add up to so much that taking them could fail.
  [[nodiscard]] Result<bool> Keep(stream::Context& context, const InEvent& refund) const;
  // The book has this currency: those in it, for the caller to take, each as an event of its own. The others are told
  // again on `output`, the service's internal topic, to be refused as any other. None is kept. O(what was kept).
  [[nodiscard]] Result<std::vector<InEvent>> Release(stream::Context& context, const BookId& book,
                                                     const Currency& currency, stream::OutputId output) const;
  // `from` is `into` from now on; null: it is forgotten. O(what is kept).
  [[nodiscard]] Result<void> Move(stream::Context& context, const BookId& book, const ClientId& from,
                                  const ClientId* into) const;

 private:
  using Visit = std::function<void(const std::string& key, InEvent refund)>;
  [[nodiscard]] Result<void> ForEach(stream::Context& context, const BookId& book, const Visit& visit) const;

  stream::TableId table_;  // book\0refund -> the event; book -> what they add up to, whatever the currency.
};

}  // namespace mainstay::ledger
