#include "mainstay/risk/models.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>

#include "leaving_series.h"
#include "log_math.h"
#include "mainstay/base/check.h"

namespace mainstay::risk {
namespace {

double Shape(const OrderModel& model, const Repeats& repeats) {
  return model.r + model.k * static_cast<double>(repeats.x);
}

// ln[a / (b + x - 1 + m)]: the odds of having left, seen right after the last order.
double Loyalty(const OrderModel& model, const Repeats& repeats) {
  const std::int64_t chances = repeats.x - 1 + model.m;
  if (chances < 0) return -std::numeric_limits<double>::infinity();
  return std::log(model.a / (model.b + static_cast<double>(chances)));
}

// C/(a-1) [1 - (1-z)^(a-1) 2F1(A, a-1; C; z)], with the factor a-1 divided out, so that a = 1 is no special place; of
// each z, ascending, in its place.
void OrdersUntilLeaving(double upper, double lower, double a, std::vector<double>& zs) {
  const double e = a - 1;
  std::vector<double> sums = zs;
  LeavingSeries(upper, lower, e, sums);
  for (std::size_t i = 0; i < zs.size(); ++i) {
    const double ln_rest = std::log1p(-zs[i]);
    const double grown = std::expm1(e * ln_rest);
    const double grown_over_e = e == 0 ? ln_rest : grown / e;
    zs[i] = -(lower * grown_over_e + sums[i] + grown * sums[i]);
  }
}

}  // namespace

SilenceCurve::SilenceCurve(const OrderModel& model, const Repeats& repeats)
    : alpha_(model.alpha),
      t_x_(repeats.t_x),
      shape_(Shape(model, repeats)),
      loyalty_(Loyalty(model, repeats)),
      k_(model.k) {
  MAINSTAY_CHECK(model.r > 0 && model.alpha > 0 && model.a > 0 && model.b > 0, "model parameters must be positive");
  MAINSTAY_CHECK(model.k >= 1 && model.k <= 32, "k counts Erlang stages, 1 to 32");
  MAINSTAY_CHECK(model.m == 0 || model.m == 1, "m is 0 (BG) or 1 (MBG)");
  MAINSTAY_CHECK(repeats.x >= 0 && repeats.t_x >= 0, "a client cannot have fewer than no orders");
}

double SilenceCurve::LnStages(double age) const {
  if (k_ == 1) return 0;
  // All terms are positive and (shape)_j / j! grows only like shape^j with j < 32: no cancellation, no overflow.
  const double w = std::max(0.0, age - t_x_) / (alpha_ + std::max(age, t_x_));
  double term = 1;
  double sum = 1;
  for (int j = 1; j < k_; ++j) {
    term *= (shape_ + j - 1) / j * w;
    sum += term;
  }
  return std::log(sum);
}

double SilenceCurve::Silence(double age) const {
  return shape_ * std::log1p(std::max(0.0, age - t_x_) / (alpha_ + t_x_)) - LnStages(age);
}

double SilenceCurve::LnStaysSilent(double age, double horizon) const {
  age = std::max(age, t_x_);
  return -shape_ * std::log1p(horizon / (alpha_ + age)) + LnStages(age + horizon) - LnStages(age);
}

double SilenceCurve::LnPAlive(double age) const { return -Softplus(loyalty_ + Silence(age)); }

double SilenceCurve::Logit(double age, double horizon) const {
  // P = (D + S(T+h)) / (D + S(T)), so the odds are (D/S(T) + e^stays) / (1 - e^stays).
  const double stays = LnStaysSilent(age, horizon);
  return LogAddExp(loyalty_ + Silence(age), stays) - LogOneMinusExp(stays);
}

double LnSurvival(const OrderModel& model, const Repeats& repeats, double t) {
  const SilenceCurve curve{model, repeats};
  return -Shape(model, repeats) * std::log(model.alpha + repeats.t_x) - curve.Silence(t);
}

double LnLeft(const OrderModel& model, const Repeats& repeats) {
  return Loyalty(model, repeats) - Shape(model, repeats) * std::log(model.alpha + repeats.t_x);
}

double LnPAlive(const OrderModel& model, const Repeats& repeats, double age) {
  return SilenceCurve{model, repeats}.LnPAlive(age);
}

double PAlive(const OrderModel& model, const Repeats& repeats, double age) {
  return std::exp(LnPAlive(model, repeats, age));
}

double PSilent(const OrderModel& model, const Repeats& repeats, double age, double horizon) {
  return Sigmoid(LogitPSilent(model, repeats, age, horizon));
}

double LogitPSilent(const OrderModel& model, const Repeats& repeats, double age, double horizon) {
  return SilenceCurve{model, repeats}.Logit(age, horizon);
}

double LogLikelihood(const OrderModel& model, const Repeats& repeats, double age) {
  const double x = static_cast<double>(repeats.x);
  const double kx = model.k * x;
  // ln B(a, b+n) - ln B(a, b) for n chances to leave that were not taken.
  const double n = x + model.m;
  const double stayed = LnGammaStep(model.b, n) - LnGammaStep(model.a + model.b, n);
  // The common factor (alpha + t_x)^-(r+kx) is joined with alpha^r, so both large terms never meet.
  const double rate = -model.r * std::log1p(repeats.t_x / model.alpha) - kx * std::log(model.alpha + repeats.t_x);
  const SilenceCurve curve{model, repeats};
  const double left_or_silent = LogAddExp(curve.loyalty(), -curve.Silence(age));
  double stages = 0;
  if (model.k > 1) stages = (model.k - 1) * repeats.ln_gap_sum - x * LnGammaStep(1, model.k - 1);
  return stages + stayed + LnGammaStep(model.r, kx) + rate + left_or_silent;
}

std::vector<double> ExpectedOrdersIfActive(const OrderModel& model, const Repeats& repeats, double age,
                                           std::span<const double> spans) {
  MAINSTAY_CHECK(model.k == 1, "expected orders have a closed form for k = 1 only");
  MAINSTAY_CHECK(std::is_sorted(spans.begin(), spans.end()), "spans ascend");
  std::vector<double> orders;
  orders.reserve(spans.size());
  // Nobody leaves: the series would subtract numbers of size b for a result of size 1.
  constexpr double kNoAttrition = 1e8;
  if (model.b > kNoAttrition * std::max(1.0, model.a)) {
    for (const double span : spans) orders.push_back(Shape(model, repeats) * span / (model.alpha + age));
    return orders;
  }
  const double lower = model.a + model.b - 1 + model.m + static_cast<double>(repeats.x);
  const double upper = model.a + model.b - 1 + model.m - model.r;
  for (const double span : spans) orders.push_back(span / (model.alpha + age + span));
  OrdersUntilLeaving(upper, lower, model.a, orders);
  return orders;
}

double ExpectedOrdersIfActive(const OrderModel& model, const Repeats& repeats, double age, double span) {
  return ExpectedOrdersIfActive(model, repeats, age, {&span, 1}).front();
}

double ExpectedOrders(const OrderModel& model, const Repeats& repeats, double age, double span) {
  return PAlive(model, repeats, age) * ExpectedOrdersIfActive(model, repeats, age, span);
}

double ExpectedRepeats(const OrderModel& model, double span) { return ExpectedRepeats(model, {&span, 1}).front(); }

std::vector<double> ExpectedRepeats(const OrderModel& model, std::span<const double> spans) {
  // A new client of the MBG family stays at all with b / (a + b).
  const double stays = model.m == 1 ? model.b / (model.a + model.b) : 1;
  std::vector<double> repeats = ExpectedOrdersIfActive(model, {}, 0, spans);
  for (double& expected : repeats) expected *= stays;
  return repeats;
}

double OrderCountProbability(const OrderModel& model, std::int64_t x, double span) {
  MAINSTAY_CHECK(model.k == 1 && model.m == 0, "the count has a closed form for BG/NBD only");
  MAINSTAY_CHECK(x >= 0 && span >= 0, "counts and times are not negative");
  const double n = static_cast<double>(x);
  const double whole = model.a + model.b;
  const double ln_idle = -std::log1p(span / model.alpha);  // ln(alpha / (alpha + span))
  if (span == 0) return x == 0 ? 1 : 0;
  const double stays = LnGammaStep(model.b, n) - LnGammaStep(whole, n);
  const double active = std::exp(stays + LnGammaStep(model.r, n) - LnGammaStep(1, n) + model.r * ln_idle +
                                 n * (std::log(span) - std::log(model.alpha + span)));
  if (x == 0) return active;
  // 1 less the first x terms of a negative binomial is an incomplete beta function, which does not cancel.
  const double leaves = model.a / whole * std::exp(LnGammaStep(model.b, n - 1) - LnGammaStep(whole + 1, n - 1));
  return active + leaves * boost::math::ibeta(n, model.r, span / (model.alpha + span));
}

double TypicalGap(const OrderModel& model, const Repeats& repeats) {
  return model.k * (model.alpha + repeats.t_x) / Shape(model, repeats);
}

}  // namespace mainstay::risk
