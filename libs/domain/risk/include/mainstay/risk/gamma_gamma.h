// How much is a client's next order worth? Gamma-Gamma (Fader, Hardie & Lee 2005; Fader & Hardie 2013, note 025).
//
// The story: order values of one client are Gamma(p, nu), nu ~ Gamma(q, gamma) over clients, independent of how often
// it orders (check the correlation of count and mean before believing it). Pure; any thread.
#pragma once

#include <cstdint>

namespace mainstay::risk {

// REQUIRES: p, q, gamma > 0 and finite.
struct GammaGamma {
  double p = 6.25;
  double q = 3.74;
  double gamma = 15.44;  // In the unit of money.
  friend bool operator==(const GammaGamma&, const GammaGamma&) = default;
};

// Log density of a mean value `mean` over `x` repeat orders. REQUIRES: x >= 1, mean > 0.
[[nodiscard]] double LogLikelihood(const GammaGamma& model, std::int64_t x, double mean);
// E[M | mean of x orders]: shrinkage between the client's mean and the population's p gamma / (q - 1).
// REQUIRES: x >= 0, mean >= 0, p x + q > 1 (so q > 1 for x = 0).
[[nodiscard]] double ExpectedOrderValue(const GammaGamma& model, std::int64_t x, double mean);

}  // namespace mainstay::risk
