#include "mainstay/segmentation/pareto.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace mainstay::segmentation {
namespace {

constexpr std::array<Tier, 3> kTiers = {Tier::kA, Tier::kB, Tier::kC};
constexpr std::array<double, 3> kExpected = {0.80, 0.16, 0.04};  // 80/20 applied twice.

double Share(Money part, Money whole) { return static_cast<double>(part.units()) / static_cast<double>(whole.units()); }

std::optional<double> PartOf(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

void CountIn(std::array<TierTotal, 3>& totals, Tier tier, const ParetoPlace& place, int sign) {
  const auto at = std::find(kTiers.begin(), kTiers.end(), tier);
  if (at == kTiers.end()) return;
  TierTotal& total = totals[static_cast<std::size_t>(at - kTiers.begin())];
  sign > 0 ? ++total.clients : --total.clients;
  total.revenue += sign * RevenueSum{place.revenue.units()};
  total.minutes += sign * place.minutes;
}

std::array<TierShare, 3> Shares(const std::array<TierTotal, 3>& totals, const TierPolicy& policy, Money book,
                                std::int64_t minutes) {
  std::array<TierShare, 3> shares;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    TierShare& share = shares[i];
    share.tier = kTiers[i];
    share.clients = totals[i].clients;
    share.revenue = Money::FromUnits(static_cast<std::int64_t>(totals[i].revenue));
    if (policy.kind == TierPolicy::Kind::kPareto) share.expected_share = kExpected[i];
    share.minutes = totals[i].minutes;
    share.effort_share = PartOf(share.minutes, minutes);
    if (book == Money{}) continue;
    share.share = Share(share.revenue, book);
    if (share.expected_share) share.deviation = *share.share - *share.expected_share;
  }
  return shares;
}

}  // namespace

void ParetoTotals::Count(const ParetoPlace& place, int sign) {
  if (place.revenue <= Money{}) return;
  sign > 0 ? ++clients : --clients;
  revenue += sign * RevenueSum{place.revenue.units()};
  minutes += sign * place.minutes;
  CountIn(tiers, place.rank_tier, place, sign);
  CountIn(effective_tiers, place.tier, place, sign);
}

void ParetoTotals::DrawLine(const RankTree& ranking) {
  above_line = ranking.CountUntilShare(80);
  above_line_revenue = ranking.SumBefore(above_line);
}

Result<Pareto> AnswerPareto(const TierPolicy& policy, const ParetoTotals& totals) {
  if (totals.revenue > std::numeric_limits<std::int64_t>::max()) {
    return Fail(ErrorCode::kOutOfRange, "the revenue of the whole book is too large to be added up");
  }
  Pareto answer;
  answer.clients = totals.clients;
  answer.revenue = Money::FromUnits(static_cast<std::int64_t>(totals.revenue));
  answer.minutes = totals.minutes;
  answer.line_80.clients = totals.above_line;
  if (answer.clients > 0) {
    answer.line_80.fraction = static_cast<double>(answer.line_80.clients) / static_cast<double>(answer.clients);
  }
  answer.tiers = Shares(totals.tiers, policy, answer.revenue, answer.minutes);
  answer.effective_tiers = Shares(totals.effective_tiers, policy, answer.revenue, answer.minutes);
  return answer;
}

ParetoRow ParetoRows::Next(ClientId client, const ParetoPlace& place) {
  before_ += place.revenue;
  ParetoRow row;
  row.rank = ++rank_;
  row.client = std::move(client);
  row.revenue = place.revenue;
  row.share = Share(place.revenue, book_);
  row.cumulative_share = Share(before_, book_);
  row.tier = place.tier;
  row.rank_tier = place.rank_tier;
  row.minutes = place.minutes;
  row.effort_share = PartOf(place.minutes, minutes_);
  return row;
}

double LossSeverity(Money client, RevenueSum book) {
  return book > 0 ? static_cast<double>(client.units()) / static_cast<double>(book) : 0;
}

}  // namespace mainstay::segmentation
