#include "mainstay/risk/level.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "clients.h"
#include "mainstay/base/hash.h"
#include "mainstay/testing/seed.h"

namespace mainstay::risk {
namespace {

const RiskSubject kAcme{BookId{"north"}, ClientId{"acme"}};
const LevelPolicy kPolicy;
const RiskCause kInput{"input-1"};

RuleCondition Call(const char* event, Instant from = kToday) {
  return {RuleKind::kCompetitorCall, EventId{event}, from, from + weeks{8}};
}

RiskDecision Step(const RiskState& state, double excess, const std::vector<RuleCondition>& conditions = {},
                  Instant now = kToday, const RiskCause& cause = kInput) {
  return Evaluate(kAcme, state, excess, conditions, kPolicy, now, cause);
}

RiskState At(double excess) { return Step({}, excess).next; }

TEST(RiskLevels, RiseAtTheLimitAndFallFiveHundredthsBelowIt) {
  EXPECT_EQ(At(.29).level, RiskLevel::kLow);
  EXPECT_EQ(At(.30).level, RiskLevel::kElevated);
  EXPECT_EQ(At(.55).level, RiskLevel::kHigh);
  const RiskState elevated = At(.30);
  EXPECT_EQ(Step(elevated, .25).next.level, RiskLevel::kElevated);
  EXPECT_EQ(Step(elevated, .249).next.level, RiskLevel::kLow);
  EXPECT_EQ(Step(elevated, .549).next.level, RiskLevel::kElevated);
  const RiskState high = At(.55);
  EXPECT_EQ(Step(high, .501).next.level, RiskLevel::kHigh);
  EXPECT_EQ(Step(high, .499).next.level, RiskLevel::kElevated);
  EXPECT_EQ(Step(high, .1).next.level, RiskLevel::kLow);
}

TEST(RiskLevels, TheLimitBetweenIsTheFirstOnTheWay) {
  EXPECT_EQ(LimitBetween(RiskLevel::kLow, .1, .9, kPolicy), .30);
  EXPECT_EQ(LimitBetween(RiskLevel::kElevated, .4, .9, kPolicy), .55);
  EXPECT_EQ(LimitBetween(RiskLevel::kElevated, .4, .1, kPolicy), .30 - .05);
  EXPECT_EQ(LimitBetween(RiskLevel::kHigh, .9, .1, kPolicy), .55 - .05);
  EXPECT_EQ(LimitBetween(RiskLevel::kLow, .1, .29, kPolicy), std::nullopt);
}

TEST(RiskLevels, AnEpisodeCountsItsFactsFromItsCauseToLow) {
  const RiskDecision up = Step({}, .4, {}, kToday, RiskCause{"order-9@1"});
  ASSERT_EQ(up.facts.size(), 1U);
  EXPECT_EQ(up.facts[0].level, RiskLevel::kElevated);
  EXPECT_EQ(up.facts[0].previous, RiskLevel::kLow);
  EXPECT_EQ(up.facts[0].trigger, RiskTrigger::kLevel);
  EXPECT_EQ(up.facts[0].sequence, 1);
  EXPECT_EQ(up.facts[0].episode.raw(), HashParts({"north", "acme", "risk", "order-9@1"}).Hex());
  EXPECT_EQ(up.next.episode->opened_at, kToday);

  const RiskDecision high = Step(up.next, .6, {}, kToday + 1h, RiskCause{"other"});
  ASSERT_EQ(high.facts.size(), 1U);
  EXPECT_EQ(high.facts[0].episode, up.facts[0].episode);
  EXPECT_EQ(high.facts[0].sequence, 2);
  EXPECT_EQ(high.facts[0].cause, RiskCause{"other"});

  const RiskDecision low = Step(high.next, 0);
  ASSERT_EQ(low.facts.size(), 1U);
  EXPECT_EQ(low.facts[0].level, RiskLevel::kLow);
  EXPECT_EQ(low.facts[0].episode, up.facts[0].episode);
  EXPECT_EQ(low.facts[0].sequence, 3);
  EXPECT_EQ(low.next, RiskState{});
}

TEST(RiskLevels, ATimersCauseIsTheLastOrderAndTheInstant) {
  EXPECT_EQ(TimerCause(EventId{"o-9"}, FromMs(1234)), RiskCause{"o-9@1234"});
  EXPECT_NE(TimerCause(EventId{"o-9"}, FromMs(1234)), TimerCause(EventId{"o-9"}, FromMs(1235)));
  EXPECT_EQ(EventCause(EventId{"e"}), RiskCause{"e"});
}

TEST(RiskRules, ACompetitorCallRaisesALowClientAtOnceAndIsCited) {
  ClientFacts annual = RegularBuyer(3, weeks{156});
  const Instant yesterday_plus = kToday + 9h;
  const ChurnParameters parameters;
  const double calm = ChurnCurve{annual, parameters}.Excess(yesterday_plus);
  const RiskDecision before = Step({}, calm, RuleConditions(annual.signals), yesterday_plus);
  EXPECT_EQ(before.next.level, RiskLevel::kLow) << "an annual buyer who ordered yesterday";
  EXPECT_TRUE(before.facts.empty());

  annual.signals.competitor_calls.push_back({EventId{"call-7"}, yesterday_plus});
  const ChurnCurve curve{annual, parameters};
  const RiskDecision after = Step(before.next, curve.Excess(yesterday_plus), RuleConditions(annual.signals),
                                  yesterday_plus, EventCause(EventId{"call-7"}));
  ASSERT_EQ(after.facts.size(), 1U);
  EXPECT_EQ(after.facts[0].trigger, RiskTrigger::kRule);
  EXPECT_EQ(after.facts[0].level, RiskLevel::kElevated);
  EXPECT_EQ(after.facts[0].opened->event, EventId{"call-7"});
  EXPECT_EQ(after.facts[0].cause, RiskCause{"call-7"});
  const std::vector<Reason> reasons = curve.At(yesterday_plus).reasons;
  EXPECT_TRUE(std::any_of(reasons.begin(), reasons.end(), [](const Reason& reason) {
    return reason.kind == "competitor_call" && reason.event_ids == std::vector{EventId{"call-7"}};
  }));
}

TEST(RiskRules, EachConditionThatOpensInsideAnEpisodeIsOneFactOfTheSameEpisode) {
  const RiskDecision first = Step({}, 0, {Call("1")});
  const RiskDecision again = Step(first.next, 0, {Call("1")}, kToday + 1h);
  EXPECT_TRUE(again.facts.empty()) << "an open condition opens once";
  const RiskDecision second = Step(again.next, 0, {Call("1"), Call("2")}, kToday + 2h);
  ASSERT_EQ(second.facts.size(), 1U);
  EXPECT_EQ(second.facts[0].level, RiskLevel::kElevated);
  EXPECT_EQ(second.facts[0].previous, RiskLevel::kElevated);
  EXPECT_EQ(second.facts[0].episode, first.facts[0].episode);
  EXPECT_EQ(second.facts[0].sequence, 2);
  EXPECT_EQ(second.facts[0].opened->event, EventId{"2"});
}

TEST(RiskRules, ARuleAndALevelByOneInputAreOneFactByRule) {
  const RiskDecision both = Step(At(.4), .7, {Call("1")});
  ASSERT_EQ(both.facts.size(), 1U);
  EXPECT_EQ(both.facts[0].trigger, RiskTrigger::kRule);
  EXPECT_EQ(both.facts[0].level, RiskLevel::kHigh);
  EXPECT_EQ(both.facts[0].previous, RiskLevel::kElevated);
}

TEST(RiskRules, SeveralConditionsAtOnceAreAFactEachAndTheFirstCarriesTheLevel) {
  const RiskDecision many = Step({}, 0, {Call("1"), Call("2")});
  ASSERT_EQ(many.facts.size(), 2U);
  EXPECT_EQ(many.facts[0].previous, RiskLevel::kLow);
  EXPECT_EQ(many.facts[1].previous, RiskLevel::kElevated);
  EXPECT_EQ(many.facts[1].sequence, 2);
  EXPECT_EQ(many.facts[0].episode, many.facts[1].episode);
}

TEST(RiskRules, HoldTheLevelWhileOpenAndItsEndIsTheCauseOfTheFall) {
  const RiskDecision open = Step({}, 0, {Call("1")});
  EXPECT_TRUE(Step(open.next, 0, {Call("1")}, kToday + weeks{8} - Duration{1}).facts.empty());
  const RiskDecision ended = Step(open.next, 0, {Call("1")}, kToday + weeks{8});
  ASSERT_EQ(ended.facts.size(), 1U);
  EXPECT_EQ(ended.facts[0].level, RiskLevel::kLow);
  EXPECT_EQ(ended.facts[0].trigger, RiskTrigger::kRule);
  EXPECT_EQ(Step(At(.4), 0).facts[0].trigger, RiskTrigger::kLevel);
}

TEST(RiskRules, AConditionOfThePastThatHasEndedNeverOpens) {
  const RiskDecision late = Step({}, 0, {Call("1", kToday - weeks{9})});
  EXPECT_TRUE(late.facts.empty());
  EXPECT_EQ(late.next, RiskState{});
  EXPECT_EQ(Step({}, 0, {Call("1", kToday - weeks{7})}).facts.size(), 1U) << "one that still holds does";
}

TEST(RiskLevels, ALostClientsEpisodeEndsWithOneFact) {
  const RiskState open = Step({}, .6, {Call("1")}).next;
  const RiskDecision closed = CloseRisk(open, RiskCause{"lost-1"});
  ASSERT_EQ(closed.facts.size(), 1U);
  EXPECT_EQ(closed.facts[0].level, RiskLevel::kLow);
  EXPECT_EQ(closed.facts[0].previous, RiskLevel::kHigh);
  EXPECT_EQ(closed.facts[0].sequence, 2);
  EXPECT_EQ(closed.facts[0].episode, open.episode->id);
  EXPECT_EQ(closed.next, RiskState{});
  EXPECT_TRUE(CloseRisk({}, RiskCause{"lost-1"}).facts.empty());
}

// What the machine promises, checked on one decision. Empty: all of it holds.
std::string Broken(const RiskState& state, double excess, const std::vector<RuleCondition>& conditions, Instant now,
                   const RiskDecision& decision) {
  std::size_t opened = 0;
  bool rule_open = false;
  for (const RuleCondition& condition : conditions) {
    if (!condition.HoldsAt(now)) continue;
    rule_open = true;
    opened += std::none_of(state.open.begin(), state.open.end(), [&](const RuleCondition& open) {
      return open.event == condition.event && open.kind == condition.kind;
    });
  }
  const RiskState& next = decision.next;
  const bool moved = next.level != state.level;
  if (decision.facts.size() != (opened > 0 ? opened : moved)) return "a fact without a change, or none with one";
  if (WouldChange(state, excess, conditions, kPolicy, now) == decision.facts.empty()) return "WouldChange disagrees";
  if (rule_open && next.level == RiskLevel::kLow) return "LOW under an open rule";
  if (next.episode.has_value() != (next.level > RiskLevel::kLow)) return "the episode is not the time above LOW";
  if (next.level > state.level && !rule_open && excess < (next.level == RiskLevel::kHigh ? .55 : .30))
    return "rose early";
  if (next.level < state.level && excess >= (state.level == RiskLevel::kHigh ? .50 : .25) + 1e-12) return "fell early";
  std::int64_t sequence = state.episode ? state.episode->sequence : 0;
  RiskLevel level = state.level;
  for (const RiskChange& fact : decision.facts) {
    if (fact.sequence != ++sequence) return "a gap in the sequence";
    if (fact.previous != level) return "previous level does not follow";
    if (state.episode && fact.episode != state.episode->id) return "the episode changed its id";
    if (fact.level == fact.previous && !fact.opened) return "nothing happened";
    level = fact.level;
  }
  return level == next.level ? "" : "facts and state disagree";
}

using Machine = std::function<RiskDecision(const RiskState&, double, const std::vector<RuleCondition>&, Instant)>;

struct Walk {
  std::string broken;  // The first promise broken.
  std::set<std::pair<RiskLevel, RiskLevel>> moves;
  int rules_inside = 0;  // Conditions that opened inside an episode.
  int held = 0;          // Evaluations at which the hysteresis mattered.
};

Walk RandomWalk(std::uint64_t seed, const Machine& machine) {
  Random random{seed};
  Walk walk;
  RiskState state;
  std::vector<RuleCondition> conditions;
  Instant now = kToday;
  double excess = 0;
  for (int step = 0; step < 5000 && walk.broken.empty(); ++step) {
    now += std::chrono::hours{Below(random, 24 * 9)};
    excess = Below(random, 3) == 0 ? Uniform(random) : std::clamp(excess + .1 * (Uniform(random) - .5), 0.0, 1.0);
    if (Below(random, 9) == 0) {
      const auto kind = static_cast<RuleKind>(Below(random, 4));
      const Instant from = now - std::chrono::hours{Below(random, 24 * 70)};
      conditions.push_back({kind, EventId{"e" + std::to_string(step)}, from, from + days{1 + Below(random, 60)}});
    }
    const RiskDecision decision = machine(state, excess, conditions, now);
    walk.broken = Broken(state, excess, conditions, now, decision);
    const RiskDecision again = machine(decision.next, excess, conditions, now);
    if (walk.broken.empty() && (!again.facts.empty() || again.next != decision.next)) walk.broken = "not idempotent";
    for (const RiskChange& fact : decision.facts) {
      walk.moves.insert({fact.previous, fact.level});
      walk.rules_inside += fact.opened && fact.sequence > 1 ? 1 : 0;
    }
    const bool calm = decision.facts.empty() && decision.next.open.empty();
    walk.held += calm && state.level == RiskLevel::kElevated && excess < .30 ? 1 : 0;
    state = decision.next;
  }
  return walk;
}

TEST(RiskMachine, KeepsItsPromisesOnAnyWalk) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  const Walk walk = RandomWalk(seed, [](const RiskState& state, double excess, const auto& conditions, Instant now) {
    return Step(state, excess, conditions, now);
  });
  EXPECT_EQ(walk.broken, "");
  EXPECT_GE(walk.moves.size(), 6U) << "not every move between two levels was seen";
  EXPECT_GT(walk.rules_inside, 0) << "no rule opened inside an episode";
  EXPECT_GT(walk.held, 0) << "hysteresis never mattered";
}

// The controls: machines broken in one place each must be caught by the same walk.
TEST(RiskMachine, BrokenMachinesAreCaught) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  const std::map<std::string, Machine> mutants = {
      {"no hysteresis",
       [](const RiskState& state, double excess, const auto& conditions, Instant now) {
         return Evaluate(kAcme, state, excess, conditions, {.30, .55, 0}, now, kInput);
       }},
      {"forgets open conditions",
       [](const RiskState& state, double excess, const auto& conditions, Instant now) {
         RiskDecision decision = Step(state, excess, conditions, now);
         decision.next.open.clear();
         return decision;
       }},
      {"ignores rules",
       [](const RiskState& state, double excess, const auto&, Instant now) { return Step(state, excess, {}, now); }},
      {"speaks at every look",
       [](const RiskState& state, double excess, const auto& conditions, Instant now) {
         RiskDecision decision = Step(state, excess, conditions, now);
         if (decision.facts.empty() && decision.next.episode) {
           const RiskLevel level = decision.next.level;
           decision.facts.push_back({level, level, RiskTrigger::kLevel, decision.next.episode->id,
                                     ++decision.next.episode->sequence, kInput, std::nullopt});
         }
         return decision;
       }},
  };
  for (const auto& [name, machine] : mutants) EXPECT_NE(RandomWalk(seed, machine).broken, "") << name;
}

}  // namespace
}  // namespace mainstay::risk
