#include "mainstay/risk/interval.h"

#include <algorithm>
#include <cmath>

#include "log_math.h"

namespace mainstay::risk {

std::optional<Interval> ChurnInterval(std::span<const OrderModel> draws, const ClientFacts& facts, const Score& score,
                                      const ChurnParameters& parameters) {
  if (!facts.orders || facts.contract || draws.empty() || !score.horizon_weeks || !score.age_weeks) return std::nullopt;
  const Interval silent =
      PSilentInterval(draws, facts.orders->statistics.repeats, *score.age_weeks, *score.horizon_weeks);
  // P_churn rises with P_silent, so the ends of the one are the ends of the other.
  const auto churn = [&](double p) {
    const double calibrated = Sigmoid(Calibrated(std::log(p) - std::log1p(-p), parameters.calibration));
    return std::clamp(1 - (1 - calibrated) * (1 - score.q) / (1 - score.q0), 0.0, 1.0);
  };
  return Interval{churn(silent.low), churn(silent.high)};
}

}  // namespace mainstay::risk
