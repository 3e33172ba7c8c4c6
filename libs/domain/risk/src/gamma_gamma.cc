#include "mainstay/risk/gamma_gamma.h"

#include <cmath>

#include "log_math.h"
#include "mainstay/base/check.h"

namespace mainstay::risk {

double LogLikelihood(const GammaGamma& model, std::int64_t x, double mean) {
  MAINSTAY_CHECK(model.p > 0 && model.q > 0 && model.gamma > 0, "model parameters must be positive");
  MAINSTAY_CHECK(x >= 1 && mean > 0, "order values are positive");
  const double px = model.p * static_cast<double>(x);
  const double ln_total = std::log(static_cast<double>(x)) + std::log(mean) - std::log(model.gamma);
  const double ln_gamma_q = LnGammaStep(1, model.q) - std::log(model.q);
  // ln(gamma / (gamma + x m)) and ln(x m / (gamma + x m)), each without cancellation.
  return LnGammaStep(px, model.q) - ln_gamma_q - model.q * Softplus(ln_total) - px * Softplus(-ln_total) -
         std::log(mean);
}

double ExpectedOrderValue(const GammaGamma& model, std::int64_t x, double mean) {
  const double n = static_cast<double>(x);
  const double shape = model.p * n + model.q - 1;
  MAINSTAY_CHECK(x >= 0 && mean >= 0 && shape > 0, "the expected order value is infinite");
  return model.p * model.gamma / shape + model.p * n / shape * mean;
}

}  // namespace mainstay::risk
