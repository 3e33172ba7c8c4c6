// Early warnings, the signals beyond the first five, and contract clients.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "clients.h"
#include "mainstay/risk/level.h"
#include "mainstay/risk/next_crossing.h"
#include "mainstay/risk/renewals.h"
#include "mainstay/testing/seed.h"

namespace mainstay::risk {
namespace {

const RiskSubject kAcme{BookId{"north"}, ClientId{"acme"}};
const ChurnParameters kDefault;
const LevelPolicy kWarns{.early_warnings = true};

double Value(const SignalFacts& facts, SignalKind kind, Instant t) {
  return Signals(facts, 3, t)[static_cast<std::size_t>(kind)];
}

RiskDecision Decide(const RiskState& state, const Standing& standing, Instant now,
                    const std::vector<RuleCondition>& rules = {}) {
  return Evaluate(kAcme, state, standing, rules, kWarns, now, EventCause(EventId{"e"}));
}

TEST(EarlyWarning, BeginsAtOneEndsBelowSevenTenthsAndHoldsTheLevelAtElevated) {
  RiskState state = Decide({}, {0, .99}, kToday).next;
  EXPECT_EQ(state.level, RiskLevel::kLow);
  const RiskDecision begun = Decide(state, {0, 1.0}, kToday);
  ASSERT_EQ(begun.facts.size(), 1U);
  EXPECT_EQ(begun.facts[0].trigger, RiskTrigger::kEarlyWarning);
  EXPECT_EQ(begun.facts[0].level, RiskLevel::kElevated);
  EXPECT_TRUE(Decide(begun.next, {0, .7}, kToday).facts.empty());
  EXPECT_TRUE(Decide(begun.next, {0, 2}, kToday).facts.empty()) << "it tells once";
  const RiskDecision ended = Decide(begun.next, {0, .699}, kToday);
  ASSERT_EQ(ended.facts.size(), 1U);
  EXPECT_EQ(ended.facts[0].trigger, RiskTrigger::kEarlyWarning);
  EXPECT_EQ(ended.facts[0].level, RiskLevel::kLow);
  EXPECT_FALSE(ended.next.episode);
}

TEST(EarlyWarning, YieldsToARuleAndIsSilentWhileTheLevelStaysAsItIs) {
  const RuleCondition rule{RuleKind::kCompetitorCall, EventId{"call"}, kToday, kToday + weeks{8}};
  const RiskDecision both = Decide({}, {0, 1.2}, kToday, {rule});
  ASSERT_EQ(both.facts.size(), 1U) << "one input, one event";
  EXPECT_EQ(both.facts[0].trigger, RiskTrigger::kRule);
  const RiskDecision rule_over = Decide(both.next, {0, 1.2}, kToday + weeks{9}, {rule});
  EXPECT_TRUE(rule_over.facts.empty()) << "the warning still holds the level";
  const RiskDecision high = Decide({}, {.6, 1.2}, kToday);
  ASSERT_EQ(high.facts.size(), 1U);
  EXPECT_EQ(high.facts[0].trigger, RiskTrigger::kLevel) << "the excess alone makes it HIGH";
}

TEST(EarlyWarning, IsOffUnlessTheCallerKeepsItsState) {
  EXPECT_TRUE(Evaluate(kAcme, {}, {0, 5}, {}, {}, kToday, EventCause(EventId{"e"})).facts.empty());
}

TEST(EarlyWarning, TheTimerFindsItsEndToTheSecond) {
  ClientFacts facts = RegularBuyer(3, weeks{156});
  facts.signals.competitor_calls = {{EventId{"call"}, kToday}};
  facts.signals.rules_from = kToday + days{1};  // No rule, so that the warning alone speaks.
  const ChurnCurve curve{facts, kDefault};
  const auto look = [&](const RiskState& state, Instant t) {
    return Decide(state, curve.StandingAt(t), t, RuleConditions(facts.signals));
  };
  const RiskState state = look({}, kToday).next;
  ASSERT_TRUE(state.early_warning);
  const Instant first = NextCrossing(curve, state, kWarns, kToday);
  ASSERT_EQ(first, kToday + kLookAhead) << "six weeks are beyond the first look";
  const Instant ends = NextCrossing(curve, state, kWarns, first);
  // 1.2 * 2^(-age / 8 weeks) = .7
  const double age_weeks = 8 * std::log2(1.2 / .7);
  EXPECT_NEAR(static_cast<double>((ends - kToday).count()), age_weeks * 604'800'000, 1'001);
  EXPECT_TRUE(look(state, ends - 1s).next.early_warning);
  EXPECT_FALSE(look(state, ends).next.early_warning);
}

TEST(MoreSignals, OverContactCountsTouchesBeyondThreeInTheAllowedInterval) {
  SignalFacts facts;
  facts.touch = TouchFacts{EventId{"t"}, kToday, 7, true};
  for (int i = 0; i < 5; ++i) facts.contacts.push_back({EventId{"t" + std::to_string(i)}, kToday - days{i}});
  Normalise(facts, kToday);
  EXPECT_EQ(Value(facts, SignalKind::kOverContact, kToday), 2);
  EXPECT_EQ(SignalEvents(facts, SignalKind::kOverContact, kToday).size(), 5U);
  EXPECT_EQ(Value(facts, SignalKind::kOverContact, kToday + days{3}), 1) << "the oldest has left the week";
  facts.touch->connected = false;
  EXPECT_EQ(Value(facts, SignalKind::kOverContact, kToday), 0);
}

TEST(MoreSignals, FallingValueIsTheLogRatioOfTwoAveragesCappedAtOneAndAHalf) {
  OrderDays orders;
  for (const int value : {100, 100, 50, 50}) {
    static int day = 0;
    ASSERT_TRUE(orders.Add(Day{} + days{++day}, Money::FromUnits(value * 10'000)));
  }
  SignalFacts facts;
  facts.value_trend = ValueTrendOf(orders, EventId{"o"});
  const double slow = .9 * (.9 * 100 + .1 * 50) + .1 * 50;
  const double fast = .6 * (.6 * 100 + .4 * 50) + .4 * 50;
  EXPECT_NEAR(Value(facts, SignalKind::kFallingValue, kToday), std::log(slow / fast), 1e-12);
  facts.value_trend->fast /= 100;
  EXPECT_EQ(Value(facts, SignalKind::kFallingValue, kToday), 1.5);
  facts.value_trend->fast = facts.value_trend->slow * 2;
  EXPECT_EQ(Value(facts, SignalKind::kFallingValue, kToday), 0);
}

TEST(MoreSignals, ReviewsSentimentAndReferrals) {
  SignalFacts facts;
  facts.missed_reviews = {{EventId{"r"}, kToday, kToday + weeks{2}}};
  EXPECT_EQ(Value(facts, SignalKind::kMissedReview, kToday - 1s), 0);
  EXPECT_EQ(Value(facts, SignalKind::kMissedReview, kToday + weeks{1}), 1);
  EXPECT_NEAR(Value(facts, SignalKind::kMissedReview, kToday + weeks{12}), .5, 1e-12);
  facts.sentiments = {{EventId{"n1"}, kToday, -1}, {EventId{"n2"}, kToday + days{1}, .8}};
  EXPECT_EQ(Value(facts, SignalKind::kNegativeSentiment, kToday), 1);
  EXPECT_NEAR(Value(facts, SignalKind::kNegativeSentiment, kToday + days{1}), .7, 1e-12);
  facts.referral = Referral{EventId{"ref"}, EventId{"lost"}, kToday + days{3}};
  EXPECT_EQ(Value(facts, SignalKind::kReferred, kToday), 1);
  EXPECT_EQ(Value(facts, SignalKind::kReferrerLost, kToday), 0);
  EXPECT_EQ(Value(facts, SignalKind::kReferrerLost, kToday + days{3}), 1);
}

TEST(MoreSignals, ReasonsOfEveryKindAddUpAndCiteEvents) {
  ClientFacts facts = RegularBuyer(5, weeks{50}, kToday - weeks{8});
  facts.signals.touch = TouchFacts{EventId{"t"}, kToday - days{30}, 7, true};
  for (int i = 0; i < 5; ++i) facts.signals.contacts.push_back({EventId{"t" + std::to_string(i)}, kToday});
  facts.signals.missed_reviews = {{EventId{"r"}, kToday - days{9}, std::nullopt}};
  facts.signals.sentiments = {{EventId{"n"}, kToday, -.5}};
  facts.signals.referral = Referral{EventId{"ref"}, EventId{"lost"}, kToday};
  facts.signals.value_trend = ValueTrend{EventId{"o"}, 200, 100};
  facts.signals.complaints = {{EventId{"c"}, kToday, std::nullopt}};
  facts.signals.competitor_calls = {{EventId{"k"}, kToday}};
  const Score score = ScoreClient(facts, kDefault, kToday);
  double sum = 0;
  int signals = 0;
  for (const Reason& reason : score.reasons) {
    EXPECT_FALSE(reason.event_ids.empty()) << reason.kind;
    EXPECT_FALSE(reason.text.empty());
    if (reason.part != ReasonPart::kSignals) continue;
    sum += reason.points * std::log(2) / 10;
    ++signals;
  }
  EXPECT_EQ(signals, 9);
  EXPECT_NEAR(sum, std::log(score.q / (1 - score.q)) - kDefault.v0, 1e-9);
}

ClientFacts UnderContract(std::int64_t renewals, weeks until_next) {
  ClientFacts facts;
  facts.contract = ContractFacts{EventId{"contract"}, renewals, kToday + until_next, 52};
  return facts;
}

TEST(Contracts, TheRiskIsTheHazardOfTheNextRenewalOnceItIsWithinTheHorizon) {
  ChurnParameters monthly = kDefault;
  monthly.term_year = 0;
  ClientFacts facts = UnderContract(2, weeks{10});
  const Score due = ScoreClient(facts, monthly, kToday);
  EXPECT_NEAR(*due.p_sil, .668 / (.668 + 3.806 + 2), 1e-12);
  EXPECT_EQ(*due.horizon_weeks, 52);
  ASSERT_EQ(due.reasons.size(), 1U);
  EXPECT_EQ(due.reasons[0].kind, "renewal");
  EXPECT_NEAR(due.reasons[0].points, 10 * std::log2(.668 / 5.806), 1e-9);
  EXPECT_LT(*ScoreClient(facts, kDefault, kToday).p_sil, *due.p_sil) << "a yearly term holds better";
  facts.contract->next_renewal = kToday + weeks{60};
  const Score far = ScoreClient(facts, monthly, kToday);
  EXPECT_EQ(*far.probability, 0);
  EXPECT_EQ(far.excess, 0);
  EXPECT_TRUE(far.reasons.empty());
}

TEST(Contracts, LoyaltyLowersTheHazardAndSignalsRaiseTheProbability) {
  double last = 1;
  for (std::int64_t n = 0; n < 20; ++n) {
    const double p = *ScoreClient(UnderContract(n, weeks{4}), kDefault, kToday).probability;
    ASSERT_LT(p, last);
    last = p;
  }
  ClientFacts facts = UnderContract(5, weeks{4});
  facts.signals.competitor_calls = {{EventId{"k"}, kToday}};
  EXPECT_GT(*ScoreClient(facts, kDefault, kToday).probability,
            *ScoreClient(UnderContract(5, weeks{4}), kDefault, kToday).probability);
}

TEST(Contracts, SeveralRenewalsWithinTheHorizonCompound) {
  const Renewals model{.704, 1.182, 1};
  const auto leaves = [&](double horizon) {
    return 1 / (1 + std::exp(-LogitContractLeaves(model, {1, 2, 4}, horizon)));
  };
  EXPECT_EQ(leaves(1), 0);
  EXPECT_NEAR(leaves(2), RenewalHazard(model, 1), 1e-12);
  EXPECT_NEAR(leaves(6), 1 - RenewalSurvival(model, 3) / RenewalSurvival(model, 1), 1e-12);
  const Renewals rising{.704, 1.182, 1.5};
  EXPECT_NEAR(RenewalHazard(rising, 2), 1 - RenewalSurvival(rising, 3) / RenewalSurvival(rising, 2), 1e-12);
  EXPECT_GT(RenewalHazard(rising, 2), RenewalHazard(model, 2));
}

}  // namespace
}  // namespace mainstay::risk
