#include "mainstay/risk/next_crossing.h"

#include <algorithm>
#include <vector>

namespace mainstay::risk {
namespace {

constexpr std::chrono::seconds kPrecision{1};

template <class Changes>
Instant Bisect(Instant before, Instant after, const Changes& changes) {
  while (after - before > kPrecision) {
    const Instant middle = before + (after - before) / 2;
    (changes(middle) ? after : before) = middle;
  }
  return after;
}

// Where to look, ascending: days, and where something has a step (just before it and on it, so that no bisection
// straddles one).
std::vector<Instant> Looks(const ChurnCurve& curve, const std::vector<RuleCondition>& conditions, Instant now,
                           Instant end) {
  std::vector<Instant> steps = SignalBreaks(curve.facts().signals, now, end);
  for (const RuleCondition& condition : conditions) {
    steps.push_back(condition.from);
    if (condition.until) steps.push_back(*condition.until);
  }
  if (curve.facts().orders) steps.push_back(curve.facts().orders->last_day_ends_at);
  std::vector<Instant> looks;
  looks.reserve(2 * steps.size() + 36);
  for (const Instant step : steps) {
    looks.push_back(step - Duration{1});
    looks.push_back(step);
  }
  for (Instant day = now + std::chrono::days{1}; day <= end; day += std::chrono::days{1}) looks.push_back(day);
  std::erase_if(looks, [&](Instant at) { return at <= now || at > end; });
  std::sort(looks.begin(), looks.end());
  looks.erase(std::unique(looks.begin(), looks.end()), looks.end());
  return looks;
}

}  // namespace

Crossing NextCrossing(const ChurnCurve& curve, const RiskState& state, const LevelPolicy& policy, Instant now) {
  const Instant end = now + kLookAhead;
  const std::vector<RuleCondition> conditions = RuleConditions(curve.facts().signals);
  const auto changes = [&](Instant t) { return WouldChange(state, curve.Excess(t), conditions, policy, t); };
  if (changes(now)) return {now, true};

  // Rising only, and no rule opens or ends by time: the level can only rise, and the end of the window tells.
  const bool fixed_rules = std::all_of(conditions.begin(), conditions.end(), [&](const RuleCondition& condition) {
    return condition.from <= now && !condition.until;
  });
  if (curve.NeverFalls() && fixed_rules) {
    if (!changes(end)) return {end, false};
    return {Bisect(now, end, changes), true};
  }
  Instant before = now;
  for (const Instant look : Looks(curve, conditions, now, end)) {
    if (changes(look)) return {Bisect(before, look, changes), true};
    before = look;
  }
  return {end, false};
}

}  // namespace mainstay::risk
