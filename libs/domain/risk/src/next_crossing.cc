#include "mainstay/risk/next_crossing.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace mainstay::risk {
namespace {

constexpr std::chrono::seconds kCrossingPrecision{1};
constexpr std::chrono::weeks kStretch{1};  // Short enough for bounds to be close, long enough to be few.
constexpr int kGuesses = 8;                // As a rule four find the second; after so many, halves.

Instant FullSecondFrom(Instant t) { return std::chrono::ceil<std::chrono::seconds>(t); }

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

// By how much the excess misses the limit it crosses between two instants, at both: where a straight line between
// them meets it, the crossing is near.
class Margins {
 public:
  Margins(double before, double after, double limit) : before_(before - limit), after_(after - limit), limit_(limit) {}

  // As a part of the way from the one to the other.
  [[nodiscard]] double Part() const {
    const double part = before_ / (before_ - after_);
    return part >= 0 && part <= 1 ? part : 0.5;
  }

  // One of the two has moved to where the excess is `excess`. The other's margin counts half when it stays twice, so
  // that a bent curve is closed in on from both sides (the Illinois rule).
  void Narrow(bool after, double excess) {
    double& moved = after ? after_ : before_;
    double& stayed = after ? before_ : after_;
    moved = excess - limit_;
    if (after_moved_ == after) stayed /= 2;
    after_moved_ = after;
  }

 private:
  double before_;
  double after_;
  double limit_;
  std::optional<bool> after_moved_;
};

// Everything that decides a change.
class Watch {
 public:
  Watch(const ChurnCurve& curve, const RiskState& state, const LevelPolicy& policy)
      : curve_(curve), state_(state), policy_(policy), conditions_(RuleConditions(curve.facts().signals)) {}

  [[nodiscard]] const std::vector<RuleCondition>& conditions() const { return conditions_; }

  [[nodiscard]] bool Changes(Instant t) { return WouldChange(state_, StandingAt(t), conditions_, policy_, t); }

  // True if it is certain at a glance that nothing changes in (from, to], where nothing does at `from`.
  [[nodiscard]] bool StaysAsItIs(Instant from, Instant to) {
    const auto turns = [&](Instant at) { return at > from && at <= to; };
    for (const RuleCondition& condition : conditions_) {
      if (turns(condition.from) || (condition.until && turns(*condition.until))) return false;
    }
    if (!curve_.IsBounded(from, to)) return false;
    LookAtBoth(from, to);
    if (WouldChange(state_, curve_.Most(from_, to_), conditions_, policy_, to)) return false;
    const bool at_bottom = state_.level == RiskLevel::kLow && !state_.early_warning;
    return at_bottom || !WouldChange(state_, curve_.Least(from_, to_), conditions_, policy_, to);
  }

  // The first full second after `before`, at which nothing changes, at which something does; `after`, at which
  // something does, if none comes before it. One answer wherever the search begins, so a crossing that has not moved
  // keeps its instant. The excess is smooth between two looks, so where it meets the limit is guessed.
  [[nodiscard]] Instant FirstChange(Instant before, Instant after) {
    const double start = StandingAt(before).excess;
    const double end = StandingAt(after).excess;
    const std::optional<double> limit = LimitBetween(state_.level, start, end, policy_);
    const int guesses = limit ? kGuesses : 0;  // Without one something else changes: halves.
    Margins margins(start, end, limit.value_or(0));
    for (int looks = 0;; ++looks) {
      const Instant first = FullSecondFrom(before + Duration{1});
      const Instant last = FullSecondFrom(after) - kCrossingPrecision;
      if (first > last) return after;
      const double part = looks < guesses ? margins.Part() : 0.5;
      const auto ahead = Duration{static_cast<Duration::rep>(part * static_cast<double>((after - before).count()))};
      const Instant at = std::clamp<Instant>(FullSecondFrom(before + ahead), first, last);
      const Standing standing = curve_.StandingAt(at);
      const bool changes = WouldChange(state_, standing, conditions_, policy_, at);
      margins.Narrow(changes, standing.excess);
      (changes ? after : before) = at;
    }
  }

  // An instant up to which nothing changes, `end` if nothing does at all.
  [[nodiscard]] Instant CertainUntil(Instant now, Instant end) {
    Instant until = now;
    while (until < end && StaysAsItIs(until, std::min(until + kStretch, end))) until = std::min(until + kStretch, end);
    return until;
  }

  // The first of `looks` at which something changes, after `before` at which nothing does; the number of looks if
  // nothing does.
  [[nodiscard]] std::size_t FirstOf(std::span<const Instant> looks, Instant before) {
    if (looks.size() <= 1) return !looks.empty() && Changes(looks[0]) ? 0 : looks.size();
    const std::size_t half = looks.size() / 2;
    const auto first = looks.first(half);
    if (!StaysAsItIs(before, first.back())) {
      const std::size_t found = FirstOf(first, before);
      if (found < half) return found;
    }
    return half + FirstOf(looks.subspan(half), first.back());
  }

 private:
  // Many are asked for of the ends of the stretch looked at last.
  [[nodiscard]] Standing StandingAt(Instant t) {
    if (from_.at == t) return curve_.StandingOf(from_);
    if (to_.at == t) return curve_.StandingOf(to_);
    return curve_.StandingAt(t);
  }

  // Most stretches begin where the one looked at before them began or ended.
  void LookAtBoth(Instant from, Instant to) {
    if (to_.at == from) std::swap(from_, to_);
    if (from_.at != from) from_ = curve_.LookAt(from);
    if (to_.at != to) to_ = curve_.LookAt(to);
  }

  const ChurnCurve& curve_;
  const RiskState& state_;
  const LevelPolicy& policy_;
  const std::vector<RuleCondition> conditions_;
  ChurnCurve::Look from_{Instant::min()};
  ChurnCurve::Look to_{Instant::min()};
};

}  // namespace

Instant NextCrossing(const ChurnCurve& curve, const RiskState& state, const LevelPolicy& policy, Instant now,
                     std::optional<Instant> armed) {
  const bool waits = armed && *armed > now && *armed < now + kLookAhead;
  const Instant end = waits ? *armed : now + kLookAhead;
  Watch watch{curve, state, policy};
  // What the timer waits for may be where it stands: only what comes before that moves it.
  const Instant last = waits && end - kCrossingPrecision > now ? end - kCrossingPrecision : end;

  // Once there is something to say it stays so: the excess only rises, and an overdue, the only rule there can be,
  // does not end by time. So the end of the window tells.
  if (curve.NeverFalls()) {
    if (!watch.Changes(last)) return end;
    return watch.Changes(now) ? now : watch.FirstChange(now, last);
  }
  if (watch.StaysAsItIs(now, last)) return end;
  const Instant certain = watch.CertainUntil(now, last);
  if (certain == last) return end;
  if (watch.Changes(now)) return now;
  const std::vector<Instant> looks = Looks(curve, watch.conditions(), now, certain, last);
  const std::size_t found = watch.FirstOf(looks, certain);
  if (found == looks.size()) return end;
  return watch.FirstChange(found == 0 ? certain : looks[found - 1], looks[found]);
}

}  // namespace mainstay::risk
