#include "mainstay/risk/fit.h"

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <tuple>

#include "log_math.h"
#include "mainstay/base/check.h"
#include "newton.h"

namespace mainstay::risk {
namespace {

using boost::math::digamma;
using boost::math::trigamma;
using Point = Eigen::Vector4d;  // ln r, ln alpha, ln a, ln b
constexpr int kMostStages = 4;
constexpr std::int64_t kRepeatsForStages = 100;

// Clients who look the same to the likelihood.
struct Row {
  double x = 0;
  double t_x = 0;
  double age = 0;
  double count = 0;
};

struct Table {
  std::vector<Row> rows;          // By x, t_x, age.
  std::vector<std::size_t> ends;  // Behind the last row of each x.
  double ln_gaps = 0;             // Of all clients.
  double median_gap = 1;
  std::int64_t clients = 0;
};

Table Compress(std::span<const Observed> clients) {
  Table table;
  table.clients = std::ssize(clients);
  std::vector<Row> all;
  std::vector<double> gaps;
  std::vector<double> ln_gaps;
  all.reserve(clients.size());
  for (const Observed& client : clients) {
    const double x = static_cast<double>(client.repeats.x);
    all.push_back({x, client.repeats.t_x, std::max(client.age, client.repeats.t_x), 1});
    if (x > 0) gaps.push_back(client.repeats.t_x / x);
    ln_gaps.push_back(client.repeats.ln_gap_sum);
  }
  const auto key = [](const Row& r) { return std::tie(r.x, r.t_x, r.age); };
  std::sort(all.begin(), all.end(), [&](const Row& l, const Row& r) { return key(l) < key(r); });
  for (const Row& row : all) {
    if (!table.rows.empty() && key(table.rows.back()) == key(row)) {
      ++table.rows.back().count;
      continue;
    }
    if (!table.rows.empty() && table.rows.back().x != row.x) table.ends.push_back(table.rows.size());
    table.rows.push_back(row);
  }
  table.ends.push_back(table.rows.size());
  std::sort(ln_gaps.begin(), ln_gaps.end());  // The sum must not depend on the order of clients.
  for (const double value : ln_gaps) table.ln_gaps += value;
  if (!gaps.empty()) {
    const auto middle = gaps.begin() + std::ssize(gaps) / 2;
    std::nth_element(gaps.begin(), middle, gaps.end());
    if (*middle > 0) table.median_gap = *middle;
  }
  return table;
}

// A number with its derivatives by r and alpha.
struct Jet {
  double v = 0, r = 0, a = 0, rr = 0, ra = 0, aa = 0;
};

// ln of the sum over Erlang stages, sum_j (R)_j w^j / j!, with R = r + kx and w = (T - t_x) / (alpha + T).
Jet LnStages(int k, double shape, double silent, double alpha_age) {
  const double w = silent / alpha_age;
  if (k == 1 || w == 0) return {};
  // Value and derivatives by R and w.
  double term = 1, dr = 0, drr = 0;  // (R)_j / j! and its derivatives
  double f = 1, fr = 0, frr = 0, fw = 0, frw = 0, fww = 0;
  double power = 1;  // w^j
  for (int j = 1; j < k; ++j) {
    const double factor = (shape + j - 1) / j;
    drr = drr * factor + 2 * dr / j;
    dr = dr * factor + term / j;
    term *= factor;
    const double below = power;  // w^(j-1)
    power *= w;
    f += term * power;
    fr += dr * power;
    frr += drr * power;
    fw += j * term * below;
    frw += j * dr * below;
    if (j >= 2) fww += j * (j - 1) * term * below / w;
  }
  const double wa = -w / alpha_age;  // dw/dalpha
  const double waa = 2 * w / (alpha_age * alpha_age);
  const double lr = fr / f, lw = fw / f;
  const double lrw = frw / f - lr * lw;
  const double lww = fww / f - lw * lw;
  return {std::log(f), lr, lw * wa, frr / f - lr * lr, lrw * wa, lww * wa * wa + lw * waa};
}

class OrderLikelihood {
 public:
  OrderLikelihood(const Table& table, int k, int m, double prior_weight)
      : table_(table), k_(k), m_(m), prior_weight_(prior_weight) {}

