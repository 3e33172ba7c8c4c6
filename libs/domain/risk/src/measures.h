// What a backtest measures of one method, with weights (how often a bootstrap drew each client).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace mainstay::risk {

struct Sample {
  std::vector<double> scores;         // Higher: rather silent.
  std::vector<double> probabilities;  // Empty: none.
  std::vector<std::uint8_t> labels;
  std::vector<std::uint8_t> flagged;
  std::vector<double> revenue;
};

enum Measured : std::size_t { kAuc, kLogLoss, kBrier, kEce, kSlope, kPrecision, kRecall, kLift, kRevenue, kMeasures };
using Measures = std::array<std::optional<double>, kMeasures>;

// Indices by score descending.
[[nodiscard]] std::vector<std::uint32_t> Ranking(const std::vector<double>& scores);
[[nodiscard]] Measures Measure9(const Sample& sample, const std::vector<std::uint32_t>& ranking,
                                const std::vector<double>& weights);

// sigmoid(c0 + c1 z), by weighted maximum likelihood with a weak prior that keeps it finite.
struct Logistic {
  double c0 = 0;
  double c1 = 1;
};
[[nodiscard]] Logistic FitLogistic(const std::vector<double>& z, const std::vector<std::uint8_t>& labels,
                                   const std::vector<double>& weights);

}  // namespace mainstay::risk
