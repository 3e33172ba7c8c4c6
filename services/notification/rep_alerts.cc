#include "rep_alerts.h"

#include <algorithm>
#include <vector>

#include "tables.h"

namespace mainstay::notification {
namespace {

using stream::JoinKey;

std::vector<std::string> StrongestFirst(std::vector<RiskReason> reasons) {
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const RiskReason& a, const RiskReason& b) { return a.points > b.points; });
  std::vector<std::string> texts;
  texts.reserve(reasons.size());
  for (RiskReason& reason : reasons) texts.push_back(std::move(reason.text));
  return texts;
}

struct Known {
  ClientRecord client;
  std::optional<Alert> alert;
};
Result<Known> Find(stream::Context& context, const OutEvent& event, const EpisodeId& episode) {
  Known known;
  MAINSTAY_TRY_ASSIGN(client, LoadClient(context, event.book, *event.client));
  known.client = std::move(client);
  const std::string key = JoinKey({event.book.raw(), AlertIdOf(event.book, *event.client, episode)});
  MAINSTAY_TRY_ASSIGN(alert, Load(context, kAlerts, key, DecodeAlert));
  known.alert = std::move(alert);
  return known;
}

Result<void> OnRisk(stream::Context& context, const OutEvent& event, const ChurnRiskChanged& risk) {
  MAINSTAY_TRY_ASSIGN(known, Find(context, event, risk.episode));
  if (WhyGone(known.client)) return {};  // Its alerts were withdrawn when it went; this event is older or of no use.
  RiskSeen seen{event.book,   *event.client,   risk.episode,
                risk.level,   risk.owner,      StrongestFirst(risk.reasons),
                std::nullopt, Currency{"XXX"}, LastContact(known.client.care)};
  if (risk.at_stake) {
    seen.at_stake = risk.at_stake->money;
    seen.currency = risk.at_stake->currency;
  }
  const std::optional<Alert> alert = OnRiskChanged(known.alert, seen, context.Now());
  if (alert) PutAlert(context, known.client, *alert);
  return {};
}

Result<void> OnOverdueTouch(stream::Context& context, const OutEvent& event, const TouchPlan& plan) {
  MAINSTAY_TRY_ASSIGN(known, Find(context, event, plan.episode));
  if (WhyGone(known.client)) return {};
  const OverdueSeen seen{event.book, *event.client,       plan.episode,
                         plan.owner, FormatDay(plan.due), LastContact(known.client.care)};
  PutAlert(context, known.client, OnOverdue(known.alert, seen, context.Now()));
  return {};
}

Result<void> OnTouchCleared(stream::Context& context, const OutEvent& event, const TouchCleared& cleared) {
  MAINSTAY_TRY_ASSIGN(known, Find(context, event, cleared.plan.episode));
  const char* reason = cleared.touch_event ? "touched" : "no touch is needed any more";
  const std::optional<Alert> alert = OnCleared(known.alert, reason, context.Now());
  if (alert) PutAlert(context, known.client, *alert);
  return {};
}

}  // namespace

std::optional<ClientGone> WhyGone(const ClientRecord& client) {
  if (client.care.erased) return ClientGone::kErased;
  if (client.merged_into) return ClientGone::kMerged;
  return IsLost(client.care) ? std::optional(ClientGone::kLost) : std::nullopt;
}

void PutAlert(stream::Context& context, ClientRecord& client, const Alert& alert) {
  context.Put(kAlerts, JoinKey({alert.book.raw(), alert.id}), Encode(alert));
  const auto at = std::lower_bound(client.open_alerts.begin(), client.open_alerts.end(), alert.id);
  const bool listed = at != client.open_alerts.end() && *at == alert.id;
  if (listed == alert.open()) return;
  if (listed) {
    client.open_alerts.erase(at);
  } else {
    client.open_alerts.insert(at, alert.id);
  }
  PutClient(context, alert.book, alert.client, client);
}

Result<void> WithdrawAlerts(stream::Context& context, const BookId& book, ClientRecord& client, ClientGone why) {
  for (const std::string& id : std::vector<std::string>(client.open_alerts)) {
    MAINSTAY_TRY_ASSIGN(alert, Load(context, kAlerts, JoinKey({book.raw(), id}), DecodeAlert));
    if (alert) PutAlert(context, client, *OnCleared(alert, ClientGoneName(why), context.Now()));
  }
  return {};
}

Result<void> TakeForAlerts(stream::Context& context, const OutEvent& event) {
  if (!event.client) return {};
  if (const auto* risk = std::get_if<ChurnRiskChanged>(&event.data)) return OnRisk(context, event, *risk);
  if (const auto* overdue = std::get_if<TouchBecameOverdue>(&event.data)) {
    return OnOverdueTouch(context, event, overdue->plan);
  }
  if (const auto* cleared = std::get_if<TouchCleared>(&event.data)) return OnTouchCleared(context, event, *cleared);
  return {};
}

}  // namespace mainstay::notification