  Curvature<4> operator()(const Point& ln) const {
    const double r = std::exp(ln[0]), alpha = std::exp(ln[1]), a = std::exp(ln[2]), b = std::exp(ln[3]);
    Curvature<4> sum;  // By r, alpha, a, b.
    std::size_t begin = 0;
    for (const std::size_t end : table_.ends) {
      AddGroup(begin, end, {r, alpha, a, b}, sum);
      begin = end;
    }
    if (k_ > 1) {
      sum.value += (k_ - 1) * table_.ln_gaps;
    }
    return WithPriors(ToLogarithms(sum, {r, alpha, a, b}), ln);
  }
  [[nodiscard]] double Value(const Point& ln) const { return OrderLikelihood(table_, k_, m_, 0)(ln).value; }

 private:
  // The clients of one x: gamma functions once, the rest row by row.
  void AddGroup(std::size_t begin, std::size_t end, const Point& p, Curvature<4>& sum) const {
    const double r = p[0], alpha = p[1], a = p[2], b = p[3];
    const double x = table_.rows[begin].x;
    const double kx = k_ * x, shape = r + kx, n = x + m_;
    double count = 0;
    const bool may_have_left = n > 0;
    const double loyalty = may_have_left ? std::log(a / (b + n - 1)) : 0;
    for (std::size_t i = begin; i < end; ++i) {
      const Row& row = table_.rows[i];
      count += row.count;
      const double at_order = alpha + row.t_x, at_age = alpha + row.age, silent = row.age - row.t_x;
      const double grown = std::log1p(silent / at_order);
      const double io = 1 / at_order, ia = 1 / at_age;
      const Jet stages = LnStages(k_, shape, silent, at_age);
      // -ln[ S(T) (alpha + t_x)^shape ]
      const Jet silence{shape * grown - stages.v,     grown - stages.r,
                        shape * (ia - io) - stages.a, -stages.rr,
                        (ia - io) - stages.ra,        shape * (io * io - ia * ia) - stages.aa};
      double left = 0;  // P(left)
      double value = -silence.v;
      if (may_have_left) {
        const double odds = loyalty + silence.v;
        const double e = std::exp(-std::abs(odds));
        left = odds > 0 ? 1 / (1 + e) : e / (1 + e);
        value = (odds > 0 ? loyalty : -silence.v) + std::log1p(e);
      }
      const double ln_order = std::log(at_order), stay = 1 - left, both = left * stay, c = row.count;
      sum.value += c * (value - shape * ln_order);
      const double la = may_have_left ? 1 / a : 0, lb = may_have_left ? -1 / (b + n - 1) : 0;
      sum.gradient[0] += c * (-stay * silence.r - ln_order);
      sum.gradient[1] += c * (-stay * silence.a - shape * io);
      sum.gradient[2] += c * left * la;
      sum.gradient[3] += c * left * lb;
      auto& h = sum.hessian;
      h(0, 0) += c * (-stay * silence.rr + both * silence.r * silence.r);
      h(1, 0) += c * (-stay * silence.ra + both * silence.r * silence.a - io);
      h(1, 1) += c * (-stay * silence.aa + both * silence.a * silence.a + shape * io * io);
      h(2, 0) += c * both * la * silence.r;
      h(2, 1) += c * both * la * silence.a;
      h(2, 2) += c * (-left * la * la + both * la * la);
      h(3, 0) += c * both * lb * silence.r;
      h(3, 1) += c * both * lb * silence.a;
      h(3, 2) += c * both * la * lb;
      h(3, 3) += c * (left * lb * lb + both * lb * lb);
    }
    AddGammas(count, kx, n, p, sum);
  }

