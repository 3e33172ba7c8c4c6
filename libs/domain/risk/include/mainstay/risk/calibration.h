// From the log-odds that the order model gives to those that are published: two numbers, and steps once there are
// enough labels.
//
//   logit P_sil = c0 + c1 logit p_silent                        without steps
//   with steps (z_1, l_1) .. (z_n, l_n), z and l ascending, z = logit p_silent:
//     l_1 + c1 (z - z_1) below z_1;  l_n + c1 (z - z_n) above z_n;  between two steps the straight line from one to
//     the other
//
// Never falls as z rises, so a calibration does not turn the order of scores round. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mainstay::risk {

struct CalibrationStep {
  double logit = 0;       // z: what the order model says.
  double calibrated = 0;  // l: what is published.
  friend bool operator==(const CalibrationStep&, const CalibrationStep&) = default;
};
inline constexpr std::size_t kMostCalibrationSteps = 12;

struct Calibration {
  double c0 = 0;
  double c1 = 1;  // REQUIRES: > 0.
  std::vector<CalibrationStep> steps{};
  friend bool operator==(const Calibration&, const Calibration&) = default;
};

// The published log-odds. REQUIRES: the steps ascend.
[[nodiscard]] double Calibrated(double logit, const Calibration& calibration);

// One label as a calibration sees it: P = 1 - (1 - P_sil) kept_by_signals.
struct CalibrationRow {
  double logit = 0;
  double kept_by_signals = 1;  // (1 - q) / (1 - q0)
  double weight = 1;
  bool left = false;
};

struct CalibrationPolicy {
  double offset_precision = 1;           // Of the prior of c0 around 0.
  double slope_precision = 100;          // Of the prior of c1 around 1.
  std::size_t labels_for_steps = 1'000;  // Steps need more labels than this.
  double step_shrinkage = 20;            // Labels that a step's prior, the curve of c0 and c1, is worth.
};

// c0 and c1 of all rows at once (Fisher scoring, rows clamped to [1e-6, 1 - 1e-6] move nothing); with enough labels,
// steps: twelve groups of equal weight by logit, each with the share that left, those that would fall pooled with
// their neighbours (pool adjacent violators; Zadrozny & Elkan 2002), a pool being flat from its first to its last
// group.
[[nodiscard]] Calibration FitCalibration(std::span<const CalibrationRow> rows, const CalibrationPolicy& policy);

}  // namespace mainstay::risk
