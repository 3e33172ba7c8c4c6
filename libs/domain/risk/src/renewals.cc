#include "mainstay/risk/renewals.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "log_math.h"
#include "mainstay/base/check.h"

namespace mainstay::risk {
namespace {

constexpr double kMostPeriods = 1e6;

// ln P(survives from clock `from` to clock `to`), the clock being t^c.
double LnSurvives(const Renewals& model, double from, double to) {
  MAINSTAY_CHECK(model.alpha > 0 && model.beta > 0 && model.c > 0, "model parameters must be positive");
  const double step = to - from;
  return LnGammaStep(model.beta + from, step) - LnGammaStep(model.alpha + model.beta + from, step);
}

double Clock(const Renewals& model, double t) { return model.c == 1 ? t : std::pow(t, model.c); }

}  // namespace

double RenewalSurvival(const Renewals& model, std::int64_t t) {
  return std::exp(LnSurvives(model, 0, Clock(model, static_cast<double>(t))));
}

double RetentionRate(const Renewals& model, std::int64_t t) {
  MAINSTAY_CHECK(t >= 1, "the first renewal is number 1");
  return 1 - RenewalHazard(model, t - 1);
}

double RenewalHazard(const Renewals& model, std::int64_t renewals) {
  return Sigmoid(LogitRenewalHazard(model, renewals));
}

double LogitRenewalHazard(const Renewals& model, std::int64_t renewals) {
  MAINSTAY_CHECK(renewals >= 0, "a client cannot have renewed less than never");
  const double n = static_cast<double>(renewals);
  if (model.c == 1) return std::log(model.alpha) - std::log(model.beta + n);
  const double kept = LnSurvives(model, Clock(model, n), Clock(model, n + 1));
  return LogOneMinusExp(kept) - kept;
}

double DiscountedLifetime(const Renewals& model, std::int64_t n, double discount) {
  MAINSTAY_CHECK(n >= 1 && discount > 0 && model.c == 1, "needs a renewal to come, a discount and sBG");
  const double z = 1 / (1 + discount);
  const double numerator = model.beta + static_cast<double>(n);
  const double denominator = model.alpha + numerator;
  double term = 1;
  double sum = 0;
  for (double i = 0; i < kMostPeriods && term > 1e-18 * sum; ++i) {
    sum += term;
    term *= (numerator + i) / (denominator + i) * z;
  }
  return (numerator - 1) / (denominator - 1) * sum;
}

double LogitContractLeaves(const Renewals& model, const Contract& contract, double horizon_weeks) {
  MAINSTAY_CHECK(contract.term_weeks > 0, "a term has a length");
  const double next = std::max(0.0, contract.next_weeks);
  if (next > horizon_weeks) return -std::numeric_limits<double>::infinity();
  const double due = std::min(1 + std::floor((horizon_weeks - next) / contract.term_weeks), kMostPeriods);
  if (due == 1) return LogitRenewalHazard(model, contract.renewals);
  const double made = static_cast<double>(contract.renewals);
  const double kept = LnSurvives(model, Clock(model, made), Clock(model, made + due));
  return LogOneMinusExp(kept) - kept;
}

}  // namespace mainstay::risk