  // lnGamma(r+kx) - lnGamma(r) + r ln alpha + ln[B(a, b+n) / B(a, b)], and the stages' constant.
  void AddGammas(double count, double kx, double n, const Point& p, Curvature<4>& sum) const {
    const double r = p[0], alpha = p[1], a = p[2], b = p[3];
    double value = LnGammaStep(r, kx) + r * std::log(alpha) + LnGammaStep(b, n) - LnGammaStep(a + b, n);
    if (k_ > 1) value -= kx / k_ * LnGammaStep(1, k_ - 1);
    sum.value += count * value;
    sum.gradient[0] += count * std::log(alpha);
    sum.gradient[1] += count * r / alpha;
    auto& h = sum.hessian;
    h(1, 0) += count / alpha;
    h(1, 1) -= count * r / (alpha * alpha);
    if (kx > 0) {
      sum.gradient[0] += count * (digamma(r + kx) - digamma(r));
      h(0, 0) += count * (trigamma(r + kx) - trigamma(r));
    }
    if (n > 0) {
      const double both = digamma(a + b + n) - digamma(a + b), curved = trigamma(a + b + n) - trigamma(a + b);
      sum.gradient[2] -= count * both;
      sum.gradient[3] += count * (digamma(b + n) - digamma(b) - both);
      h(2, 2) -= count * curved;
      h(3, 2) -= count * curved;
      h(3, 3) += count * (trigamma(b + n) - trigamma(b) - curved);
    }
  }

  static Curvature<4> ToLogarithms(const Curvature<4>& natural, const Point& p) {
    Curvature<4> out;
    out.value = natural.value;
    out.gradient = natural.gradient.cwiseProduct(p);
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j <= i; ++j) out.hessian(i, j) = out.hessian(j, i) = natural.hessian(i, j) * p[i] * p[j];
      out.hessian(i, i) += out.gradient[i];
    }
    return out;
  }

  Curvature<4> WithPriors(Curvature<4> sum, const Point& ln) const {
    if (prior_weight_ == 0) return sum;
    const Point off = ln - Point{0, std::log(table_.median_gap), std::log(.6), std::log(2.5)};
    sum.value -= prior_weight_ * off.squaredNorm() / 2;
    sum.gradient -= prior_weight_ * off;
    sum.hessian.diagonal().array() -= prior_weight_;
    return sum;
  }

  const Table& table_;
  int k_;
  int m_;
  double prior_weight_;
};

double PriorWeight(Priors priors, std::int64_t clients) {
  constexpr double kFull = 200, kNone = 500;
  if (priors == Priors::kNone) return 0;
  return std::clamp((kNone - static_cast<double>(clients)) / (kNone - kFull), 0.0, 1.0);
}

OrderFit FitTable(const Table& table, int k, int m, Priors priors, const OrderModel* start) {
  MAINSTAY_CHECK(k >= 1 && k <= 32 && (m == 0 || m == 1), "k counts Erlang stages, m is 0 or 1");
  const OrderLikelihood likelihood{table, k, m, PriorWeight(priors, table.clients)};
  Point from{0, std::log(table.median_gap / k), std::log(.6), std::log(2.5)};
  if (start != nullptr) {
    from = {std::log(start->r), std::log(start->alpha), std::log(start->a), std::log(start->b)};
  }
  const Ascent<4> best = Maximise<4>(likelihood, from);
  OrderFit fit;
  const Point p = best.at.array().exp();
  fit.model = {.r = p[0], .alpha = p[1], .a = p[2], .b = p[3], .k = k, .m = m};
  fit.log_likelihood = likelihood.Value(best.at);
  const Eigen::Matrix4d covariance = best.Covariance();
  const Eigen::Matrix4d factor = covariance.llt().matrixL();
  for (int i = 0; i < 4; ++i) {
    fit.ln_deviation[static_cast<std::size_t>(i)] = std::sqrt(covariance(i, i));
    for (int j = 0; j < 4; ++j) fit.ln_factor[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = factor(i, j);
  }
  fit.clients = table.clients;
  fit.distinct = std::ssize(table.rows);
  fit.steps = best.steps;
  fit.converged = best.converged;
  fit.no_attrition = p[2] < 1e-3 || p[3] > 1e4;
  return fit;
}

double StandardNormal(Random& random) {
  const double u = 1 - Uniform(random);
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * Uniform(random));
}

}  // namespace

