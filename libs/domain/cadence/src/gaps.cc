#include "mainstay/cadence/gaps.h"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace mainstay::cadence {
namespace {

bool Missing(const std::optional<Instant>& at, Instant now) { return !at || !WithinAYear(*at, now); }

void Sort(std::vector<Gap>& gaps) {
  std::sort(gaps.begin(), gaps.end(),
            [](const Gap& a, const Gap& b) { return std::tie(a.since, a.client) < std::tie(b.since, b.client); });
}

}  // namespace

bool WithinAYear(Instant at, Instant now) { return at > now - std::chrono::days{365}; }

Gaps FindGaps(const std::vector<GapClient>& clients, Instant now) {
  Gaps gaps;
  for (const GapClient& client : clients) {
    const bool forgotten = client.last_sale && (!client.last_touch || *client.last_touch < *client.last_sale);
    if (forgotten) gaps.sell_and_forget.push_back({client.client, client.tier, client.last_sale, {}});
    if (Missing(client.last_survey, now))
      gaps.no_survey.push_back({client.client, client.tier, client.last_survey, {}});
    if (Missing(client.last_offer, now)) gaps.no_offer.push_back({client.client, client.tier, client.last_offer, {}});
    if (!client.has_goal) gaps.no_goal.push_back({client.client, client.tier, {}, {}});
    if (client.contacts.size() == 1) {
      gaps.one_contact.push_back({client.client, client.tier, {}, client.contacts.front()});
    }
  }
  for (auto* list : {&gaps.sell_and_forget, &gaps.no_survey, &gaps.no_offer, &gaps.no_goal, &gaps.one_contact}) {
    Sort(*list);
  }
  return gaps;
}

}  // namespace mainstay::cadence
