// Simulated clients: the story of the order models told with a seed.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/risk/fit.h"
#include "mainstay/risk/models.h"

namespace mainstay::risk {

inline double DrawNormal(Random& random) {
  const double u = 1 - Uniform(random);
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * Uniform(random));
}

// Gamma(shape, 1) by Marsaglia and Tsang (2000), with the power trick below shape 1.
inline double DrawGamma(double shape, Random& random) {
  if (shape < 1) return DrawGamma(shape + 1, random) * std::pow(1 - Uniform(random), 1 / shape);
  const double d = shape - 1.0 / 3;
  for (;;) {
    const double z = DrawNormal(random);
    const double v = std::pow(1 + z / std::sqrt(9 * d), 3);
    if (v > 0 && std::log(1 - Uniform(random)) < z * z / 2 + d * (1 - v + std::log(v))) return d * v;
  }
}

inline double DrawBeta(double a, double b, Random& random) {
  const double left = DrawGamma(a, random);
  return left / (left + DrawGamma(b, random));
}

// One client watched for `span`.
inline Observed SimulateOne(const OrderModel& model, double span, Random& random) {
  const double rate = DrawGamma(model.r, random) / model.alpha;
  const double leaves = DrawBeta(model.a, model.b, random);
  Observed client{{}, span};
  bool active = model.m == 0 || Uniform(random) >= leaves;
  double t = 0;
  while (active) {
    const double gap = DrawGamma(model.k, random) / rate;
    if (!(t + gap <= span)) break;
    t += gap;
    ++client.repeats.x;
    client.repeats.t_x = t;
    client.repeats.ln_gap_sum += std::log(gap);
    active = Uniform(random) >= leaves;
  }
  return client;
}

inline std::vector<Observed> Simulate(const OrderModel& model, int count, double span, Random& random) {
  std::vector<Observed> clients;
  for (int i = 0; i < count; ++i) clients.push_back(SimulateOne(model, span, random));
  return clients;
}

}  // namespace mainstay::risk
