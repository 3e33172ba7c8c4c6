// Parameters of the models from the orders of a book: maximum likelihood, or its posterior mode with priors.
//
// Newton's method on the logarithms of the parameters with exact derivatives, damped where the likelihood is not
// concave; equal clients are counted once (exact, no rounding). Parameters stay within e^-14 and e^16, so a book in
// which nobody or everybody leaves gives finite numbers; `no_attrition` says that leaving was not identified.
//
// Pure and deterministic: the result does not depend on the order of the clients. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/risk/gamma_gamma.h"
#include "mainstay/risk/models.h"
#include "mainstay/risk/renewals.h"

namespace mainstay::risk {

struct Observed {
  Repeats repeats;
  double age = 0;  // T
};

// At most `most` of them, evenly over the list. REQUIRES: most > 0.
template <class Client>
[[nodiscard]] std::vector<Client> EvenSample(std::span<const Client> clients, std::size_t most) {
  const std::size_t stride = std::max<std::size_t>(1, (clients.size() + most - 1) / most);
  std::vector<Client> sample;
  for (std::size_t i = 0; i < clients.size(); i += stride) sample.push_back(clients[i]);
  return sample;
}

// Log-normal priors: r ~ LN(0, 1), alpha ~ LN(ln median gap, 1), a ~ LN(ln .6, 1), b ~ LN(ln 2.5, 1), with full weight
// up to 200 clients, falling linearly to none at 500.
enum class Priors : std::uint8_t { kNone, kBySize };

struct OrderFit {
  OrderModel model;
  double log_likelihood = 0;             // Without priors.
  std::array<double, 4> ln_deviation{};  // Standard errors of ln r, ln alpha, ln a, ln b (Laplace).
  // Cholesky factor (lower) of the covariance of the logarithms, for draws.
  std::array<std::array<double, 4>, 4> ln_factor{};
  std::int64_t clients = 0;
  std::int64_t distinct = 0;  // After compression.
  int steps = 0;
  bool converged = false;
  bool no_attrition = false;  // a < 1e-3 or b > 1e4.
};

// For a given k and m. `start`: parameters to start from (a warm start makes it faster, not better).
// REQUIRES: clients is not empty; ln_gap_sum present if k > 1; 1 <= k <= 32.
[[nodiscard]] OrderFit FitOrders(std::span<const Observed> clients, int k, int m, Priors priors,
                                 const OrderModel* start = nullptr);
// MBG/CNBD-k with the k of 1..4 that has the largest log-likelihood; k = 1 below 100 repeat orders.
[[nodiscard]] OrderFit FitMbgCnbd(std::span<const Observed> clients, Priors priors);
// The same for a refit on a little more data: starts from the `last` fit and moves k by one at most.
[[nodiscard]] OrderFit RefitMbgCnbd(std::span<const Observed> clients, Priors priors, const OrderModel& last);

// `count` parameter sets from the Laplace approximation of the posterior.
[[nodiscard]] std::vector<OrderModel> DrawModels(const OrderFit& fit, int count, Random& random);
struct Interval {
  double low = 0;
  double high = 0;
};
// The central 90 % of P(no order in (age, age + horizon]) over the drawn models, within 1e-6 and 1 - 1e-6.
// REQUIRES: models is not empty.
[[nodiscard]] Interval PSilentInterval(std::span<const OrderModel> models, const Repeats& repeats, double age,
                                       double horizon);

struct ValueObserved {
  std::int64_t x = 0;  // Repeat orders. REQUIRES: >= 1.
  double mean = 0;     // Of their values. REQUIRES: > 0.
};
struct ValueFit {
  GammaGamma model;
  double log_likelihood = 0;
  std::array<double, 3> ln_deviation{};
  bool converged = false;
};
// In any unit of money. REQUIRES: clients is not empty.
[[nodiscard]] ValueFit FitGammaGamma(std::span<const ValueObserved> clients);

struct RenewalFit {
  Renewals model;  // sBG
  double log_likelihood = 0;
  std::array<double, 2> ln_deviation{};
  bool converged = false;
};
// `lost[t-1]`: clients lost at the t-th renewal; `kept`: still clients after the last one.
[[nodiscard]] RenewalFit FitRenewals(std::span<const double> lost, double kept);

}  // namespace mainstay::risk
