// Takes one fact into the state of its client or its book. Shard thread only.
#pragma once

#include "book_work.h"
#include "mainstay/vocabulary/events.h"

namespace mainstay::segmentation {

// True iff anything that is decided about the client may change. Bad data is an error (ledger_tables.h).
[[nodiscard]] Result<bool> FoldClientFact(BookWork& work, const InEvent& event, const ClientId& id,
                                          ClientRecord& client);
// What a fact of the book asks for.
enum class BookFollowUp : std::uint8_t {
  kNothing,
  kNewTierPolicy,  // Or other rules of how a tier follows the ranking.
  kNewThresholds,
};
[[nodiscard]] Result<BookFollowUp> FoldBookFact(BookWork& work, const InEvent& event);

}  // namespace mainstay::segmentation
