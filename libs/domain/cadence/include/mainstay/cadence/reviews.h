// When a client's goals must be gone through with its management, and what if nobody does.
//
//             due day                      due + 14 days
//   [quiet] -----------> [due] -------------------------------> [overdue]
//      ^   ReviewFellDue   |         ReviewBecameOverdue            |
//      +-------------------+----- held with management, no goal ----+
//                                 open any more, no cadence
//
// Pure. A goal is due for review a quarter (A and B) or a year (C) after it was set or last reviewed with the client's
// management, on the client's wall, moved to the next working day of the book; the client's review is due when its
// first open goal is. Months are clamped to their end: a year after 29 February is 28 February. A review without an
// attendee from management leaves everything as it is. An open review keeps its day when the tier changes.
#pragma once

#include <chrono>
#include <optional>
#include <variant>
#include <vector>

#include "mainstay/cadence/goals.h"
#include "mainstay/cadence/plan.h"
#include "mainstay/vocabulary/out_events.h"

namespace mainstay::cadence {

inline constexpr std::chrono::days kReviewGrace{14};

// A review that is due.
struct OpenReview {
  Day due{};
  EventId cause;        // What its day counts from: the goal, or the review before.
  Instant opened_at{};  // Names the episode together with the cause.
  std::optional<Instant> overdue_since;
  friend bool operator==(const OpenReview&, const OpenReview&) = default;
};

// How a review that was overdue came to its end.
struct EndedReview {
  OpenReview review;
  Instant at{};  // When it was held (perhaps before it was overdue: it was reported late), or else what ended it.
};

using ReviewFact = std::variant<ReviewFellDue, ReviewBecameOverdue>;

struct ReviewDecision {
  std::optional<OpenReview> next;
  std::vector<ReviewFact> facts;     // In order.
  std::optional<EndedReview> ended;  // Only of one that was overdue.
  std::optional<Instant> next_timer;
};

// When the next review is due, and for what cause; absent without an open goal. REQUIRES: a tier other than kNone.
struct ReviewDay {
  Day due{};
  EventId cause;
};
[[nodiscard]] std::optional<ReviewDay> NextReview(const std::vector<Goal>& goals, Tier tier, const ZoneRules& zone,
                                                  const WorkCalendar& calendar);

// What has passed by situation.now. REQUIRES: !situation.importing.
[[nodiscard]] ReviewDecision DecideReview(const std::optional<OpenReview>& open, const std::vector<Goal>& goals,
                                          Tier tier, const Situation& situation);

}  // namespace mainstay::cadence
