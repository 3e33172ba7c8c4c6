#include "mainstay/segmentation/pareto.h"

#include <algorithm>
#include <utility>

#include "mainstay/segmentation/rank_tree.h"

namespace mainstay::segmentation {
namespace {

constexpr std::array<Tier, 3> kTiers = {Tier::kA, Tier::kB, Tier::kC};
constexpr std::array<double, 3> kExpected = {0.80, 0.16, 0.04};  // 80/20 applied twice.

double Share(Money part, Money whole) { return static_cast<double>(part.units()) / static_cast<double>(whole.units()); }

void Count(std::array<TierShare, 3>& tiers, Tier tier, Money revenue) {
  for (TierShare& share : tiers) {
    if (share.tier != tier) continue;
    ++share.clients;
    share.revenue += revenue;
  }
}

void Finish(std::array<TierShare, 3>& tiers, const TierPolicy& policy, Money book) {
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    if (policy.kind == TierPolicy::Kind::kPareto) tiers[i].expected_share = kExpected[i];
    if (book == Money{}) continue;
    tiers[i].share = Share(tiers[i].revenue, book);
    if (tiers[i].expected_share) tiers[i].deviation = *tiers[i].share - *tiers[i].expected_share;
  }
}

}  // namespace

Result<Pareto> AnswerPareto(const TierPolicy& policy, std::vector<ParetoClient> clients) {
  std::erase_if(clients, [](const ParetoClient& client) { return client.revenue <= Money{}; });
  std::sort(clients.begin(), clients.end(), [](const ParetoClient& a, const ParetoClient& b) {
    return a.revenue != b.revenue ? a.revenue > b.revenue : a.client < b.client;
  });
  Pareto answer;
  answer.clients = clients.size();
  for (std::size_t i = 0; i < kTiers.size(); ++i) answer.tiers[i].tier = answer.effective_tiers[i].tier = kTiers[i];
  for (const ParetoClient& client : clients) {
    const std::optional<Money> sum = CheckedAdd(answer.revenue, client.revenue);
    if (!sum) return Fail(ErrorCode::kOutOfRange, "the revenue of the whole book is too large to be added up");
    answer.revenue = *sum;
  }
  answer.rows.reserve(clients.size());
  Money before;
  for (ParetoClient& client : clients) {
    // The same rule as policy `revenue`: inside while less than 80 % lies before.
    if (RevenueSum{100} * before.units() < RevenueSum{80} * answer.revenue.units()) ++answer.line_80.clients;
    before += client.revenue;
    Count(answer.tiers, client.rank_tier, client.revenue);
    Count(answer.effective_tiers, client.tier, client.revenue);
    answer.rows.push_back({answer.rows.size() + 1, std::move(client.client), client.revenue,
                           Share(client.revenue, answer.revenue), Share(before, answer.revenue), client.tier,
                           client.rank_tier});
  }
  if (answer.clients > 0) {
    answer.line_80.fraction = static_cast<double>(answer.line_80.clients) / static_cast<double>(answer.clients);
  }
  Finish(answer.tiers, policy, answer.revenue);
  Finish(answer.effective_tiers, policy, answer.revenue);
  return answer;
}

double LossSeverity(Money client, Money book) { return book > Money{} ? Share(client, book) : 0; }

}  // namespace mainstay::segmentation
