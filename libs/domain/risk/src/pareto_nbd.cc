#include "mainstay/risk/pareto_nbd.h"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <limits>

#include "log_math.h"
#include "mainstay/base/check.h"

namespace mainstay::risk {
namespace {

// Integrates a smooth f over [from, to] in equal panels of 30 Gauss-Legendre nodes.
template <class F>
double Integrate(const F& f, double from, double to, int panels) {
  double sum = 0;
  const double width = (to - from) / panels;
  for (int i = 0; i < panels; ++i) {
    const double left = from + i * width;
    sum += boost::math::quadrature::gauss<double, 30>::integrate(f, left, left + width);
  }
  return sum;
}

double Shape(const ParetoNbd& model, const Repeats& repeats) { return model.r + static_cast<double>(repeats.x); }

// ln of the odds of having left by `age`.
double LnLeftOdds(const ParetoNbd& model, const Repeats& repeats, double age) {
  if (age <= repeats.t_x) return -std::numeric_limits<double>::infinity();
  const double shape = Shape(model, repeats);
  const double start = model.alpha + repeats.t_x;
  const double end = std::log1p((age - repeats.t_x) / start);
  // With y = ln((alpha+u)/(alpha+t_x)) the steep factor is e^(-shape y); e^(shape end) goes to the logarithm.
  const auto integrand = [&](double y) {
    const double silent = start * std::expm1(y);  // u - t_x
    const double beta_u = model.beta + repeats.t_x + silent;
    return model.s * (start + silent) / beta_u * std::exp(-shape * y + model.s * std::log((model.beta + age) / beta_u));
  };
  const double steep = std::min(end, 40 / shape);
  double sum = Integrate(integrand, 0, steep, 4);
  if (steep < end) sum += Integrate(integrand, steep, end, 4);
  return shape * end + std::log(sum);
}

// (1 - (1 + w)^-e) / e with w = span / start; ln(1 + w) for e = 0.
double Attrition(double exponent, double ln_grown) {
  return exponent == 0 ? ln_grown : -std::expm1(-exponent * ln_grown) / exponent;
}

}  // namespace

double LogLikelihood(const ParetoNbd& model, const Repeats& repeats, double age) {
  MAINSTAY_CHECK(model.r > 0 && model.alpha > 0 && model.s > 0 && model.beta > 0, "model parameters must be positive");
  age = std::max(age, repeats.t_x);
  const double x = static_cast<double>(repeats.x);
  return LnGammaStep(model.r, x) - model.r * std::log1p(age / model.alpha) - x * std::log(model.alpha + age) -
         model.s * std::log1p(age / model.beta) + Softplus(LnLeftOdds(model, repeats, age));
}

double LnPAlive(const ParetoNbd& model, const Repeats& repeats, double age) {
  return -Softplus(LnLeftOdds(model, repeats, age));
}

double PSilent(const ParetoNbd& model, const Repeats& repeats, double age, double horizon) {
  // The likelihood of the same orders seen until age + horizon, over that until age.
  age = std::max(age, repeats.t_x);
  return std::exp(-Shape(model, repeats) * std::log1p(horizon / (model.alpha + age)) -
                  model.s * std::log1p(horizon / (model.beta + age)) +
                  Softplus(LnLeftOdds(model, repeats, age + horizon)) - Softplus(LnLeftOdds(model, repeats, age)));
}

double ExpectedOrdersIfActive(const ParetoNbd& model, const Repeats& repeats, double age, double span) {
  const double beta = model.beta + age;
  return Shape(model, repeats) / (model.alpha + age) * beta * Attrition(model.s - 1, std::log1p(span / beta));
}

double ExpectedRepeats(const ParetoNbd& model, double span) { return ExpectedOrdersIfActive(model, {}, 0, span); }

double DiscountedOrdersIfActive(const ParetoNbd& model, const Repeats& repeats, double age, double discount) {
  MAINSTAY_CHECK(discount > 0, "undiscounted orders have no finite sum");
  // y^(s-1) U(s, s; y) = int_0^inf e^(-y v) (1+v)^-s dv with y = discount (beta + age); then v = e^w - 1.
  constexpr double kUnderflow = 745;
  const double y = discount * (model.beta + age);
  const auto integrand = [&](double w) { return std::exp(-y * std::expm1(w) + (1 - model.s) * w); };
  const double kept = Integrate(integrand, 0, std::log1p(kUnderflow / y), 24);
  return Shape(model, repeats) / (model.alpha + age) * (model.beta + age) * kept;
}

}  // namespace mainstay::risk
