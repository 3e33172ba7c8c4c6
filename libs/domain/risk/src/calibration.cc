#include "mainstay/risk/calibration.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "log_math.h"
#include "mainstay/base/check.h"

namespace mainstay::risk {
namespace {

constexpr double kLeastSlope = 0.05;  // A calibration must not turn the order of scores round.
constexpr double kLeastStep = 0.002;  // Of a step's probability, and its distance from 1.
constexpr int kFisherSteps = 20;
constexpr double kSettled = 1e-10;

struct Group {
  double weight = 0;    // For the mean of logits.
  double logit = 0;     // Weighted sum.
  double from = 0;      // Mean log-odds of the first group pooled into this one ...
  double to = 0;        // ... and of the last.
  double exposure = 0;  // Sum of weight * kept_by_signals.
  double kept = 0;      // Weight of those who stayed.
  [[nodiscard]] double Left() const { return 1 - kept / exposure; }
  // Both rise to `next`, so that a curve can be drawn from here to there.
  [[nodiscard]] bool IsBelow(const Group& next) const { return Left() < next.Left() && to < next.from; }
  void Add(const Group& other) {
    weight += other.weight;
    logit += other.logit;
    exposure += other.exposure;
    kept += other.kept;
    to = other.to;
  }
};

void FitLine(std::span<const CalibrationRow> rows, const CalibrationPolicy& policy, Calibration& line) {
  const Eigen::Vector2d start{0, 1};
  const Eigen::Matrix2d prior = Eigen::Vector2d{policy.offset_precision, policy.slope_precision}.asDiagonal();
  Eigen::Vector2d c = start;
  for (int step = 0; step < kFisherSteps; ++step) {
    Eigen::Vector2d gradient = -(prior * (c - start));
    Eigen::Matrix2d information = prior;
    for (const CalibrationRow& row : rows) {
      const double z = c[0] + c[1] * row.logit;
      const double kept = std::exp(-Softplus(z)) * row.kept_by_signals;
      const double p = 1 - kept;
      if (p <= kLeastProbability || p >= 1 - kLeastProbability) continue;
      const double slope = kept * Sigmoid(z);
      const double information_of = row.weight * slope / (p * kept);
      const Eigen::Vector2d input{1, row.logit};
      gradient += information_of * ((row.left ? 1 : 0) - p) * input;
      information += information_of * slope * input * input.transpose();
    }
    const Eigen::Vector2d move = information.llt().solve(gradient);
    c += move;
    c[1] = std::max(c[1], kLeastSlope);
    if (move.cwiseAbs().maxCoeff() < kSettled) break;
  }
  line.c0 = c[0];
  line.c1 = c[1];
}

std::vector<Group> GroupsOf(std::span<const CalibrationRow> rows) {
  std::vector<std::size_t> ranking(rows.size());
  std::iota(ranking.begin(), ranking.end(), std::size_t{0});
  std::stable_sort(ranking.begin(), ranking.end(),
                   [&](std::size_t a, std::size_t b) { return rows[a].logit < rows[b].logit; });
  double all = 0;
  for (const CalibrationRow& row : rows) all += row.weight;
  std::vector<Group> groups(kMostCalibrationSteps);
  double before = 0;
  for (const std::size_t i : ranking) {
    const CalibrationRow& row = rows[i];
    const double place = (before + row.weight / 2) / all * static_cast<double>(kMostCalibrationSteps);
    before += row.weight;
    groups[std::min(kMostCalibrationSteps - 1, static_cast<std::size_t>(place))].Add(
        {row.weight, row.weight * row.logit, 0, 0, row.weight * row.kept_by_signals, row.left ? 0 : row.weight});
  }
  std::erase_if(groups, [](const Group& group) { return group.weight <= 0; });
  for (Group& group : groups) group.from = group.to = group.logit / group.weight;
  return groups;
}

std::vector<CalibrationStep> StepsOf(std::span<const CalibrationRow> rows, const Calibration& line, double shrinkage) {
  std::vector<Group> pooled;
  for (Group group : GroupsOf(rows)) {
    group.exposure += shrinkage;
    group.kept += shrinkage * std::exp(-Softplus(line.c0 + line.c1 * group.to));
    pooled.push_back(group);
    while (pooled.size() > 1 && !pooled[pooled.size() - 2].IsBelow(pooled.back())) {
      const Group last = pooled.back();
      pooled.pop_back();
      pooled.back().Add(last);
    }
  }
  std::vector<CalibrationStep> steps;
  for (const Group& group : pooled) {
    const double left = std::clamp(group.Left(), kLeastStep, 1 - kLeastStep);
    const double calibrated = std::log(left) - std::log1p(-left);
    steps.push_back({group.from, calibrated});
    if (group.from < group.to) steps.push_back({group.to, calibrated});
  }
  return steps;
}

}  // namespace

double Calibrated(double logit, const Calibration& calibration) {
  const std::vector<CalibrationStep>& steps = calibration.steps;
  const double c1 = calibration.c1;
  if (steps.empty()) return calibration.c0 + c1 * logit;
  if (logit <= steps.front().logit) return steps.front().calibrated + c1 * (logit - steps.front().logit);
  if (logit >= steps.back().logit) return steps.back().calibrated + c1 * (logit - steps.back().logit);
  const auto above = std::upper_bound(steps.begin(), steps.end(), logit,
                                      [](double z, const CalibrationStep& step) { return z < step.logit; });
  const CalibrationStep& from = *(above - 1);
  const double along = (logit - from.logit) / (above->logit - from.logit);
  return from.calibrated + along * (above->calibrated - from.calibrated);
}

Calibration FitCalibration(std::span<const CalibrationRow> rows, const CalibrationPolicy& policy) {
  Calibration calibration;
  if (rows.empty()) return calibration;
  FitLine(rows, policy, calibration);
  if (rows.size() > policy.labels_for_steps) {
    calibration.steps = StepsOf(rows, calibration, policy.step_shrinkage);
  }
  MAINSTAY_CHECK(calibration.c1 > 0, "a calibration must not turn the order of scores round");
  return calibration;
}

}  // namespace mainstay::risk
