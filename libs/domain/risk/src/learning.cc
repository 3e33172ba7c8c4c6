#include "mainstay/risk/learning.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "log_math.h"
#include "mainstay/base/check.h"
#include "mainstay/base/hash.h"

namespace mainstay::risk {
namespace {

constexpr double kMsPerWeek = 604'800'000.0;
constexpr auto kKinds = static_cast<Eigen::Index>(kSignalKinds);
using Vector = Eigen::Matrix<double, kKinds, 1>;
using Square = Eigen::Matrix<double, kKinds, kKinds>;

// P_churn with what its derivatives are made of.
struct Parts {
  double p = 0;  // Clamped.
  bool clamped = false;
  double from_q = 0;    // dP / d(sum v_k s_k)
  double from_sil = 0;  // dP / d(logit P_sil)
};

Parts Evaluate(const Snapshot& snapshot, const SignalValues& weights, double v0, double c0, double c1) {
  const double weighted = Weigh(snapshot.signals, weights);
  const double ln_u = Softplus(v0) - Softplus(v0 + weighted);
  const double z = c0 + c1 * snapshot.logit_silent;
  const double ln_kept = (snapshot.no_renewal ? 0 : -Softplus(z)) + ln_u;
  const double kept = std::exp(ln_kept);
  Parts parts;
  parts.p = std::clamp(-std::expm1(ln_kept), kLeastProbability, 1 - kLeastProbability);
  parts.clamped = parts.p == kLeastProbability || parts.p == 1 - kLeastProbability;
  if (parts.clamped) return parts;
  parts.from_q = kept * Sigmoid(v0 + weighted);
  parts.from_sil = snapshot.no_renewal ? 0 : kept * Sigmoid(z);
  return parts;
}

Vector ToVector(const SignalValues& values) {
  Vector out;
  for (Eigen::Index i = 0; i < kKinds; ++i) out[i] = values[static_cast<std::size_t>(i)];
  return out;
}

double LogLikelihood(const Matured& row, const SignalValues& weights, double v0, double c0, double c1) {
  const double p = Evaluate(row.snapshot, weights, v0, c0, c1).p;
  return row.Weight() * (row.left ? std::log(p) : std::log1p(-p));
}

}  // namespace

bool IsSnapshotWeek(const BookId& book, const ClientId& client, Instant t) {
  const std::string hex = HashParts({book.raw(), client.raw(), "snapshot"}).Hex();
  const auto mine = static_cast<std::int64_t>(std::stoul(hex.substr(0, 2), nullptr, 16) % 4);
  const std::int64_t week = std::chrono::floor<std::chrono::weeks>(t).time_since_epoch().count();
  return ((week % 4) + 4) % 4 == mine;
}

std::optional<Snapshot> SnapshotOf(const ChurnCurve& curve, Instant t) {
  const Score score = curve.At(t);
  if (!score.p_silent) return std::nullopt;
  Snapshot snapshot{t, *score.horizon_weeks, 0, false, score.signals};
  const double p = *score.p_silent;
  snapshot.no_renewal = p == 0;
  if (p > 0) snapshot.logit_silent = std::log(p) - std::log1p(-std::min(p, 1 - 1e-16));
  return snapshot;
}

Label LabelOf(const Snapshot& snapshot, const Outcome& outcome, Instant now) {
  if (outcome.erased) return Label::kDropped;
  const auto horizon =
      std::chrono::round<Duration>(std::chrono::duration<double, std::milli>{snapshot.horizon_weeks * kMsPerWeek});
  const Instant end = snapshot.at + horizon;
  const auto within = [&](const std::optional<Instant>& at) { return at && *at > snapshot.at && *at <= end; };
  if (within(outcome.lost_at) && *outcome.lost_at <= now) return Label::kLeft;
  if (within(outcome.first_order_after) && *outcome.first_order_after <= now) return Label::kStayed;
  return now >= end ? Label::kLeft : Label::kPending;
}

WeightState StartWeights() {
  WeightState state;
  for (std::size_t i = 0; i < kSignalKinds; ++i) {
    state.precision[i][i] = 1 / (kPriorDeviations[i] * kPriorDeviations[i]);
  }
  return state;
}

SignalValues DeviationsOf(const WeightState& state) {
  Square precision;
  for (Eigen::Index i = 0; i < kKinds; ++i) {
    for (Eigen::Index j = 0; j < kKinds; ++j) {
      precision(i, j) = state.precision[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    }
  }
  const Square covariance = precision.llt().solve(Square::Identity());
  SignalValues deviations{};
  for (Eigen::Index i = 0; i < kKinds; ++i) deviations[static_cast<std::size_t>(i)] = std::sqrt(covariance(i, i));
  return deviations;
}

WeightState Learn(const WeightState& state, std::span<const Matured> batch, const ChurnParameters& parameters,
                  double weeks, const LearningPolicy& policy) {
  MAINSTAY_CHECK(weeks >= 0, "batches mature one after another");
  const double keep = std::pow(policy.keep_per_week, weeks);
  Square before = Square::Zero();
  for (Eigen::Index i = 0; i < kKinds; ++i) {
    const double sd = kPriorDeviations[static_cast<std::size_t>(i)];
    for (Eigen::Index j = 0; j < kKinds; ++j) {
      before(i, j) = keep * state.precision[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    }
    before(i, i) += (1 - keep) / (sd * sd);
  }
  const Vector start = ToVector(state.weights);
  Vector v = start;
  Square after = before;
  WeightState next = state;
  for (int step = 0; step < policy.fisher_steps; ++step) {
    Vector gradient = Vector::Zero();
    after = before;
    for (const Matured& row : batch) {
      const Parts parts = Evaluate(row.snapshot, next.weights, parameters.v0, parameters.c0, parameters.c1);
      if (parts.clamped) continue;
      const double variance = parts.p * (1 - parts.p);
      const Vector signals = ToVector(row.snapshot.signals);
      const double y = row.left ? 1 : 0;
      gradient += row.Weight() * parts.from_q * (y - parts.p) / variance * signals;
      after += row.Weight() * parts.from_q * parts.from_q / variance * signals * signals.transpose();
    }
    v += after.llt().solve(gradient - before * (v - start));
    for (Eigen::Index i = 0; i < kKinds; ++i) next.weights[static_cast<std::size_t>(i)] = v[i];
  }
  for (Eigen::Index i = 0; i < kKinds; ++i) {
    for (Eigen::Index j = 0; j < kKinds; ++j) {
      next.precision[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = after(i, j);
    }
  }
  next.labels = keep * state.labels;
  for (const Matured& row : batch) next.labels += row.Weight();
  return next;
}

CalibrationState StartCalibration(const LearningPolicy& policy) {
  CalibrationState state;
  state.precision[0][0] = policy.offset_precision;
  state.precision[1][1] = policy.slope_precision;
  return state;
}

CalibrationState Calibrate(const CalibrationState& state, std::span<const Matured> batch,
                           const ChurnParameters& parameters, double weeks, const LearningPolicy& policy) {
  constexpr double kLeastSlope = 0.05;  // A calibration must not turn the order of scores round.
  const double keep = std::pow(policy.keep_per_week, weeks);
  Eigen::Matrix2d before;
  before << state.precision[0][0], state.precision[0][1], state.precision[1][0], state.precision[1][1];
  before *= keep;
  before(0, 0) += (1 - keep) * policy.offset_precision;
  before(1, 1) += (1 - keep) * policy.slope_precision;
  const Eigen::Vector2d start{state.c0, state.c1};
  Eigen::Vector2d c = start;
  Eigen::Matrix2d after = before;
  for (int step = 0; step < policy.fisher_steps; ++step) {
    Eigen::Vector2d gradient = Eigen::Vector2d::Zero();
    after = before;
    for (const Matured& row : batch) {
      const Parts parts = Evaluate(row.snapshot, parameters.weights, parameters.v0, c[0], c[1]);
      if (parts.clamped || row.snapshot.no_renewal) continue;
      const double variance = parts.p * (1 - parts.p);
      const Eigen::Vector2d input{1, row.snapshot.logit_silent};
      gradient += row.Weight() * parts.from_sil * ((row.left ? 1 : 0) - parts.p) / variance * input;
      after += row.Weight() * parts.from_sil * parts.from_sil / variance * input * input.transpose();
    }
    c += after.llt().solve(gradient - before * (c - start));
    c[1] = std::max(c[1], kLeastSlope);
  }
  return {c[0], c[1], {{{after(0, 0), after(0, 1)}, {after(1, 0), after(1, 1)}}}};
}

std::string_view GateChoiceName(GateChoice choice) {
  switch (choice) {
    case GateChoice::kOrdersOnly: return "orders_only";
    case GateChoice::kCalibrated: return "calibrated";
    case GateChoice::kRaw: break;
  }
  return "raw";
}

GateState Observe(const GateState& gate, std::span<const Matured> batch, const ChurnParameters& parameters,
                  const CalibrationState& calibration, double weeks, const LearningPolicy& policy) {
  const double keep = std::pow(policy.gate_keep_per_week, weeks);
  GateState next;
  for (std::size_t i = 0; i < 3; ++i) next.log_likelihood[i] = keep * gate.log_likelihood[i];
  for (const Matured& row : batch) {
    next.log_likelihood[0] += LogLikelihood(row, SignalValues{}, parameters.v0, 0, 1);
    next.log_likelihood[1] += LogLikelihood(row, parameters.weights, parameters.v0, 0, 1);
    next.log_likelihood[2] += LogLikelihood(row, parameters.weights, parameters.v0, calibration.c0, calibration.c1);
  }
  return next;
}

GateChoice Choose(const GateState& gate) {
  const auto [orders, raw, calibrated] = gate.log_likelihood;
  if (raw >= orders && raw >= calibrated) return GateChoice::kRaw;
  return calibrated >= orders ? GateChoice::kCalibrated : GateChoice::kOrdersOnly;
}

double Probability(const Snapshot& snapshot, const ChurnParameters& parameters) {
  return Evaluate(snapshot, parameters.weights, parameters.v0, parameters.c0, parameters.c1).p;
}

}  // namespace mainstay::risk
