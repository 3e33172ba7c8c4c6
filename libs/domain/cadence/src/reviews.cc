#include "mainstay/cadence/reviews.h"

#include <algorithm>

#include "mainstay/base/check.h"
#include "mainstay/cadence/interval.h"

namespace mainstay::cadence {
namespace {

struct GoalReview {
  GoalId goal;
  ReviewDay day;
};

std::vector<GoalReview> ReviewsOf(const std::vector<Goal>& goals, Tier tier, const ZoneRules& zone,
                                  const WorkCalendar& calendar) {
  std::vector<GoalReview> reviews;
  for (const Goal& goal : goals) {
    if (!goal.plan || StatusOf(goal, zone) == GoalStatus::kClosed) continue;
    const bool reviewed = goal.reviewed_at && *goal.reviewed_at >= goal.first_set_at;
    const Day from = zone.LocalDay(reviewed ? *goal.reviewed_at : goal.first_set_at);
    const Day due = calendar.NextWorkingDay(AddMonths(from, tier == Tier::kC ? 12 : 3));
    reviews.push_back({goal.id, {due, reviewed ? goal.reviewed_by : goal.first_set_event}});
  }
  return reviews;
}

const GoalReview* First(const std::vector<GoalReview>& reviews) {
  const auto first = std::min_element(reviews.begin(), reviews.end(), [](const GoalReview& a, const GoalReview& b) {
    return a.day.due != b.day.due ? a.day.due < b.day.due : a.goal < b.goal;
  });
  return first == reviews.end() ? nullptr : &*first;
}

std::vector<GoalId> DueBy(const std::vector<GoalReview>& reviews, Day day) {
  std::vector<GoalId> goals;
  for (const GoalReview& review : reviews) {
    if (review.day.due <= day) goals.push_back(review.goal);
  }
  std::sort(goals.begin(), goals.end());
  return goals;
}

// What ends an overdue review is a review, unless the client has no cadence any more.
Instant EndedAt(const std::vector<Goal>& goals, Tier tier, Instant now) {
  std::optional<Instant> held;
  for (const Goal& goal : goals) {
    if (tier != Tier::kNone && goal.reviewed_at) held = std::max(held.value_or(*goal.reviewed_at), *goal.reviewed_at);
  }
  return held.value_or(now);
}

// A goal is not reviewed yet that the open review waits for; days that a calendar moves do not end it.
bool GoesOn(const OpenReview& open, const std::vector<GoalReview>& reviews, Day today) {
  return std::any_of(reviews.begin(), reviews.end(), [&](const GoalReview& review) {
    return review.day.cause == open.cause || review.day.due <= today;
  });
}

}  // namespace

std::optional<ReviewDay> NextReview(const std::vector<Goal>& goals, Tier tier, const ZoneRules& zone,
                                    const WorkCalendar& calendar) {
  const std::vector<GoalReview> reviews = ReviewsOf(goals, tier, zone, calendar);
  const GoalReview* first = First(reviews);
  return first == nullptr ? std::nullopt : std::optional(first->day);
}

ReviewDecision DecideReview(const std::optional<OpenReview>& open, const std::vector<Goal>& goals, Tier tier,
                            const Situation& situation) {
  MAINSTAY_CHECK(!situation.importing, "reviews are decided when the import is over");
  const ZoneRules& zone = situation.zone;
  const Day today = zone.LocalDay(situation.now);
  std::vector<GoalReview> reviews;
  if (tier != Tier::kNone) reviews = ReviewsOf(goals, tier, zone, situation.calendar);
  const GoalReview* first = First(reviews);
  ReviewDecision decision;
  decision.next = open;
  if (open && !GoesOn(*open, reviews, today)) {
    if (open->overdue_since) decision.ended = EndedReview{*open, EndedAt(goals, tier, situation.now)};
    decision.next.reset();
  }
  if (first == nullptr) return decision;
  if (!decision.next) {
    const Instant due_at = zone.StartOfDay(first->day.due);
    if (due_at > situation.now) {
      decision.next_timer = due_at;
      return decision;
    }
    decision.next = OpenReview{first->day.due, first->day.cause, situation.now, {}};
    decision.facts.emplace_back(ReviewFellDue{DueBy(reviews, today), first->day.due});
  }
  if (decision.next->overdue_since) return decision;
  const Instant overdue = zone.StartOfDay(situation.calendar.NextWorkingDay(decision.next->due + kReviewGrace));
  if (overdue > situation.now) {
    decision.next_timer = overdue;
    return decision;
  }
  decision.next->overdue_since = overdue;
  decision.facts.emplace_back(ReviewBecameOverdue{DueBy(reviews, today), decision.next->due});
  return decision;
}

}  // namespace mainstay::cadence
