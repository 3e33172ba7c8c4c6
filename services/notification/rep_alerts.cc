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
  for (RiskReason& reason : reasons) texts.push_back(std::move(reason.text));
  return texts;
}

Result<std::optional<Instant>> LastContact(stream::Context& context, const OutEvent& event) {
  MAINSTAY_TRY_ASSIGN(client, LoadClient(context, event.book, *event.client));
  return client.care.last_contact_at;
}

struct Known {
  std::string key;
  std::optional<Alert> alert;
};
Result<Known> Find(stream::Context& context, const OutEvent& event, const EpisodeId& episode) {
  Known known;
  known.key = JoinKey({event.book.raw(), AlertIdOf(event.book, *event.client, episode)});
  MAINSTAY_TRY_ASSIGN(alert, Load(context, kAlerts, known.key, DecodeAlert));
  known.alert = std::move(alert);
  return known;
}

Result<void> OnRisk(stream::Context& context, const OutEvent& event, const ChurnRiskChanged& risk) {
  MAINSTAY_TRY_ASSIGN(known, Find(context, event, risk.episode));
  MAINSTAY_TRY_ASSIGN(contact, LastContact(context, event));
  RiskSeen seen{event.book,   *event.client,   risk.episode, risk.level, risk.owner, StrongestFirst(risk.reasons),
                std::nullopt, Currency{"XXX"}, contact};
  if (risk.at_stake) {
    seen.at_stake = risk.at_stake->money;
    seen.currency = risk.at_stake->currency;
  }
  const std::optional<Alert> alert = OnRiskChanged(known.alert, seen, context.Now());
  if (alert) context.Put(kAlerts, known.key, Encode(*alert));
  return {};
}

Result<void> OnOverdueTouch(stream::Context& context, const OutEvent& event, const TouchPlan& plan) {
  MAINSTAY_TRY_ASSIGN(known, Find(context, event, plan.episode));
  MAINSTAY_TRY_ASSIGN(contact, LastContact(context, event));
  const OverdueSeen seen{event.book, *event.client, plan.episode, plan.owner, FormatDay(plan.due), contact};
  context.Put(kAlerts, known.key, Encode(OnOverdue(known.alert, seen, context.Now())));
  return {};
}

Result<void> OnTouchCleared(stream::Context& context, const OutEvent& event, const TouchCleared& cleared) {
  MAINSTAY_TRY_ASSIGN(known, Find(context, event, cleared.plan.episode));
  const char* reason = cleared.touch_event ? "touched" : "no touch is needed any more";
  const std::optional<Alert> alert = OnCleared(known.alert, reason, context.Now());
  if (alert) context.Put(kAlerts, known.key, Encode(*alert));
  return {};
}

}  // namespace

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