OrderFit FitOrders(std::span<const Observed> clients, int k, int m, Priors priors, const OrderModel* start) {
  MAINSTAY_CHECK(!clients.empty(), "nothing to fit");
  return FitTable(Compress(clients), k, m, priors, start);
}

OrderFit FitMbgCnbd(std::span<const Observed> clients, Priors priors) {
  MAINSTAY_CHECK(!clients.empty(), "nothing to fit");
  const Table table = Compress(clients);
  OrderFit best = FitTable(table, 1, 1, priors, nullptr);
  std::int64_t repeats = 0;
  for (const Observed& client : clients) repeats += client.repeats.x;
  if (repeats < kRepeatsForStages) return best;
  OrderModel start = best.model;
  for (int k = 2; k <= kMostStages; ++k) {
    const OrderFit fit = FitTable(table, k, 1, priors, &start);
    start = fit.model;
    if (fit.log_likelihood > best.log_likelihood) best = fit;
  }
  return best;
}

OrderFit RefitMbgCnbd(std::span<const Observed> clients, Priors priors, const OrderModel& last) {
  MAINSTAY_CHECK(!clients.empty(), "nothing to fit");
  const Table table = Compress(clients);
  std::int64_t repeats = 0;
  for (const Observed& client : clients) repeats += client.repeats.x;
  OrderFit best = FitTable(table, repeats < kRepeatsForStages ? 1 : last.k, 1, priors, &last);
  if (repeats < kRepeatsForStages) return best;
  const OrderModel start = best.model;
  for (const int k : {start.k + 1, start.k - 1}) {
    if (k < 1 || k > kMostStages) continue;
    const OrderFit fit = FitTable(table, k, 1, priors, &start);
    if (fit.log_likelihood > best.log_likelihood) return fit;
  }
  return best;
}

std::vector<OrderModel> DrawModels(const OrderFit& fit, int count, Random& random) {
  std::vector<OrderModel> models;
  for (int n = 0; n < count; ++n) {
    std::array<double, 4> z{};
    for (double& value : z) value = StandardNormal(random);
    std::array<double, 4> ln{std::log(fit.model.r), std::log(fit.model.alpha), std::log(fit.model.a),
                             std::log(fit.model.b)};
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = 0; j <= i; ++j) ln[i] += fit.ln_factor[i][j] * z[j];
      ln[i] = std::clamp(ln[i], -16.0, 18.0);
    }
    OrderModel model = fit.model;
    model.r = std::exp(ln[0]);
    model.alpha = std::exp(ln[1]);
    model.a = std::exp(ln[2]);
    model.b = std::exp(ln[3]);
    models.push_back(model);
  }
  return models;
}

Interval PSilentInterval(std::span<const OrderModel> models, const Repeats& repeats, double age, double horizon) {
  MAINSTAY_CHECK(!models.empty(), "an interval needs draws");
  // Draws of parameters say nothing beyond this: a probability is never 0 or 1.
  std::vector<double> values;
  for (const OrderModel& model : models) {
    values.push_back(std::clamp(PSilent(model, repeats, age, horizon), kLeastProbability, 1 - kLeastProbability));
  }
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + .5)];
  };
  return {at(.05), at(.95)};
}

}  // namespace mainstay::risk
