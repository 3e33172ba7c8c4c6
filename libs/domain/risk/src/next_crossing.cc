#include "mainstay/risk/next_crossing.h"

#include <algorithm>
#include <vector>

namespace mainstay::risk {
namespace {

constexpr std::chrono::seconds kCrossingPrecision{1};

template <class Changes>
Instant Bisect(Instant before, Instant after, const Changes& changes) {
  while (after - before > kCrossingPrecision) {
    const Instant middle = before + (after - before) / 2;
    (changes(middle) ? after : before) = middle;
  }
  return after;
}

// Where to look, ascending: every day, and where a signal or a rule has a step or a kink.
std::vector<Instant> Looks(const ChurnCurve& curve, const std::vector<RuleCondition>& conditions, Instant now,
                           Instant end) {
  std::vector<Instant> looks = SignalBreaks(curve.facts().signals, now, end);
  for (const RuleCondition& condition : conditions) {
    if (condition.until) looks.push_back(*condition.until);
  }
  for (Instant day = now + std::chrono::days{1}; day <= end; day += std::chrono::days{1}) looks.push_back(day);
  std::erase_if(looks, [&](Instant at) { return at <= now || at > end; });
  std::sort(looks.begin(), looks.end());
  looks.erase(std::unique(looks.begin(), looks.end()), looks.end());
  return looks;
}

// True if it is certain at a glance that nothing changes after `now`, where nothing does, up to `end`.
bool StaysAsItIs(const ChurnCurve& curve, const RiskState& state, const std::vector<RuleCondition>& conditions,
                 const LevelPolicy& policy, Instant now, Instant end) {
  const auto turns = [&](Instant at) { return at > now && at <= end; };
  for (const RuleCondition& condition : conditions) {
    if (turns(condition.from) || (condition.until && turns(*condition.until))) return false;
  }
  const std::optional<ChurnCurve::Range> range = curve.RangeWithin(now, end);
  return range && !WouldChange(state, range->least, conditions, policy, end) &&
         !WouldChange(state, range->most, conditions, policy, end);
}

}  // namespace

Crossing NextCrossing(const ChurnCurve& curve, const RiskState& state, const LevelPolicy& policy, Instant now,
                      std::optional<Instant> armed) {
  const bool waits = armed && *armed > now && *armed < now + kLookAhead;
  const Instant end = waits ? *armed : now + kLookAhead;
  const std::vector<RuleCondition> conditions = RuleConditions(curve.facts().signals);
  const auto changes = [&](Instant t) { return WouldChange(state, curve.StandingAt(t), conditions, policy, t); };
  if (changes(now)) return {now, true};
  const auto crossing = [&](Instant before, Instant after) -> Crossing {
    const bool at_the_end = after == end && end - kCrossingPrecision > before && !changes(end - kCrossingPrecision);
    return {at_the_end ? end : Bisect(before, after, changes), true};
  };

  // Once there is something to say it stays so: the excess only rises, and an overdue, the only rule there can be,
  // does not end by time. So the end of the window tells.
  if (curve.NeverFalls()) {
    if (!changes(end)) return {end, false};
    return crossing(now, end);
  }
  if (StaysAsItIs(curve, state, conditions, policy, now, end)) return {end, false};
  Instant before = now;
  for (const Instant look : Looks(curve, conditions, now, end)) {
    if (changes(look)) return crossing(before, look);
    before = look;
  }
  if (before < end && changes(end)) return crossing(before, end);
  return {end, false};
}

}  // namespace mainstay::risk
