// Snapshots of clients' inputs that wait for their labels, and the labels that have come.
//
// A snapshot lies in kSnapshots under book, the instant its label matures, client; a label in kMatured under book and
// its number, the newest kKeptLabels of a book. Shard thread.
#pragma once

#include <cstdint>
#include <vector>

#include "book.h"
#include "mainstay/risk/learning.h"
#include "mainstay/stream/processor.h"
#include "state.h"

namespace mainstay::cadence {

[[nodiscard]] double WeeksBetween(Instant from, Instant to);

inline constexpr std::int64_t kKeptLabels = 50'000;

// A client without an order part leaves none.
[[nodiscard]] Result<void> TakeSnapshot(stream::Context& context, const Book& book, const ClientId& id,
                                        const ClientRecord& client);
// Removes the snapshots whose labels have matured and keeps the labels, numbered on from `matured`. By (instant,
// client).
[[nodiscard]] Result<std::vector<risk::Matured>> TakeMatured(stream::Context& context, const Book& book,
                                                             std::int64_t& matured);

}  // namespace mainstay::cadence
