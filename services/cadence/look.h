// A book's weekly look at itself: labels of the snapshots that have matured, new snapshots of the clients whose week
// it is, and the orders of all clients, from which learning.h makes a new version of the parameters or not. With a new
// version every client is scored again (sweep.h).
//
// Taken by the timer kModelTimer once a stream week, and at the end of an import. It goes through the clients in steps
// of some thousands, each a step of the shard: kLookTimer carries how far it has come, kLook what the steps before
// found.
//
// Shard thread.
#pragma once

#include "book.h"
#include "mainstay/stream/processor.h"
#include "state.h"

namespace mainstay::cadence {

inline constexpr std::chrono::weeks kModelEvery{1};

// Sets the book's timer if it has none; the caller stores the book. True if it did.
[[nodiscard]] Result<bool> ArmModelTimer(stream::Context& context, Book& book);
// The timer fired.
[[nodiscard]] Result<void> OnModelTimer(stream::Context& context, Book book, const EventRef& cause);
[[nodiscard]] Result<void> OnLookTimer(stream::Context& context, Book book, const stream::Timer& timer);
// An import ends: a look without new snapshots, then the import's sweep. The caller stores the book.
[[nodiscard]] Result<void> LookAfterImport(stream::Context& context, Book& book, const EventRef& cause);

}  // namespace mainstay::cadence
