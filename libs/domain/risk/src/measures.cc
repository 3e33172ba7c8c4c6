#include "measures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "log_math.h"

namespace mainstay::risk {
namespace {

constexpr std::size_t kBins = 10;

double Logit(double p) {
  p = std::clamp(p, kLeastProbability, 1 - kLeastProbability);
  return std::log(p / (1 - p));
}

// What the first `share` of the ranking (in weight) holds; ties are taken in proportion.
struct Top {
  double weight = 0, positive = 0, revenue = 0;
};
Top TopOf(const Sample& sample, const std::vector<std::uint32_t>& ranking, const std::vector<double>& weights,
          double wanted) {
  Top top;
  for (std::size_t i = 0; i < ranking.size() && top.weight < wanted;) {
    Top group;
    const double score = sample.scores[ranking[i]];
    for (; i < ranking.size() && sample.scores[ranking[i]] == score; ++i) {
      const double w = weights[ranking[i]];
      group.weight += w;
      if (sample.labels[ranking[i]] == 0) continue;
      group.positive += w;
      group.revenue += w * sample.revenue[ranking[i]];
    }
    if (group.weight == 0) continue;
    const double part = std::min(1.0, (wanted - top.weight) / group.weight);
    top.weight += part * group.weight;
    top.positive += part * group.positive;
    top.revenue += part * group.revenue;
  }
  return top;
}

double Auc(const Sample& sample, const std::vector<std::uint32_t>& ranking, const std::vector<double>& weights,
           double positive, double negative) {
  double above = 0;  // Positives ranked higher.
  double won = 0;
  for (std::size_t i = 0; i < ranking.size();) {
    double yes = 0, no = 0;
    const double score = sample.scores[ranking[i]];
    for (; i < ranking.size() && sample.scores[ranking[i]] == score; ++i) {
      (sample.labels[ranking[i]] != 0 ? yes : no) += weights[ranking[i]];
    }
    won += no * (above + yes / 2);
    above += yes;
  }
  return won / (positive * negative);
}

void MeasureProbabilities(const Sample& sample, const std::vector<double>& weights, double total, Measures& out) {
  double log_loss = 0, brier = 0;
  std::array<double, kBins> predicted{}, observed{};
  std::vector<double> logits;
  for (std::size_t i = 0; i < sample.labels.size(); ++i) {
    const double p = std::clamp(sample.probabilities[i], kLeastProbability, 1 - kLeastProbability);
    const double y = sample.labels[i], w = weights[i];
    log_loss -= w * (y != 0 ? std::log(p) : std::log1p(-p));
    brier += w * (p - y) * (p - y);
    const auto bin = std::min(kBins - 1, static_cast<std::size_t>(p * kBins));
    predicted[bin] += w * p;
    observed[bin] += w * y;
    logits.push_back(Logit(p));
  }
  double ece = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) ece += std::abs(predicted[bin] - observed[bin]);
  out[kLogLoss] = log_loss / total;
  out[kBrier] = brier / total;
  out[kEce] = ece / total;
  const auto [least, most] = std::minmax_element(logits.begin(), logits.end());
  if (*least < *most) out[kSlope] = FitLogistic(logits, sample.labels, weights).c1;
}

}  // namespace

std::vector<std::uint32_t> Ranking(const std::vector<double>& scores) {
  std::vector<std::uint32_t> ranking(scores.size());
  std::iota(ranking.begin(), ranking.end(), 0U);
  std::stable_sort(ranking.begin(), ranking.end(), [&](auto l, auto r) { return scores[l] > scores[r]; });
  return ranking;
}

Measures Measure9(const Sample& sample, const std::vector<std::uint32_t>& ranking, const std::vector<double>& weights) {
  double total = 0, positive = 0, flagged = 0, revenue = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    total += weights[i];
    if (sample.flagged[i] != 0) flagged += weights[i];
    if (sample.labels[i] == 0) continue;
    positive += weights[i];
    revenue += weights[i] * sample.revenue[i];
  }
  Measures out;
  if (total == 0) return out;
  if (positive > 0 && positive < total) out[kAuc] = Auc(sample, ranking, weights, positive, total - positive);
  if (!sample.probabilities.empty()) MeasureProbabilities(sample, weights, total, out);
  if (flagged > 0) {
    const Top top = TopOf(sample, ranking, weights, flagged);
    out[kPrecision] = top.positive / flagged;
    if (positive > 0) out[kRecall] = top.positive / positive;
  }
  if (positive > 0) {
    const Top top = TopOf(sample, ranking, weights, total / 10);
    out[kLift] = top.positive / (total / 10) / (positive / total);
    if (revenue > 0) out[kRevenue] = top.revenue / revenue;
  }
  return out;
}

Logistic FitLogistic(const std::vector<double>& z, const std::vector<std::uint8_t>& labels,
                     const std::vector<double>& weights) {
  constexpr double kWeak = 1e-3;  // Precision of the prior around 0 and 1.
  double weight = 0, mean = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    weight += weights[i];
    mean += weights[i] * z[i];
  }
  mean = weight > 0 ? mean / weight : 0;
  double c0 = 0, c1 = 0;  // Around the mean, where the two hardly correlate.
  for (int step = 0; step < 30; ++step) {
    double g0 = -kWeak * c0, g1 = -kWeak * c1, h00 = kWeak, h01 = 0, h11 = kWeak;
    for (std::size_t i = 0; i < z.size(); ++i) {
      if (weights[i] == 0) continue;
      const double d = z[i] - mean, p = Sigmoid(c0 + c1 * d), w = weights[i] * p * (1 - p);
      const double off = weights[i] * (labels[i] - p);
      g0 += off;
      g1 += off * d;
      h00 += w;
      h01 += w * d;
      h11 += w * d * d;
    }
    const double determinant = h00 * h11 - h01 * h01;
    const double d0 = std::clamp((g0 * h11 - g1 * h01) / determinant, -3.0, 3.0);
    const double d1 = std::clamp((g1 * h00 - g0 * h01) / determinant, -3.0, 3.0);
    c0 += d0;
    c1 += d1;
    if (std::abs(d0) + std::abs(d1) < 1e-10) break;
  }
  return {c0 - c1 * mean, c1};
}

}  // namespace mainstay::risk
