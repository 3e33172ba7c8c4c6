#include "log_math.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mainstay::risk {
namespace {

// Stirling's correction ln Gamma(z) - [(z - 1/2) ln z - z + ln(2 pi)/2]; below 1e-17 of error from z = 16 on.
double StirlingRest(double z) {
  const double s = 1 / (z * z);
  return (1.0 / 12 + s * (-1.0 / 360 + s * (1.0 / 1260 + s * (-1.0 / 1680 + s * (1.0 / 1188 - s * 691.0 / 360360))))) /
         z;
}

}  // namespace

double LogAddExp(double a, double b) {
  const double high = std::max(a, b);
  const double low = std::min(a, b);
  if (low == -std::numeric_limits<double>::infinity()) return high;
  return high + std::log1p(std::exp(low - high));
}

double LogOneMinusExp(double a) {
  constexpr double kLn2 = 0.693147180559945309417;
  return a > -kLn2 ? std::log(-std::expm1(a)) : std::log1p(-std::exp(a));
}

double Softplus(double a) { return a > 0 ? a + std::log1p(std::exp(-a)) : std::log1p(std::exp(a)); }

double Sigmoid(double a) {
  if (a >= 0) return 1 / (1 + std::exp(-a));
  const double e = std::exp(a);
  return e / (1 + e);
}

double LnGammaStep(double z, double d) {
  constexpr double kSafe = 16;  // Where Stirling's series is exact to double precision.
  double shift = 1;             // Product of (z + d + i) / (z + i) over the steps climbed.
  while (z < kSafe) {
    shift *= (z + d) / z;
    z += 1;
  }
  return (z - 0.5) * std::log1p(d / z) + d * std::log(z + d) - d + StirlingRest(z + d) - StirlingRest(z) -
         std::log(shift);
}

}  // namespace mainstay::risk
