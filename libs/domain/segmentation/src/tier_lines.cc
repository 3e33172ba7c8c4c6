#include "mainstay/segmentation/tier_lines.h"

#include <algorithm>

#include "mainstay/base/check.h"

namespace mainstay::segmentation {
namespace {

std::size_t RoundedPercent(std::size_t percent, std::size_t n) { return (percent * n + 50) / 100; }

Line LineAt(const RankTree& ranking, std::size_t cut) {
  Line line{ranking.At(cut - 1).revenue, std::nullopt};
  if (cut < ranking.size()) line.outside = ranking.At(cut).revenue;
  return line;
}

}  // namespace

TierCuts CutsByCount(const TierPolicy& policy, std::size_t n) {
  MAINSTAY_CHECK(policy.kind != TierPolicy::Kind::kRevenue, "a policy by revenue has no cuts by count");
  const bool pareto = policy.kind == TierPolicy::Kind::kPareto;
  const auto a = static_cast<std::size_t>(pareto ? 20 : policy.a);
  const auto ab = static_cast<std::size_t>(pareto ? 36 : policy.a + policy.b);
  TierCuts cuts;
  cuts.a = std::min(n, std::max<std::size_t>(1, RoundedPercent(a, n)));
  cuts.ab = std::max(cuts.a, RoundedPercent(ab, n));
  return cuts;
}

TierCuts CutsOf(const TierPolicy& policy, const RankTree& ranking) {
  if (policy.kind != TierPolicy::Kind::kRevenue) return CutsByCount(policy, ranking.size());
  return {ranking.CountUntilShare(80), ranking.CountUntilShare(96)};
}

std::optional<TierLines> LinesOf(const RankTree& ranking, const TierCuts& cuts) {
  if (ranking.size() == 0) return std::nullopt;
  return TierLines{LineAt(ranking, cuts.a), LineAt(ranking, cuts.ab)};
}

bool Passes(Money revenue, const Line& line, int margin) {
  if (!line.outside) return true;
  const RevenueSum twice_line = RevenueSum{line.inside.units()} + line.outside->units();
  const RevenueSum distance = RevenueSum{2} * revenue.units() - twice_line;
  return 10'000 * (distance < 0 ? -distance : distance) > margin * twice_line;
}

}  // namespace mainstay::segmentation
