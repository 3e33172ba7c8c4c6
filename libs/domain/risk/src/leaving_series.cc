#include "leaving_series.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace mainstay::risk {
namespace {

constexpr double kNegligible = 1e-18;  // Of the sum.
// Up to here steps are as exact as the plain series; from 40 on they lose digits.
constexpr double kMostLower = 20;

struct Parameters {
  double upper;  // A
  double lower;  // C
  double e;
  // Of the plain series: coefficient n + 1 over coefficient n.
  [[nodiscard]] double Step(int n) const { return (upper + n) * (e + n) / ((lower + n) * (n + 1)); }
};

// The coefficients, in which the time goes, are the same for all. The larger z, the longer its series.
void SumPlain(const Parameters& of, std::vector<double>& zs) {
  constexpr int kMostTerms = 1'000'000;
  std::vector<double> terms(zs.size());
  std::vector<double> sums(zs.size(), 0);
  for (std::size_t i = 0; i < zs.size(); ++i) terms[i] = of.upper * zs[i];
  std::size_t done = 0;
  for (int n = 1; n < kMostTerms; ++n) {
    while (done < zs.size() && std::abs(terms[done]) <= kNegligible * std::abs(sums[done])) ++done;
    if (done == zs.size()) break;
    const double step = of.Step(n);
    for (std::size_t i = done; i < zs.size(); ++i) {
      sums[i] += terms[i];
      terms[i] *= step * zs[i];
    }
  }
  zs = std::move(sums);
}

// S about `center_`, in units of its radius, the distance to 1. Exact for half of it.
class Taylor {
 public:
  explicit Taylor(const Parameters& of) : of_(of) {
    double coefficient = of.upper;
    Add(0);
    for (int n = 1; Add(coefficient); ++n) coefficient *= of.Step(n);
  }

  [[nodiscard]] double end() const { return center_ + radius_ / 2; }
  [[nodiscard]] double At(double z) const {
    const double u = (z - center_) / radius_;
    double sum = 0;
    for (std::size_t n = count_; n-- > 0;) sum = sum * u + coefficients_[n];
    return sum;
  }

  void MoveToEnd() {
    double value = 0;
    double slope = 0;
    for (std::size_t n = count_; n-- > 0;) {
      slope = slope / 2 + value;
      value = value / 2 + coefficients_[n];
    }
    center_ = end();
    radius_ /= 2;
    count_ = 0;
    size_at_end_ = 0;
    Add(value);
    Add(slope / 2);
    for (int n = 0; Add(Next(n)); ++n) {
    }
  }

 private:
  // Coefficient n + 2, from z(1-z) S'' + [C - (A+e+1) z] S' - A e S = A C about the center.
  [[nodiscard]] double Next(int n) const {
    const double slope = (1 - 2 * center_) * n + of_.lower - (of_.upper + of_.e + 1) * center_;
    const auto place = static_cast<std::size_t>(n);
    double next = radius_ * (n + of_.upper) * (n + of_.e) * coefficients_[place];
    next -= (n + 1) * slope * coefficients_[place + 1];
    if (n == 0) next += radius_ * of_.upper * of_.lower;
    return next / (center_ * (n + 2) * (n + 1));
  }
  // False once there are enough.
  bool Add(double coefficient) {
    const double at_end = std::abs(std::ldexp(coefficient, -static_cast<int>(count_)));
    coefficients_[count_++] = coefficient;
    const bool negligible = count_ > 2 && at_end <= kNegligible * size_at_end_;
    size_at_end_ += at_end;
    return !negligible && count_ < coefficients_.size();
  }

  Parameters of_;
  double center_ = 0;
  double radius_ = 1;
  std::array<double, 128> coefficients_{};
  std::size_t count_ = 0;
  double size_at_end_ = 0;  // Sum of what the terms are at the end.
};

}  // namespace

void LeavingSeries(double upper, double lower, double e, std::vector<double>& zs) {
  const Parameters of{upper, lower, e};
  const bool one_sign = upper > -1 && e > -1;  // Nothing cancels.
  if (lower > kMostLower || !one_sign) return SumPlain(of, zs);
  Taylor taylor(of);
  for (double& z : zs) {
    while (z > taylor.end()) taylor.MoveToEnd();
    z = taylor.At(z);
  }
}

}  // namespace mainstay::risk
