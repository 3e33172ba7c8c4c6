// What happens when a quarter ends: where everybody stood is kept, and the review proposes who is served less.
// Shard thread only.
#pragma once

#include <string>
#include <string_view>

#include "book_work.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::segmentation {

// "2026-Q1", of the UTC day. Sorts by time.
[[nodiscard]] std::string QuarterOf(Day day);
[[nodiscard]] Day FirstDayOf(const std::string& quarter);
[[nodiscard]] std::string QuarterBefore(const std::string& quarter);

// Keys on `segments` beside a client's own: its newest proposal and its newest decision.
inline constexpr std::string_view kProposed = "proposed";
inline constexpr std::string_view kDecided = "decided";
[[nodiscard]] inline std::string ReviewKey(const BookId& book, const ClientId& client, std::string_view what) {
  return stream::JoinKey({book.raw(), client.raw(), what});
}

[[nodiscard]] Result<void> BeginQuarters(BookWork& work);
// One step of the end of a quarter.
[[nodiscard]] Result<void> OnQuarter(BookWork& work, const stream::Timer& timer);

// A person's answer to a proposal: a SegmentationCommand. Errors: no such proposal, no such decision, no reason.
[[nodiscard]] Result<void> DecideReview(stream::Context& context, LiveBooks& live, std::string_view command);

}  // namespace mainstay::segmentation
