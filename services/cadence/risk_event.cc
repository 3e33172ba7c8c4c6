#include "risk_event.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <utility>

#include "book_model.h"
#include "mainstay/cadence/proof.h"
#include "mainstay/cadence/workload.h"

namespace mainstay::cadence {
namespace {

RiskTrigger Published(risk::RiskTrigger trigger) {
  switch (trigger) {
    case risk::RiskTrigger::kRule: return RiskTrigger::kRule;
    case risk::RiskTrigger::kEarlyWarning: return RiskTrigger::kEarlyWarning;
    case risk::RiskTrigger::kLevel: break;
  }
  return RiskTrigger::kLevel;
}

std::string RuleText(risk::RuleKind kind) {
  switch (kind) {
    case risk::RuleKind::kEmergency: return "an emergency is open";
    case risk::RuleKind::kCompetitorCall: return "a competitor called";
    case risk::RuleKind::kComplaint: return "a complaint is open";
    case risk::RuleKind::kOverdue: break;
  }
  return "a touch is overdue";
}

double InWhole(Money money) { return static_cast<double>(money.units()) / Money::kUnitsPerWhole; }

bool Cites(const std::vector<RiskReason>& reasons, const EventId& event) {
  return std::any_of(reasons.begin(), reasons.end(), [&](const RiskReason& reason) {
    return std::find(reason.events.begin(), reason.events.end(), event) != reason.events.end();
  });
}

// With these and the model's version anybody can compute the score again.
std::vector<RiskInput> InputsOf(const risk::ClientFacts& facts, const risk::Score& score,
                                const risk::ChurnParameters& parameters) {
  std::vector<RiskInput> inputs;
  if (facts.orders) {
    inputs.push_back({"x", static_cast<double>(facts.orders->statistics.repeats.x)});
    inputs.push_back({"t_x", facts.orders->statistics.repeats.t_x});
    inputs.push_back({"t", score.age_weeks.value_or(0)});
    inputs.push_back({"horizon_weeks", score.horizon_weeks.value_or(0)});
  }
  if (facts.contract) {
    inputs.push_back({"renewals", static_cast<double>(facts.contract->renewals)});
    inputs.push_back({"renewal_ms", static_cast<double>(ToMs(facts.contract->next_renewal))});
    inputs.push_back({"term_weeks", facts.contract->term_weeks});
  }
  inputs.push_back({"k", static_cast<double>(parameters.model.k)});
  inputs.push_back({"r", parameters.model.r});
  inputs.push_back({"alpha", parameters.model.alpha});
  inputs.push_back({"a", parameters.model.a});
  inputs.push_back({"b", parameters.model.b});
  for (RiskInput& input : CalibrationInputs(parameters.calibration)) inputs.push_back(std::move(input));
  inputs.push_back({"v0", parameters.v0});
  for (std::size_t i = 0; i < risk::kSignalKinds; ++i) {
    const std::string name(risk::SignalKindName(static_cast<risk::SignalKind>(i)));
    inputs.push_back({"s_" + name, score.signals[i]});
    inputs.push_back({"v_" + name, parameters.weights[i]});
  }
  return inputs;
}

}  // namespace

std::vector<RiskReason> ReasonsOf(const risk::Score& score, const std::vector<risk::RuleCondition>& open) {
  std::vector<RiskReason> reasons;
  for (const risk::Reason& reason : score.reasons) {
    reasons.push_back(
        {std::string(risk::ReasonPartName(reason.part)), reason.kind, reason.points, reason.text, reason.event_ids});
  }
  for (const risk::RuleCondition& rule : open) {
    if (Cites(reasons, rule.event)) continue;
    reasons.push_back({"signals", std::string(risk::RuleKindName(rule.kind)), 0, RuleText(rule.kind), {rule.event}});
  }
  std::stable_sort(reasons.begin(), reasons.end(), [](const RiskReason& a, const RiskReason& b) {
    return std::tie(b.points, a.kind) < std::tie(a.points, b.kind);
  });
  return reasons;
}

std::optional<risk::Interval> IntervalOf(const risk::ClientFacts& facts, const risk::Score& score, const Book& book) {
  if (!book.record.model) return std::nullopt;
  return risk::ChurnInterval(DrawsOf(*book.record.model), facts, score, book.parameters());
}

risk::Economics EconomicsOf(const BookRecord& book, Tier tier) {
  const PolicyValues& policy = book.policy;
  TierCounts client;
  client.Add(tier == Tier::kNone ? Tier::kC : tier);
  const double keeping =
      52 * CallsPerWeekOfYear(client, TermsOf(policy)) * policy.minutes_per_call * policy.cost_per_minute;
  const bool set = book.thresholds.contains("acquisition_cost");
  const double winning = set ? policy.acquisition_cost : policy.acquisition_ratio * keeping;
  return {.margin = policy.margin,
          .discount = policy.discount,
          .horizon_years = static_cast<int>(policy.horizon_years),
          .replacement_cost = (1 - policy.refill_chance) * winning * Money::kUnitsPerWhole,
          .referral_close = ExpectedCloseRatio(book.referrals_won, book.referrals_lost, kReferralPrior)};
}

risk::ClientValue ValueOf(const ClientRecord& client, const risk::ClientFacts& facts, const risk::Score& score,
                          const Book& book) {
  const risk::ValueFacts values{risk::ValuesOf(client.order_days), std::max(client.window.trailing, Money{}),
                                client.referrals};
  const auto& model = book.record.model;
  return risk::ValueOf(facts, score, values, book.parameters(), model ? model->order_values : std::nullopt,
                       EconomicsOf(book.record, client.plan.tier));
}

ChurnRiskChanged MakeRiskChanged(const risk::RiskChange& change, const risk::ClientFacts& facts,
                                 const risk::Score* score, const ClientRecord& client, const Book& book) {
  ChurnRiskChanged event;
  event.episode = change.episode;
  event.sequence = change.sequence;
  event.level = change.level;
  event.previous_level = change.previous;
  event.trigger = Published(change.trigger);
  event.model_version = book.parameters().version;
  event.tier = client.plan.tier;
  if (score == nullptr) return event;
  event.owner = client.owner;
  event.probability = score->probability;
  event.fresh = score->fresh;
  event.excess = score->excess;
  if (score->horizon_weeks) event.horizon_days = static_cast<std::int32_t>(std::lround(*score->horizon_weeks * 7));
  event.p_silent = score->p_silent;
  event.q = score->q;
  if (const auto interval = IntervalOf(facts, *score, book)) event.interval = {interval->low, interval->high};
  event.reasons = ReasonsOf(*score, client.risk.open);
  event.inputs = InputsOf(facts, *score, book.parameters());
  if (book.record.currency && score->probability) {
    const risk::ClientValue value = ValueOf(client, facts, *score, book);
    event.at_stake = {risk::MoneyAtStake(value, *score), *book.record.currency};
    event.inputs.push_back({"residual_value", InWhole(value.residual)});
    event.inputs.push_back({"replacement_cost", InWhole(value.replacement)});
    event.inputs.push_back({"referral_value", InWhole(value.referral)});
  }
  return event;
}

}  // namespace mainstay::cadence
