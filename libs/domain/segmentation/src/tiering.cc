#include "mainstay/segmentation/tiering.h"

#include <algorithm>
#include <cmath>

#include "mainstay/base/check.h"

namespace mainstay::segmentation {
namespace {

// The furthest tier on the way from `tier` to that of the rank whose every line is passed by more than the margin.
Tier FurthestPassed(Tier tier, const TierInput& input) {
  const Tier rank_tier = input.rank_tier;
  const bool up = rank_tier < tier;  // A < B < C.
  while (tier != rank_tier) {
    // Between A and B runs the line of A, between B and C that of A+B.
    const bool beside_a = tier == Tier::kA || (up && tier == Tier::kB);
    if (!Passes(input.revenue, beside_a ? input.lines->a : input.lines->ab, input.rules.margin)) break;
    const int step = up ? -1 : 1;
    tier = static_cast<Tier>(static_cast<int>(tier) + step);
  }
  return tier;
}

bool InGrace(const TierInput& input) { return input.grace_until && input.now < *input.grace_until; }

// `tier` after one test, for a paying client whose tier and rank_tier differ.
Tier Tested(const TierState& state, const TierInput& input) {
  const bool demotion = input.rank_tier > state.tier;
  if (demotion && InGrace(input)) return state.tier;
  if (input.now - *state.differs_since >= input.rules.patience) return input.rank_tier;
  return FurthestPassed(state.tier, input);
}

// When the next test is due although nothing moves. In grace a demotion can only happen at its end, and a promotion
// needs a move first.
std::optional<Instant> CheckAt(const TierState& state, const TierInput& input) {
  if (!state.differs_since) return std::nullopt;
  if (state.rank_tier > state.tier && InGrace(input)) return input.grace_until;
  return *state.differs_since + input.rules.patience;
}

}  // namespace

TierDecision DecideTier(const TierState& state, const TierInput& input) {
  MAINSTAY_CHECK(input.rank_tier == Tier::kNone || input.lines, "a paying client without the lines of its book");
  const bool policy_reset = input.trigger == TierTrigger::kPolicySet && !InGrace(input);
  const bool starts_or_stops = state.tier == Tier::kNone || input.rank_tier == Tier::kNone;
  const bool rank_decides = starts_or_stops || input.settling || policy_reset;
  TierDecision decision;
  TierState& next = decision.next;
  next = state;
  next.rank_tier = input.rank_tier;
  if (rank_decides) next.tier = input.rank_tier;
  if (next.tier == next.rank_tier) {
    next.differs_since.reset();
    return decision;
  }
  if (!next.differs_since) next.differs_since = input.now;
  // A new policy alone moves lines, and a moved line is no reason for a test.
  const bool tested = input.trigger != TierTrigger::kPolicySet || state.rank_tier != input.rank_tier;
  if (tested) next.tier = Tested(next, input);
  if (next.tier == next.rank_tier) next.differs_since.reset();
  decision.check_at = CheckAt(next, input);
  return decision;
}

TierRules RulesOf(const PolicyValues& values) {
  const auto days = [](double value) { return std::chrono::days{static_cast<int>(value)}; };
  return {static_cast<int>(std::lround(values.tier_margin * 10'000)), days(values.tier_patience_days),
          days(values.tier_grace_days)};
}

std::optional<Instant> GraceUntil(std::optional<Day> since, std::optional<Instant> registered_at,
                                  std::optional<Instant> first_order_at, Duration grace) {
  if (since) return Instant{*since} + grace;
  if (registered_at && first_order_at) return std::min(*registered_at, *first_order_at) + grace;
  if (registered_at) return *registered_at + grace;
  if (first_order_at) return *first_order_at + grace;
  return std::nullopt;
}

bool Settles(const BookPhase& phase, Instant now) {
  if (phase.importing) return true;
  if (phase.import_finished) return false;
  return !phase.first_event_at || now < *phase.first_event_at + kSettling;
}

std::optional<Instant> SettlingEndsAt(const BookPhase& phase, Instant now) {
  if (phase.importing || !phase.first_event_at || !Settles(phase, now)) return std::nullopt;
  return *phase.first_event_at + kSettling;
}

}  // namespace mainstay::segmentation
