#include "mainstay/cadence/goals.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "mainstay/base/check.h"

namespace mainstay::cadence {
namespace {

constexpr double kNearly = 1e-9;  // Of what was to move: rounding puts nobody behind plan.

void Freeze(Goal& goal, Instant at) {
  if (!goal.frozen_at || at < *goal.frozen_at) goal.frozen_at = at;
}

std::map<Day, double> Points(const Goal& goal, const ZoneRules& zone) {
  const GoalSet& plan = *goal.plan;
  std::map<Day, double> points;
  for (const GoalPoint& point : plan.projection) points[point.date] = point.value;
  points.try_emplace(zone.LocalDay(goal.first_set_at), plan.baseline);
  points.try_emplace(plan.target_date, plan.target);
  return points;
}

}  // namespace

GoalAnswer SetGoal(Goal& goal, const GoalSet& plan, Instant at, const EventId& event) {
  const bool standing = goal.plan.has_value();
  if (goal.frozen_at && standing && at > *goal.frozen_at) {
    return *goal.plan == plan ? GoalAnswer::kAlreadySeen : GoalAnswer::kFrozen;
  }
  if (!standing || std::tie(at, event) < std::tie(goal.first_set_at, goal.first_set_event)) {
    goal.first_set_at = at;
    goal.first_set_event = event;
  }
  if (standing && std::tie(at, event) < std::tie(goal.set_at, goal.set_event)) return GoalAnswer::kOlder;
  goal.plan = plan;
  goal.set_at = at;
  goal.set_event = event;
  return GoalAnswer::kTaken;
}

bool Measure(Goal& goal, const Measurement& measurement) {
  const auto later = [](const Measurement& a, const Measurement& b) {
    return std::tie(a.at, a.event) < std::tie(b.at, b.event);
  };
  const auto place = std::lower_bound(goal.measurements.begin(), goal.measurements.end(), measurement, later);
  if (place != goal.measurements.end() && place->at == measurement.at && place->event == measurement.event)
    return false;
  goal.measurements.insert(place, measurement);
  if (goal.measurements.size() > kKeptMeasurements) goal.measurements.erase(goal.measurements.begin());
  Freeze(goal, measurement.at);
  return true;
}

void Review(Goal& goal, Instant at, const EventId& event, bool with_management) {
  Freeze(goal, at);
  if (!with_management) return;
  if (goal.reviewed_at && std::tie(at, event) <= std::tie(*goal.reviewed_at, goal.reviewed_by)) return;
  goal.reviewed_at = at;
  goal.reviewed_by = event;
}

GoalStatus StatusOf(const Goal& goal, const ZoneRules& zone) {
  MAINSTAY_CHECK(goal.plan.has_value(), "a goal nobody has set has no status");
  if (goal.reviewed_at && zone.LocalDay(*goal.reviewed_at) >= goal.plan->target_date) return GoalStatus::kClosed;
  return goal.frozen_at ? GoalStatus::kActive : GoalStatus::kDraft;
}

double Projected(const Goal& goal, Day date, const ZoneRules& zone) {
  MAINSTAY_CHECK(goal.plan.has_value(), "a goal nobody has set has no projection");
  const std::map<Day, double> points = Points(goal, zone);
  const auto next = points.lower_bound(date);
  if (next == points.end()) return points.rbegin()->second;
  if (next->first == date || next == points.begin()) return next->second;
  const auto& [from, low] = *std::prev(next);
  const auto& [to, high] = *next;
  const double part = static_cast<double>((date - from).count()) / static_cast<double>((to - from).count());
  return low * (1 - part) + high * part;  // Never leaves the range of double, as high - low can.
}

GoalStanding StandingOf(const Goal& goal, const Measurement& measurement, const ZoneRules& zone) {
  const GoalSet& plan = *goal.plan;
  GoalStanding standing;
  standing.projected = Projected(goal, zone.LocalDay(measurement.at), zone);
  // Halves, so that numbers near the ends of double stay finite.
  const double planned = standing.projected / 2 - plan.baseline / 2;
  const double moved = measurement.value / 2 - plan.baseline / 2;
  if (planned == 0) {
    standing.behind = plan.target >= plan.baseline ? moved < 0 : moved > 0;
    return standing;
  }
  const double share = moved / planned;
  if (std::isfinite(share * 100)) standing.progress = share * 100;
  standing.behind = share < 1 - kNearly;
  return standing;
}

std::vector<BehindSpan> BehindPlan(const Goal& goal, const ZoneRules& zone) {
  std::vector<BehindSpan> spans;
  if (!goal.plan) return spans;
  for (const Measurement& measurement : goal.measurements) {
    const bool open = !spans.empty() && !spans.back().until;
    if (StandingOf(goal, measurement, zone).behind) {
      if (!open) spans.push_back({measurement.event, measurement.at, {}});
    } else if (open) {
      spans.back().until = measurement.at;
    }
  }
  const bool open = !spans.empty() && !spans.back().until;
  if (open && StatusOf(goal, zone) == GoalStatus::kClosed) {
    spans.back().until = std::max(spans.back().from, *goal.reviewed_at);
  }
  return spans;
}

}  // namespace mainstay::cadence
