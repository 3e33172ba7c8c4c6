// Damped Newton ascent on a smooth function of N numbers within a box.
#pragma once

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace mainstay::risk {

template <int N>
struct Curvature {
  double value = 0;
  Eigen::Matrix<double, N, 1> gradient = Eigen::Matrix<double, N, 1>::Zero();
  Eigen::Matrix<double, N, N> hessian = Eigen::Matrix<double, N, N>::Zero();
};

template <int N>
struct Ascent {
  Eigen::Matrix<double, N, 1> at;
  Curvature<N> curvature;
  int steps = 0;
  bool converged = false;
  // Covariance of a Laplace approximation; a direction that is hardly curved gets at most this much.
  [[nodiscard]] Eigen::Matrix<double, N, N> Covariance() const {
    constexpr double kLeastCurvature = 1e-4;
    Eigen::SelfAdjointEigenSolver<Eigen::Matrix<double, N, N>> solver(-curvature.hessian);
    Eigen::Matrix<double, N, 1> inverse = solver.eigenvalues().cwiseMax(kLeastCurvature).cwiseInverse();
    return solver.eigenvectors() * inverse.asDiagonal() * solver.eigenvectors().transpose();
  }
};

// `function(point)` gives value, gradient and Hessian.
template <int N, class F>
Ascent<N> Maximise(const F& function, Eigen::Matrix<double, N, 1> start) {
  using Vector = Eigen::Matrix<double, N, 1>;
  constexpr double kLow = -14;
  constexpr double kHigh = 16;
  constexpr double kLongest = 1.5;  // Of one step, in each logarithm.
  constexpr int kMostSteps = 120;
  Ascent<N> ascent{start.cwiseMax(kLow).cwiseMin(kHigh), {}, 0, false};
  ascent.curvature = function(ascent.at);
  while (ascent.steps < kMostSteps && !ascent.converged) {
    ++ascent.steps;
    Curvature<N>& here = ascent.curvature;
    Vector gradient = here.gradient;
    Eigen::Matrix<double, N, N> hessian = here.hessian;
    for (int i = 0; i < N; ++i) {  // A bound that the ascent presses against is left alone.
      const bool pressed = (ascent.at[i] <= kLow && gradient[i] < 0) || (ascent.at[i] >= kHigh && gradient[i] > 0);
      if (!pressed) continue;
      gradient[i] = 0;
      hessian.row(i).setZero();
      hessian.col(i).setZero();
      hessian(i, i) = -1;
    }
    Eigen::SelfAdjointEigenSolver<Eigen::Matrix<double, N, N>> solver(-hessian);
    // Uphill in every direction, whatever the sign of its curvature.
    const Vector curved = solver.eigenvalues().cwiseAbs().cwiseMax(1e-9 * (1 + std::abs(here.value)));
    Vector step = solver.eigenvectors() * (solver.eigenvectors().transpose() * gradient).cwiseQuotient(curved);
    const double longest = step.cwiseAbs().maxCoeff();
    if (longest > kLongest) step *= kLongest / longest;
    const double promised = gradient.dot(step);
    if (!(promised > 1e-13 * (1 + std::abs(here.value)))) {
      ascent.converged = true;
      break;
    }
    bool moved = false;
    for (double scale = 1; scale > 1e-8 && !moved; scale /= 4) {
      const Vector next = (ascent.at + scale * step).cwiseMax(kLow).cwiseMin(kHigh);
      const Curvature<N> there = function(next);
      if (!(there.value >= here.value + 1e-4 * scale * promised)) continue;
      ascent.at = next;
      ascent.curvature = there;
      moved = true;
    }
    // No visible rise in a direction that promised one: the last digits of the value are reached.
    if (!moved) {
      ascent.converged = promised < 1e-6 * (1 + std::abs(here.value));
      break;
    }
  }
  return ascent;
}

}  // namespace mainstay::risk
