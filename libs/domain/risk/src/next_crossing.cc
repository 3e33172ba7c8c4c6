#include "mainstay/risk/next_crossing.h"

#include <algorithm>
#include <span>
#include <vector>

namespace mainstay::risk {
namespace {

constexpr std::chrono::seconds kCrossingPrecision{1};
constexpr std::chrono::weeks kStretch{1};  // Short enough for bounds to be close, long enough to be few.

template <class Changes>
Instant Bisect(Instant before, Instant after, const Changes& changes) {
  while (after - before > kCrossingPrecision) {
    const Instant middle = before + (after - before) / 2;
    (changes(middle) ? after : before) = middle;
  }
  return after;
}

// Where to look after `from`, ascending: every day from `now` on, where a signal or a rule has a step or a kink, and
// the end.
std::vector<Instant> Looks(const ChurnCurve& curve, const std::vector<RuleCondition>& conditions, Instant now,
                           Instant from, Instant end) {
  std::vector<Instant> looks = SignalBreaks(curve.facts().signals, from, end);
  for (const RuleCondition& condition : conditions) {
    if (condition.until) looks.push_back(*condition.until);
  }
  const auto passed = (from - now) / std::chrono::days{1};
  for (Instant day = now + std::chrono::days{passed + 1}; day <= end; day += std::chrono::days{1}) looks.push_back(day);
  looks.push_back(end);
  std::erase_if(looks, [&](Instant at) { return at <= from || at > end; });
  std::sort(looks.begin(), looks.end());
  looks.erase(std::unique(looks.begin(), looks.end()), looks.end());
  return looks;
}

// Everything that decides a change.
struct Watch {
  const ChurnCurve& curve;
  const RiskState& state;
  const LevelPolicy& policy;
  const std::vector<RuleCondition> conditions;

  [[nodiscard]] bool Changes(Instant t) const { return WouldChange(state, curve.StandingAt(t), conditions, policy, t); }

  // True if it is certain at a glance that nothing changes in (from, to], where nothing does at `from`.
  [[nodiscard]] bool StaysAsItIs(Instant from, Instant to) const {
    const auto turns = [&](Instant at) { return at > from && at <= to; };
    for (const RuleCondition& condition : conditions) {
      if (turns(condition.from) || (condition.until && turns(*condition.until))) return false;
    }
    if (!curve.IsBounded(from, to) || WouldChange(state, curve.Most(from, to), conditions, policy, to)) return false;
    const bool at_bottom = state.level == RiskLevel::kLow && !state.early_warning;
    return at_bottom || !WouldChange(state, curve.Least(from, to), conditions, policy, to);
  }

  // An instant up to which nothing changes, `end` if nothing does at all.
  [[nodiscard]] Instant CertainUntil(Instant now, Instant end) const {
    Instant until = now;
    while (until < end && StaysAsItIs(until, std::min(until + kStretch, end))) until = std::min(until + kStretch, end);
    return until;
  }

  // The first of `looks` at which something changes, after `before` at which nothing does; the number of looks if
  // nothing does.
  [[nodiscard]] std::size_t FirstChange(std::span<const Instant> looks, Instant before) const {
    if (looks.size() <= 1) return !looks.empty() && Changes(looks[0]) ? 0 : looks.size();
    const std::size_t half = looks.size() / 2;
    const auto first = looks.first(half);
    if (!StaysAsItIs(before, first.back())) {
      const std::size_t found = FirstChange(first, before);
      if (found < half) return found;
    }
    return half + FirstChange(looks.subspan(half), first.back());
  }
};

}  // namespace

Crossing NextCrossing(const ChurnCurve& curve, const RiskState& state, const LevelPolicy& policy, Instant now,
                      std::optional<Instant> armed) {
  const bool waits = armed && *armed > now && *armed < now + kLookAhead;
  const Instant end = waits ? *armed : now + kLookAhead;
  const Watch watch{curve, state, policy, RuleConditions(curve.facts().signals)};
  const auto crossing = [&](Instant before, Instant after) -> Crossing {
    const bool at_the_end =
        after == end && end - kCrossingPrecision > before && !watch.Changes(end - kCrossingPrecision);
    return {at_the_end ? end : Bisect(before, after, [&](Instant t) { return watch.Changes(t); }), true};
  };

  // Once there is something to say it stays so: the excess only rises, and an overdue, the only rule there can be,
  // does not end by time. So the end of the window tells.
  if (curve.NeverFalls()) {
    if (!watch.Changes(end)) return {end, false};
    return watch.Changes(now) ? Crossing{now, true} : crossing(now, end);
  }
  // As a rule nothing changes before the end, where the crossing may be that the timer waits for.
  const bool may_cross = waits && end - kCrossingPrecision > now;
  if (watch.StaysAsItIs(now, may_cross ? end - kCrossingPrecision : end)) {
    return {end, may_cross && watch.Changes(end)};
  }
  const Instant certain = watch.CertainUntil(now, end);
  if (certain == end) return {end, false};
  if (watch.Changes(now)) return {now, true};
  const std::vector<Instant> looks = Looks(curve, watch.conditions, now, certain, end);
  const std::size_t found = watch.FirstChange(looks, certain);
  if (found == looks.size()) return {end, false};
  return crossing(found == 0 ? certain : looks[found - 1], looks[found]);
}

}  // namespace mainstay::risk
