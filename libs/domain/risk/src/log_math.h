// Logarithmic forms that neither overflow nor cancel.
#pragma once

namespace mainstay::risk {

// Probabilities stay this far from 0 and 1 wherever their logarithm is taken.
inline constexpr double kLeastProbability = 1e-6;

// ln(e^a + e^b); either may be -infinity.
[[nodiscard]] double LogAddExp(double a, double b);
// ln(1 - e^a). REQUIRES: a < 0.
[[nodiscard]] double LogOneMinusExp(double a);
// ln(1 + e^a) = -ln(1 - sigmoid(a)).
[[nodiscard]] double Softplus(double a);
[[nodiscard]] double Sigmoid(double a);
// ln Gamma(z + d) - ln Gamma(z), accurate where z is huge and d is small. REQUIRES: z > 0, d >= 0.
[[nodiscard]] double LnGammaStep(double z, double d);

}  // namespace mainstay::risk
