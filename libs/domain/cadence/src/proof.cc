#include "mainstay/cadence/proof.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <tuple>
#include <utility>

#include "mainstay/cadence/gaps.h"

namespace mainstay::cadence {
namespace {

std::vector<EventId> Ids(std::vector<TieredEvent> events) {
  std::sort(events.begin(), events.end(), [](const TieredEvent& a, const TieredEvent& b) {
    return std::tie(a.at, a.event) < std::tie(b.at, b.event);
  });
  std::vector<EventId> ids;
  ids.reserve(events.size());
  for (TieredEvent& event : events) ids.push_back(std::move(event.event));
  return ids;
}

bool FollowedByLoss(const TieredEvent& call, const std::vector<TieredEvent>& losses) {
  return std::any_of(losses.begin(), losses.end(),
                     [&](const TieredEvent& loss) { return loss.at >= call.at && loss.at - call.at <= kFoothold; });
}

std::size_t IndexOf(Tier tier) { return tier == Tier::kNone ? 3 : static_cast<std::size_t>(tier) - 1; }

// The events of all clients by where they count, before they are sorted.
struct Collected {
  std::vector<TieredEvent> emergencies;
  std::vector<TieredEvent> caught;
  std::array<std::vector<TieredEvent>, 4> calls;
  std::array<std::vector<TieredEvent>, 4> footholds;
  std::array<std::vector<TieredEvent>, 4> referrals;
};

void Collect(const ProofClient& client, Instant now, Collected& all) {
  const auto counts = [&](const TieredEvent& event) { return WithinAYear(event.at, now) && event.at <= now; };
  for (const TieredEvent& emergency : client.emergencies) {
    if (!counts(emergency)) continue;
    all.emergencies.push_back(emergency);
    if (emergency.foreseen) all.caught.push_back(emergency);
  }
  for (const TieredEvent& call : client.competitor_calls) {
    if (!counts(call)) continue;
    all.calls[IndexOf(call.tier)].push_back(call);
    if (FollowedByLoss(call, client.losses)) all.footholds[IndexOf(call.tier)].push_back(call);
  }
  for (const TieredEvent& referral : client.referrals) {
    if (counts(referral)) all.referrals[IndexOf(referral.tier)].push_back(referral);
  }
}

}  // namespace

Proof MakeProof(const std::vector<ProofClient>& clients, Instant now) {
  Proof proof;
  Collected all;
  for (const ProofClient& client : clients) {
    ++proof.tiers[IndexOf(client.tier)].clients;
    Collect(client, now, all);
    std::vector<TieredEvent> given;
    for (const TieredEvent& referral : client.referrals) {
      if (WithinAYear(referral.at, now) && referral.at <= now) given.push_back(referral);
    }
    if (!given.empty()) proof.referrers.push_back({client.client, client.tier, Ids(std::move(given))});
  }
  proof.emergencies = Ids(std::move(all.emergencies));
  proof.caught = Ids(std::move(all.caught));
  constexpr std::array<Tier, 4> kTiers = {Tier::kA, Tier::kB, Tier::kC, Tier::kNone};
  for (std::size_t i = 0; i < kTiers.size(); ++i) {
    TierProof& tier = proof.tiers[i];
    tier.tier = kTiers[i];
    tier.competitor_calls = Ids(std::move(all.calls[i]));
    tier.footholds = Ids(std::move(all.footholds[i]));
    tier.referrals = Ids(std::move(all.referrals[i]));
  }
  std::sort(proof.referrers.begin(), proof.referrers.end(), [](const ReferringClient& a, const ReferringClient& b) {
    return a.referrals.size() != b.referrals.size() ? a.referrals.size() > b.referrals.size() : a.client < b.client;
  });
  return proof;
}

double ExpectedCloseRatio(std::int64_t won, std::int64_t lost, const ClosePrior& prior) {
  const double a = prior.a + static_cast<double>(won);
  return a / (a + prior.b + static_cast<double>(lost));
}

CloseRatio MakeCloseRatio(std::int64_t won, std::int64_t lost, std::int64_t open, const ClosePrior& prior) {
  const double a = prior.a + static_cast<double>(won);
  const double b = prior.b + static_cast<double>(lost);
  return {won,
          lost,
          open,
          ExpectedCloseRatio(won, lost, prior),
          boost::math::ibeta_inv(a, b, 0.05),
          boost::math::ibeta_inv(a, b, 0.95)};
}

}  // namespace mainstay::cadence
