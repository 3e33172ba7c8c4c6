// What a call can be about: open goals, offers, promises.
#pragma once

#include <string>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "state.h"

namespace mainstay::cadence {

inline constexpr std::chrono::days kOfferTalkedAbout{90};

// GoalSet, OfferMade, PromiseMade and a promise's end; other events are nothing to it.
[[nodiscard]] Result<void> FoldTopics(stream::Context& context, const BookId& book, const InEvent& event);

// What is open on `day`, newest first: "goal: faster onboarding", "offer: p1, p2", "promise: a quote by 2026-01-05".
[[nodiscard]] Result<std::vector<std::string>> TopicsOn(const stream::Snapshot& snapshot, const BookId& book,
                                                        const ClientId& client, Day day);

}  // namespace mainstay::cadence
