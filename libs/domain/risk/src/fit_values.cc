// Gamma-Gamma and sBG.
#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <map>

#include "log_math.h"
#include "mainstay/base/check.h"
#include "mainstay/risk/fit.h"
#include "newton.h"

namespace mainstay::risk {

using boost::math::digamma;
using boost::math::trigamma;

ValueFit FitGammaGamma(std::span<const ValueObserved> clients) {
  MAINSTAY_CHECK(!clients.empty(), "nothing to fit");
  std::map<std::int64_t, std::vector<double>> means;  // By x.
  double mean = 0;
  for (const ValueObserved& client : clients) {
    MAINSTAY_CHECK(client.x >= 1 && client.mean > 0, "order values are positive");
    means[client.x].push_back(client.mean);
  }
  for (auto& [x, values] : means) {
    std::sort(values.begin(), values.end());
    for (const double value : values) mean += value / static_cast<double>(clients.size());
  }
  // Fitted in units of their mean, so that the currency's size plays no part.
  for (auto& [x, values] : means) {
    for (double& value : values) value /= mean;
  }
  const auto likelihood = [&](const Eigen::Vector3d& ln) {
    const double p = std::exp(ln[0]), q = std::exp(ln[1]);
    Curvature<3> sum;  // By ln p, ln q, ln gamma.
    for (const auto& [count, values] : means) {
      const double n = static_cast<double>(count), px = p * n, size = static_cast<double>(values.size());
      const double gp = size * n * p * (digamma(px + q) - digamma(px));
      const double gq = size * q * (digamma(px + q) - digamma(q));
      sum.value += size * (LnGammaStep(px, q) - LnGammaStep(1, q) + ln[1]);
      sum.gradient += Eigen::Vector3d{gp, gq, 0};
      sum.hessian(0, 0) += gp + size * px * px * (trigamma(px + q) - trigamma(px));
      sum.hessian(1, 1) += gq + size * q * q * (trigamma(px + q) - trigamma(q));
      sum.hessian(1, 0) += size * px * q * trigamma(px + q);
      for (const double value : values) {
        const double odds = std::log(n * value) - ln[2];  // x m / gamma
        const double high = Softplus(odds), low = Softplus(-odds), share = Sigmoid(odds), both = share * (1 - share);
        sum.value -= q * high + px * low + std::log(value);
        sum.gradient -= Eigen::Vector3d{px * low, q * high, px * (1 - share) - q * share};
        sum.hessian(0, 0) -= px * low;
        sum.hessian(1, 1) -= q * high;
        sum.hessian(2, 0) -= px * (1 - share);
        sum.hessian(2, 1) += q * share;
        sum.hessian(2, 2) -= (px + q) * both;
      }
    }
    sum.hessian(0, 1) = sum.hessian(1, 0);
    sum.hessian(0, 2) = sum.hessian(2, 0);
    sum.hessian(1, 2) = sum.hessian(2, 1);
    return sum;
  };
  const Ascent<3> best = Maximise<3>(likelihood, Eigen::Vector3d{std::log(4.0), std::log(4.0), std::log(.75)});
  const Eigen::Matrix3d covariance = best.Covariance();
  const Eigen::Vector3d p = best.at.array().exp();
  return {{p[0], p[1], p[2] * mean},
          best.curvature.value - static_cast<double>(clients.size()) * std::log(mean),
          {std::sqrt(covariance(0, 0)), std::sqrt(covariance(1, 1)), std::sqrt(covariance(2, 2))},
          best.converged};
}

RenewalFit FitRenewals(std::span<const double> lost, double kept) {
  const auto likelihood = [&](const Eigen::Vector2d& ln) {
    const double alpha = std::exp(ln[0]), beta = std::exp(ln[1]);
    Curvature<2> sum;
    double at_risk = kept;
    for (const double count : lost) at_risk += count;
    // Each renewal faced is a coin with odds alpha : beta + t - 1.
    for (std::size_t t = 0; t < lost.size(); ++t) {
      const double stays = beta + static_cast<double>(t), all = alpha + stays, go = lost[t], stay = at_risk - lost[t];
      sum.value += go * std::log(alpha / all) + stay * std::log(stays / all);
      const double ga = go * stays / all - stay * alpha / all;  // By ln alpha.
      const double gb = -go * beta / all + stay * (beta / stays - beta / all);
      sum.gradient += Eigen::Vector2d{ga, gb};
      const double n = go + stay, aa = -n * alpha * stays / (all * all);
      sum.hessian(0, 0) += aa;
      sum.hessian(1, 0) += n * alpha * beta / (all * all);
      const double second = n / (all * all) - stay / (stays * stays);
      sum.hessian(1, 1) += gb + beta * beta * second;
      at_risk = stay;
    }
    sum.hessian(0, 1) = sum.hessian(1, 0);
    return sum;
  };
  const Ascent<2> best = Maximise<2>(likelihood, Eigen::Vector2d{0, 1});
  const Eigen::Matrix2d covariance = best.Covariance();
  return {{std::exp(best.at[0]), std::exp(best.at[1]), 1},
          best.curvature.value,
          {std::sqrt(covariance(0, 0)), std::sqrt(covariance(1, 1))},
          best.converged};
}

}  // namespace mainstay::risk
