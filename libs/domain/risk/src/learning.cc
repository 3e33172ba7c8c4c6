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

// P_churn with what its derivative is made of.
struct Parts {
  double p = 0;  // Clamped.
  bool clamped = false;
  double from_q = 0;  // dP / d(sum v_k s_k)
};

double LnKeptBySignals(const Snapshot& snapshot, const SignalValues& weights, double v0) {
  return Softplus(v0) - Softplus(v0 + Weigh(snapshot.signals, weights));
}

Parts Evaluate(const Snapshot& snapshot, const SignalValues& weights, double v0, const Calibration& calibration) {
  const double z = snapshot.contract ? snapshot.logit_silent : Calibrated(snapshot.logit_silent, calibration);
  const double ln_kept = LnKeptBySignals(snapshot, weights, v0) - Softplus(z);
  Parts parts;
  parts.p = std::clamp(-std::expm1(ln_kept), kLeastProbability, 1 - kLeastProbability);
  parts.clamped = parts.p == kLeastProbability || parts.p == 1 - kLeastProbability;
  if (parts.clamped) return parts;
  parts.from_q = std::exp(ln_kept) * Sigmoid(v0 + Weigh(snapshot.signals, weights));
  return parts;
}

Vector ToVector(const SignalValues& values) {
  Vector out;
  for (Eigen::Index i = 0; i < kKinds; ++i) out[i] = values[static_cast<std::size_t>(i)];
  return out;
}

double LogLikelihood(const Matured& row, const SignalValues& weights, double v0, const Calibration& calibration) {
  const double p = Evaluate(row.snapshot, weights, v0, calibration).p;
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
  Snapshot snapshot{t, *score.horizon_weeks, 0, curve.facts().contract.has_value(), score.signals, {}, 0};
  const double p = *score.p_silent;
  snapshot.logit_silent = std::log(p) - std::log1p(-std::min(p, 1 - 1e-16));
  if (curve.facts().orders) {
    snapshot.repeats = curve.facts().orders->statistics.repeats;
    snapshot.age = *score.age_weeks;
  }
  return snapshot;
}

void Rebase(Snapshot& snapshot, const OrderModel& model) {
  if (snapshot.contract) return;
  snapshot.logit_silent = LogitPSilent(model, snapshot.repeats, snapshot.age, snapshot.horizon_weeks);
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
      const Parts parts = Evaluate(row.snapshot, next.weights, parameters.v0, parameters.calibration);
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

Calibration Calibrate(std::span<const Matured> rows, const ChurnParameters& parameters, Instant now,
                      const LearningPolicy& policy) {
  std::vector<CalibrationRow> taught;
  taught.reserve(rows.size());
  const double ln_keep = std::log(policy.keep_per_week);
  for (const Matured& row : rows) {
    const Snapshot& snapshot = row.snapshot;
    if (snapshot.contract) continue;
    const double since = static_cast<double>((now - snapshot.at).count()) / kMsPerWeek - snapshot.horizon_weeks;
    taught.push_back({snapshot.logit_silent, std::exp(LnKeptBySignals(snapshot, parameters.weights, parameters.v0)),
                      row.Weight() * std::exp(ln_keep * std::max(0.0, since)), row.left});
  }
  return FitCalibration(taught, policy.calibration);
}

std::string_view GateChoiceName(GateChoice choice) {
  switch (choice) {
    case GateChoice::kOrdersOnly: return "orders_only";
    case GateChoice::kCalibrated: return "calibrated";
    case GateChoice::kIsotonic: return "isotonic";
    case GateChoice::kRaw: break;
  }
  return "raw";
}

GateState Observe(const GateState& gate, std::span<const Matured> batch, const ChurnParameters& parameters,
                  const Calibration& calibration, double weeks, const LearningPolicy& policy) {
  const double keep = std::pow(policy.gate_keep_per_week, weeks);
  GateState next;
  for (std::size_t i = 0; i < kGateChoices; ++i) {
    next.log_likelihood[i] = keep * gate.log_likelihood[i];
    const auto choice = static_cast<GateChoice>(i);
    const SignalValues weights = choice == GateChoice::kOrdersOnly ? SignalValues{} : parameters.weights;
    const Calibration published = CalibrationOf(choice, calibration);
    for (const Matured& row : batch) {
      next.log_likelihood[i] += LogLikelihood(row, weights, parameters.v0, published);
    }
  }
  return next;
}

GateChoice Choose(const GateState& gate) {
  GateChoice best = GateChoice::kRaw;
  for (const GateChoice choice : {GateChoice::kOrdersOnly, GateChoice::kCalibrated, GateChoice::kIsotonic}) {
    const auto& weight = gate.log_likelihood;
    if (weight[static_cast<std::size_t>(choice)] > weight[static_cast<std::size_t>(best)]) best = choice;
  }
  return best;
}

Calibration CalibrationOf(GateChoice choice, const Calibration& learned) {
  if (choice == GateChoice::kIsotonic) return learned;
  if (choice == GateChoice::kCalibrated) return {learned.c0, learned.c1, {}};
  return {};
}

double Probability(const Snapshot& snapshot, const ChurnParameters& parameters) {
  return Evaluate(snapshot, parameters.weights, parameters.v0, parameters.calibration).p;
}

}  // namespace mainstay::risk
