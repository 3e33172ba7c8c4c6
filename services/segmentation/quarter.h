// What happens when a quarter ends: where everybody stood is kept, and the review proposes who is served less.
// Shard thread only.
#pragma once

#include <string>
#include <string_view>

#include "book_work.h"

namespace mainstay::segmentation {

// "2026-Q1", of the UTC day. Sorts by time.
[[nodiscard]] std::string QuarterOf(Day day);
[[nodiscard]] Day FirstDayOf(const std::string& quarter);
[[nodiscard]] std::string QuarterBefore(const std::string& quarter);

[[nodiscard]] Result<void> BeginQuarters(BookWork& work);
// One step of the end of a quarter.
[[nodiscard]] Result<void> OnQuarter(BookWork& work, const stream::Timer& timer);

// A person's answer to a proposal: a SegmentationCommand. Errors: no such proposal, no such decision, no reason.
[[nodiscard]] Result<void> DecideReview(stream::Context& context, LiveBooks& live, std::string_view command);

}  // namespace mainstay::segmentation
