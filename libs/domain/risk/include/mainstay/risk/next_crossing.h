// When must a client be looked at again if nothing happens? The durable timer of the churn score.
#pragma once

#include <optional>

#include "mainstay/base/instant.h"
#include "mainstay/risk/level.h"
#include "mainstay/risk/score.h"

namespace mainstay::risk {

inline constexpr std::chrono::days kLookAhead{35};

// When to evaluate again: the next instant after `now` at which Evaluate() gives a fact by time alone (the excess
// crosses a limit, with hysteresis; a rule condition ends; a decay or a deadline changes what a signal says), or the
// end of kLookAhead if none comes before.
//
// Looks at every day up to kLookAhead, and at each instant where a signal has a step, then for the first full second
// between two looks: evaluating there gives the fact, one second earlier does not. A change that comes and goes between
// two looks is not seen; the levels before and after it are the same. Where the excess can only rise, one look at the
// end decides; stretches in which bounds of what it can be show that nothing changes are skipped.
//
// `armed` is where the timer stands. While that is still ahead it is looked at no further: whatever comes later is
// found then, and a timer that stays where it is costs nothing.
//
// REQUIRES: `state` was evaluated at `now` with the same facts, or is the one of a client at LOW whom nothing holds up
// (RiskState{}): then the answer is `now` if a fact is due, and if it is later there is none.
[[nodiscard]] Instant NextCrossing(const ChurnCurve& curve, const RiskState& state, const LevelPolicy& policy,
                                   Instant now, std::optional<Instant> armed = std::nullopt);

}  // namespace mainstay::risk
