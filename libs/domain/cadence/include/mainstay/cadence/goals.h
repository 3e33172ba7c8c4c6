// A goal: the projection that made the client sign, what was measured against it, and whether it is on plan.
//
// Pure. A goal is a draft until its first measurement or review freezes it: then its plan never changes again. Facts
// may arrive in any order: a measurement or review of a goal that nobody has set yet waits for it.
//
// The projection is a line through (day it was first set, baseline), the points given and (target date, target); a
// point given for one of these days stands instead, of two for one day the last one. Before and after it is level.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/relation_events.h"
#include "mainstay/vocabulary/zone.h"

namespace mainstay::cadence {

inline constexpr std::size_t kKeptMeasurements = 64;  // Of a goal, the newest.

struct Measurement {
  Instant at{};
  EventId event;
  double value = 0;
  friend bool operator==(const Measurement&, const Measurement&) = default;
};

struct Goal {
  GoalId id;
  std::optional<GoalSet> plan;  // Absent: only measured or reviewed so far.
  Instant set_at{};             // Of the plan that stands.
  EventId set_event;
  Instant first_set_at{};  // Where the projection begins and the first review counts from.
  EventId first_set_event;
  std::optional<Instant> frozen_at;       // The earliest measurement or review.
  std::vector<Measurement> measurements;  // By time, then event.
  std::optional<Instant> reviewed_at;     // The newest review with the client's management ...
  EventId reviewed_by;                    // ... and its event.
  friend bool operator==(const Goal&, const Goal&) = default;
};

enum class GoalAnswer : std::uint8_t {
  kTaken,
  kOlder,        // A draft that a newer one has replaced already.
  kAlreadySeen,  // The frozen plan, said again.
  kFrozen,       // Another plan under the id of a goal that is frozen: refused.
};

// Of two plans under one id the newer stands as long as the goal is a draft. One that arrives after the goal was
// frozen, but was said before, counts as a draft.
[[nodiscard]] GoalAnswer SetGoal(Goal& goal, const GoalSet& plan, Instant at, const EventId& event);
// False: known already.
bool Measure(Goal& goal, const Measurement& measurement);
void Review(Goal& goal, Instant at, const EventId& event, bool with_management);

enum class GoalStatus : std::uint8_t { kDraft, kActive, kClosed };
// Closed: reviewed with management on or after its target date. REQUIRES: there is a plan.
[[nodiscard]] GoalStatus StatusOf(const Goal& goal, const ZoneRules& zone);

// REQUIRES: there is a plan.
[[nodiscard]] double Projected(const Goal& goal, Day date, const ZoneRules& zone);

// A measurement against the projection of its own day.
struct GoalStanding {
  double projected = 0;
  // 100 (value - baseline) / (projected - baseline); absent if nothing was to have moved by that day.
  std::optional<double> progress;
  bool behind = false;
};
// REQUIRES: there is a plan.
[[nodiscard]] GoalStanding StandingOf(const Goal& goal, const Measurement& measurement, const ZoneRules& zone);

// From a measurement that is behind plan to the next one that is not, or to the review that closes the goal.
struct BehindSpan {
  EventId event;
  Instant from{};
  std::optional<Instant> until;
  friend bool operator==(const BehindSpan&, const BehindSpan&) = default;
};
[[nodiscard]] std::vector<BehindSpan> BehindPlan(const Goal& goal, const ZoneRules& zone);

}  // namespace mainstay::cadence
