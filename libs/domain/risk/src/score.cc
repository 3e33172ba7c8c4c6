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
constexpr double kPointsPerLn = 10 / std::numbers::ln2;  // 10 points double the odds.

double Horizon(const ChurnParameters& parameters, const Repeats& repeats) {
  return std::clamp(2 * TypicalGap(parameters.model, repeats), parameters.min_horizon_weeks,
                    parameters.max_horizon_weeks);
}

}  // namespace

std::string_view ReasonPartName(ReasonPart part) { return part == ReasonPart::kOrders ? "orders" : "signals"; }

ChurnCurve::ChurnCurve(const ClientFacts& facts, const ChurnParameters& parameters)
    : facts_(facts),
      model_(parameters.model),
      c0_(parameters.c0),
      c1_(parameters.c1),
      v0_(parameters.v0),
      weights_(parameters.weights),
      ln_stay0_(Softplus(parameters.v0)) {
  MAINSTAY_CHECK(model_.m == 1, "the churn score uses the MBG family");
  MAINSTAY_CHECK(c1_ > 0, "a calibration must not turn the order of scores round");
  if (facts.orders) {
    const Repeats& repeats = facts.orders->statistics.repeats;
    orders_ = Orders{SilenceCurve{model_, repeats}, repeats.t_x, Horizon(parameters, repeats), 0};
    orders_->ln_kept_fresh = -Softplus(CalibratedLogit(repeats.t_x));
  }
  const double lateness = weights_[static_cast<std::size_t>(SignalKind::kTouchLateness)];
  never_falls_ = model_.k == 1 && lateness >= 0 && OnlyLateness(facts.signals);
}

double ChurnCurve::Age(Instant t) const {
  const auto silent = static_cast<double>((t - facts_.orders->last_day_ends_at).count());
  return orders_->t_x + std::max(0.0, silent) / kMsPerWeek;
}

double ChurnCurve::CalibratedLogit(double age) const { return c0_ + c1_ * orders_->curve.Logit(age, orders_->horizon); }

double ChurnCurve::LnSignalsKept(double weighted) const { return ln_stay0_ - Softplus(v0_ + weighted); }

double ChurnCurve::Excess(Instant t) const {
  if (!orders_) return 0;
  const double weighted = Weigh(Signals(facts_.signals, facts_.orders->statistics.repeats.x, t), weights_);
  const double ln_kept = LnSignalsKept(weighted) - Softplus(CalibratedLogit(Age(t)));
  // 1 - E = (1 - P_churn) / (1 - P_fresh): exactly 1 right after an order when no signal is open.
  return std::max(0.0, -std::expm1(ln_kept - orders_->ln_kept_fresh));
}

Score ChurnCurve::At(Instant t) const {
  const std::int64_t x = facts_.orders ? facts_.orders->statistics.repeats.x : 0;
  Score score;
  score.signals = Signals(facts_.signals, x, t);
  const double weighted = Weigh(score.signals, weights_);
  score.q = Sigmoid(v0_ + weighted);
  score.q0 = Sigmoid(v0_);
  AddSignalReasons(score, t);
  if (orders_) {
    const double age = Age(t);
    const double from_orders = Softplus(CalibratedLogit(age));  // -ln(1 - P_sil)
    const double from_signals = -LnSignalsKept(weighted);
    const double lost = std::max(0.0, from_orders + from_signals);  // -ln(1 - P_churn)
    score.probability = -std::expm1(-lost);
    score.fresh = -std::expm1(orders_->ln_kept_fresh);
    score.p_silent = Sigmoid(orders_->curve.Logit(age, orders_->horizon));
    score.p_sil = Sigmoid(CalibratedLogit(age));
    score.horizon_weeks = orders_->horizon;
    score.age_weeks = age;
    score.excess = Excess(t);
    if (lost > 0) {
      score.orders_share = from_orders / lost;
      score.signals_share = from_signals / lost;
    }
    AddOrderReasons(score, t);
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
  const std::string usual = OneDecimal(TypicalGap(model_, repeats));
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

void ChurnCurve::AddSignalReasons(Score& score, Instant t) const {
  for (std::size_t k = 0; k < kSignalKinds; ++k) {
    if (score.signals[k] == 0) continue;
    const auto kind = static_cast<SignalKind>(k);
    std::vector<EventId> events = SignalEvents(facts_.signals, kind, t);
    std::string text = SignalText(facts_.signals, kind, events.size(), t);
    score.reasons.push_back({ReasonPart::kSignals, std::string{SignalKindName(kind)},
                             kPointsPerLn * weights_[k] * score.signals[k], std::move(text), std::move(events)});
  }
}

Score ScoreClient(const ClientFacts& facts, const ChurnParameters& parameters, Instant now) {
  return ChurnCurve{facts, parameters}.At(now);
}

Money MoneyAtStake(Money revenue_365, const Score& score) {
  return score.probability ? ScaleHalfUp(revenue_365, *score.probability) : Money{};
}

}  // namespace mainstay::risk
