#include "mainstay/cadence/contracts.h"

#include <algorithm>
#include <chrono>
#include <tuple>

#include "mainstay/base/check.h"

namespace mainstay::cadence {

Day Contract::end() const { return renewals.empty() ? signed_as->end : renewals.back().end; }

MoneyAmount Contract::value() const {
  const auto priced = std::find_if(renewals.rbegin(), renewals.rend(),
                                   [](const Renewal& renewal) { return renewal.value.has_value(); });
  return priced == renewals.rend() ? signed_as->value : *priced->value;
}

Instant Contract::agreed_at() const { return renewals.empty() ? signed_at : std::max(signed_at, renewals.back().at); }

const EventId& Contract::agreed_by() const { return renewals.empty() ? signed_event : renewals.back().event; }

bool Renew(Contract& contract, const Renewal& renewal) {
  const auto earlier = [](const Renewal& a, const Renewal& b) {
    return std::tie(a.at, a.event) < std::tie(b.at, b.event);
  };
  const auto place = std::lower_bound(contract.renewals.begin(), contract.renewals.end(), renewal, earlier);
  if (place != contract.renewals.end() && place->at == renewal.at && place->event == renewal.event) return false;
  contract.renewals.insert(place, renewal);
  if (contract.renewals.size() > kKeptRenewals) contract.renewals.erase(contract.renewals.begin());
  return true;
}

bool End(Contract& contract, Instant at, const std::optional<std::string>& reason) {
  if (contract.ended_at && *contract.ended_at >= at) return false;
  contract.ended_at = at;
  contract.end_reason = reason;
  return true;
}

std::string_view ContractStatusName(ContractStatus status) {
  switch (status) {
    case ContractStatus::kAutoRenews: return "auto-renews";
    case ContractStatus::kExpired: return "expired";
    case ContractStatus::kEnded: return "ended";
    case ContractStatus::kOpen: break;
  }
  return "open";
}

ContractStatus StatusOf(const Contract& contract, Day today) {
  // Who renews after the end was told goes on.
  if (contract.ended_at && *contract.ended_at >= contract.agreed_at()) return ContractStatus::kEnded;
  if (contract.end() < today) return ContractStatus::kExpired;
  return contract.signed_as->auto_renew ? ContractStatus::kAutoRenews : ContractStatus::kOpen;
}

ContractDecision DecideContract(const Contract& contract, const Situation& situation) {
  MAINSTAY_CHECK(!situation.importing, "renewals are decided when the import is over");
  ContractDecision decision{contract, {}, {}, {}};
  if (!contract.signed_as) return decision;
  const Day today = situation.zone.LocalDay(situation.now);
  const ContractStatus status = StatusOf(contract, today);
  if (status == ContractStatus::kExpired || status == ContractStatus::kEnded) return decision;
  Contract& next = decision.next;
  const Day end = contract.end();
  if (next.told_end != end) {
    next.told_end = end;
    next.told = 0;
  }
  for (const int days : kRenewalCheckpoints) {
    if (next.told != 0 && days >= next.told) continue;
    const Instant at = situation.zone.StartOfDay(end - std::chrono::days{days});
    if (at > situation.now) {
      decision.next_timer = at;
      break;
    }
    next.told = days;
    decision.fact.reset();
    decision.fact_since.reset();
    if (at <= contract.agreed_at()) continue;
    const auto left = static_cast<std::int32_t>((end - today).count());
    decision.fact = RenewalCheckpointReached{contract.id, left, std::string(ContractStatusName(status))};
    decision.fact_since = at;
  }
  return decision;
}

}  // namespace mainstay::cadence
