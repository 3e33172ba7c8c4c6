#include "mainstay/risk/level.h"

#include <algorithm>
#include <cmath>

#include "mainstay/base/hash.h"

namespace mainstay::risk {
namespace {

bool KnownOpen(const RiskState& state, const RuleCondition& condition) {
  return std::any_of(state.open.begin(), state.open.end(), [&](const RuleCondition& open) {
    return open.kind == condition.kind && open.event == condition.event;
  });
}

// The excess from which a client now at `level` is at `wanted`, which is above LOW.
double LimitOf(RiskLevel wanted, RiskLevel level, const LevelPolicy& policy) {
  const double limit = wanted == RiskLevel::kHigh ? policy.high : policy.elevated;
  return level >= wanted ? limit - policy.hysteresis : limit;
}

// Numbers the facts of one decision and keeps the episode in step with them.
class FactWriter {
 public:
  FactWriter(const RiskSubject& subject, const RiskCause& cause, Instant now, RiskDecision& decision)
      : subject_(subject), cause_(cause), now_(now), decision_(decision) {}

  void Write(RiskLevel level, RiskTrigger trigger, std::optional<RuleCondition> opened) {
    RiskState& next = decision_.next;
    if (!next.episode) next.episode = RiskEpisode{RiskEpisodeId(subject_, cause_), 0, trigger, now_};
    ++next.episode->sequence;
    next.episode->trigger = trigger;
    decision_.facts.push_back(
        {level, next.level, trigger, next.episode->id, next.episode->sequence, cause_, std::move(opened)});
    next.level = level;
    if (level == RiskLevel::kLow) next.episode.reset();
  }

 private:
  const RiskSubject& subject_;
  const RiskCause& cause_;
  Instant now_;
  RiskDecision& decision_;
};

}  // namespace

std::string_view RiskTriggerName(RiskTrigger trigger) {
  switch (trigger) {
    case RiskTrigger::kRule: return "RULE";
    case RiskTrigger::kEarlyWarning: return "EARLY_WARNING";
    case RiskTrigger::kLevel: break;
  }
  return "LEVEL";
}

RiskCause EventCause(const EventId& event) { return RiskCause{event.raw()}; }

RiskCause TimerCause(const EventId& last_order, Instant now) {
  return RiskCause{last_order.raw() + "@" + std::to_string(ToMs(now))};
}

EpisodeId RiskEpisodeId(const RiskSubject& subject, const RiskCause& cause) {
  return EpisodeId{HashParts({subject.book.raw(), subject.client.raw(), "risk", cause.raw()}).Hex()};
}

bool EarlyWarning(bool lasts, double weighted, const LevelPolicy& policy) {
  return policy.early_warnings && weighted >= (lasts ? policy.early_warning_ends : policy.early_warning);
}

RiskLevel NextLevel(RiskLevel level, double excess, bool held, const LevelPolicy& policy) {
  if (excess >= LimitOf(RiskLevel::kHigh, level, policy)) return RiskLevel::kHigh;
  if (held || excess >= LimitOf(RiskLevel::kElevated, level, policy)) return RiskLevel::kElevated;
  return RiskLevel::kLow;
}

std::optional<double> LimitBetween(RiskLevel level, double from, double to, const LevelPolicy& policy) {
  std::optional<double> nearest;
  for (const RiskLevel wanted : {RiskLevel::kElevated, RiskLevel::kHigh}) {
    const double limit = LimitOf(wanted, level, policy);
    if ((from < limit) == (to < limit)) continue;
    if (!nearest || std::abs(limit - from) < std::abs(*nearest - from)) nearest = limit;
  }
  return nearest;
}

bool WouldChange(const RiskState& state, const Standing& standing, const std::vector<RuleCondition>& conditions,
                 const LevelPolicy& policy, Instant now) {
  bool held = EarlyWarning(state.early_warning, standing.weighted, policy);
  // Its end or beginning alone is no fact, but it must be remembered.
  if (held != state.early_warning) return true;
  for (const RuleCondition& condition : conditions) {
    if (!condition.HoldsAt(now)) continue;
    if (!KnownOpen(state, condition)) return true;
    held = true;
  }
  return NextLevel(state.level, standing.excess, held, policy) != state.level;
}

RiskDecision Evaluate(const RiskSubject& subject, const RiskState& state, const Standing& standing,
                      const std::vector<RuleCondition>& conditions, const LevelPolicy& policy, Instant now,
                      const RiskCause& cause) {
  RiskDecision decision{state, {}};
  std::vector<RuleCondition> open;
  std::vector<RuleCondition> opened;
  for (const RuleCondition& condition : conditions) {
    if (!condition.HoldsAt(now)) continue;
    open.push_back(condition);
    if (!KnownOpen(state, condition)) opened.push_back(condition);
  }
  const bool early = EarlyWarning(state.early_warning, standing.weighted, policy);
  const RiskLevel level = NextLevel(state.level, standing.excess, !open.empty() || early, policy);

  FactWriter writer{subject, cause, now, decision};
  for (const RuleCondition& condition : opened) writer.Write(level, RiskTrigger::kRule, condition);
  if (decision.next.level != level) {
    // No condition opened. What would have kept the level, had it not ended, or made it, had it not begun, is the
    // cause: first rules, then the early warning, else the excess itself.
    const bool rule_ended = NextLevel(state.level, standing.excess, !state.open.empty() || early, policy) != level;
    const bool early_turned =
        NextLevel(state.level, standing.excess, !open.empty() || state.early_warning, policy) != level;
    writer.Write(level,
                 rule_ended     ? RiskTrigger::kRule
                 : early_turned ? RiskTrigger::kEarlyWarning
                                : RiskTrigger::kLevel,
                 std::nullopt);
  }
  decision.next.early_warning = early;
  decision.next.open = std::move(open);
  return decision;
}

RiskDecision CloseRisk(const RiskState& state, const RiskCause& cause) {
  RiskDecision decision;
  if (!state.episode) return decision;
  decision.facts.push_back({RiskLevel::kLow, state.level, RiskTrigger::kRule, state.episode->id,
                            state.episode->sequence + 1, cause, std::nullopt});
  return decision;
}

}  // namespace mainstay::risk
