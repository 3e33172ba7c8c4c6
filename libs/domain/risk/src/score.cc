#include "mainstay/risk/score.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

#include "log_math.h"
#include "mainstay/base/check.h"
#include "reason_text.h"

namespace mainstay::risk {
namespace {

constexpr double kMsPerWeek = 604'800'000.0;
constexpr double kYear = 50;  // Weeks from which a term counts as one of a year, and of two.
constexpr double kTwoYears = 100;
constexpr double kPointsPerLn = 10 / std::numbers::ln2;  // 10 points double the odds.

double Horizon(const ChurnParameters& parameters, const Repeats& repeats) {
  return std::clamp(2 * TypicalGap(parameters.model, repeats), parameters.min_horizon_weeks,
                    parameters.max_horizon_weeks);
}

}  // namespace

std::string_view ReasonPartName(ReasonPart part) { return part == ReasonPart::kOrders ? "orders" : "signals"; }

ChurnCurve::ChurnCurve(const ClientFacts& facts, const ChurnParameters& parameters)
    : facts_(facts), parameters_(parameters), ln_stay0_(Softplus(parameters.v0)) {
  MAINSTAY_CHECK(parameters.model.m == 1, "the churn score uses the MBG family");
  MAINSTAY_CHECK(parameters.calibration.c1 > 0, "a calibration must not turn the order of scores round");
  if (facts.orders) {
    const Repeats& repeats = facts.orders->statistics.repeats;
    orders_ = Orders{SilenceCurve{parameters.model, repeats}, repeats.t_x, Horizon(parameters, repeats), 0};
    orders_->ln_kept_fresh = -Softplus(CalibratedLogit(repeats.t_x));
  }
  if (facts.contract) {
    const double weeks = facts.contract->term_weeks;
    const double horizon =
        orders_ ? orders_->horizon : std::clamp(weeks, parameters.min_horizon_weeks, parameters.max_horizon_weeks);
    const double term = weeks >= kTwoYears ? parameters.term_two_years : weeks >= kYear ? parameters.term_year : 0;
    contracted_ = Contracted{horizon, term, 0};
    contracted_->ln_kept_fresh = -Softplus(ContractLogit(weeks));
  }
  const double lateness = parameters.weights[static_cast<std::size_t>(SignalKind::kTouchLateness)];
  never_falls_ = OrderPartOnlyRises() && lateness >= 0 && OnlyLateness(facts.signals);
}

double ChurnCurve::Age(Instant t) const {
  const auto silent = static_cast<double>((t - facts_.orders->last_day_ends_at).count());
  return orders_->t_x + std::max(0.0, silent) / kMsPerWeek;
}

double ChurnCurve::CalibratedLogit(double age) const {
  return Calibrated(orders_->curve.Logit(age, orders_->horizon), parameters_.calibration);
}

double ChurnCurve::LnSignalsKept(double weighted) const {
  return weighted == 0 ? 0 : ln_stay0_ - Softplus(parameters_.v0 + weighted);
}

double ChurnCurve::WeeksToRenewal(Instant t) const {
  return static_cast<double>((facts_.contract->next_renewal - t).count()) / kMsPerWeek;
}

double ChurnCurve::ContractLogit(double next_weeks) const {
  const Contract contract{facts_.contract->renewals, next_weeks, facts_.contract->term_weeks};
  return contracted_->term + LogitContractLeaves(parameters_.renewals, contract, contracted_->horizon);
}

double ChurnCurve::OrderLogit(Instant t) const {
  return contracted_ ? ContractLogit(WeeksToRenewal(t)) : CalibratedLogit(Age(t));
}

double ChurnCurve::LnKeptFresh() const { return contracted_ ? contracted_->ln_kept_fresh : orders_->ln_kept_fresh; }

double ChurnCurve::Excess(Instant t) const { return StandingAt(t).excess; }

double ChurnCurve::OrdersLost(Instant t) const { return HasOrderPart() ? Softplus(OrderLogit(t)) : 0; }

double ChurnCurve::ExcessOf(double weighted, double orders_lost) const {
  if (!HasOrderPart()) return 0;
  const double ln_kept = LnSignalsKept(weighted) - orders_lost;
  // 1 - E = (1 - P_churn) / (1 - P_fresh): exactly 1 right after an order when no signal is open.
  return std::max(0.0, -std::expm1(std::min(0.0, ln_kept) - LnKeptFresh()));
}

SignalValues ChurnCurve::SignalsAt(Instant t) const {
  return Signals(facts_.signals, facts_.orders ? facts_.orders->statistics.repeats.x : 0, t);
}

Standing ChurnCurve::StandingAt(Instant t) const {
  const double weighted = Weigh(SignalsAt(t), parameters_.weights);
  return {ExcessOf(weighted, OrdersLost(t)), weighted};
}

ChurnCurve::Look ChurnCurve::LookAt(Instant t) const {
  Look look{t, SignalsAt(t), std::nullopt};
  for (std::size_t k = 0; k < kSignalKinds; ++k) look.weighted[k] *= parameters_.weights[k];
  return look;
}

double ChurnCurve::OrdersLost(Look& look) const {
  if (!look.orders_lost) look.orders_lost = OrdersLost(look.at);
  return *look.orders_lost;
}

Standing ChurnCurve::Least(Look& from, const Look& to) const {
  double weighted = 0;
  for (std::size_t k = 0; k < kSignalKinds; ++k) weighted += std::min(from.weighted[k], to.weighted[k]);
  return {ExcessOf(weighted, OrdersLost(from)), weighted};
}

Standing ChurnCurve::Most(const Look& from, Look& to) const {
  double weighted = 0;
  for (std::size_t k = 0; k < kSignalKinds; ++k) weighted += std::max(from.weighted[k], to.weighted[k]);
  return {ExcessOf(weighted, OrdersLost(to)), weighted};
}

Score ChurnCurve::At(Instant t) const {
  Score score;
  score.signals = SignalsAt(t);
  const double weighted = Weigh(score.signals, parameters_.weights);
  score.weighted = weighted;
  score.q = Sigmoid(parameters_.v0 + weighted);
  score.q0 = Sigmoid(parameters_.v0);
  AddSignalReasons(score, t);
  if (orders_) score.age_weeks = Age(t);
  if (HasOrderPart()) {
    const double logit = OrderLogit(t);
    const double from_orders = Softplus(logit);  // -ln(1 - P_sil)
    const double from_signals = -LnSignalsKept(weighted);
    const double lost = std::max(0.0, from_orders + from_signals);  // -ln(1 - P_churn)
    score.probability = -std::expm1(-lost);
    score.fresh = -std::expm1(LnKeptFresh());
    score.p_sil = Sigmoid(logit);
    score.horizon_weeks = contracted_ ? contracted_->horizon : orders_->horizon;
    score.p_silent = contracted_ ? *score.p_sil : Sigmoid(orders_->curve.Logit(*score.age_weeks, orders_->horizon));
    score.excess = Excess(t);
    if (lost > 0) {
      score.orders_share = from_orders / lost;
      score.signals_share = from_signals / lost;
    }
    if (contracted_) {
      AddContractReasons(score, t);
    } else {
      AddOrderReasons(score, t);
    }
  }
  std::sort(score.reasons.begin(), score.reasons.end(),
            [](const Reason& a, const Reason& b) { return std::tie(b.points, a.kind) < std::tie(a.points, b.kind); });
  return score;
}

void ChurnCurve::AddOrderReasons(Score& score, Instant t) const {
  const double age = Age(t);
  const Repeats& repeats = facts_.orders->statistics.repeats;
  const double loyalty = orders_->curve.loyalty();
  const double silence = orders_->curve.Silence(age);
  const double rhythm = CalibratedLogit(age) - loyalty - silence;
  const std::vector<EventId> last_order{facts_.orders->last_order};
  const std::string usual = OneDecimal(TypicalGap(parameters_.model, repeats));
  const double stays = 100 * std::exp(orders_->curve.LnStaysSilent(age, orders_->horizon));
  const auto add = [&](const char* kind, double term, std::string text) {
    score.reasons.push_back({ReasonPart::kOrders, kind, kPointsPerLn * term, std::move(text), last_order});
  };
  add("loyalty", loyalty, Counted(repeats.x + 1, "past order"));
  add("silence", silence, "silent " + OneDecimal(age - repeats.t_x) + " weeks, usual " + usual);
  add("rhythm", rhythm,
      "while active, silent for the next " + OneDecimal(orders_->horizon) + " weeks in " + OneDecimal(stays) +
          " of 100 cases");
}

void ChurnCurve::AddContractReasons(Score& score, Instant t) const {
  const double logit = OrderLogit(t);
  if (!std::isfinite(logit)) return;
  const std::vector<EventId> contract{facts_.contract->event};
  const std::string made = Counted(facts_.contract->renewals, "past renewal");
  score.reasons.push_back({ReasonPart::kOrders, "renewal", kPointsPerLn * (logit - contracted_->term),
                           "renewal in " + OneDecimal(WeeksToRenewal(t)) + " weeks, " + made, contract});
  if (contracted_->term == 0) return;
  score.reasons.push_back({ReasonPart::kOrders, "term", kPointsPerLn * contracted_->term,
                           "a term of " + OneDecimal(facts_.contract->term_weeks) + " weeks", contract});
}

void ChurnCurve::AddSignalReasons(Score& score, Instant t) const {
  for (std::size_t k = 0; k < kSignalKinds; ++k) {
    if (score.signals[k] == 0) continue;
    const auto kind = static_cast<SignalKind>(k);
    std::vector<EventId> events = SignalEvents(facts_.signals, kind, t);
    std::string text = SignalText(facts_.signals, kind, events.size(), t);
    score.reasons.push_back({ReasonPart::kSignals, std::string{SignalKindName(kind)},
                             kPointsPerLn * parameters_.weights[k] * score.signals[k], std::move(text),
                             std::move(events)});
  }
}

Score ScoreClient(const ClientFacts& facts, const ChurnParameters& parameters, Instant now) {
  return ChurnCurve{facts, parameters}.At(now);
}

}  // namespace mainstay::risk
