#include "mainstay/notification/alerts.h"

#include <utility>

#include "mainstay/base/check.h"
#include "mainstay/base/hash.h"

namespace mainstay::notification {
namespace {

constexpr std::size_t kMaxReasons = 3;

RepId OwnerOrUnassigned(const std::optional<RepId>& owner) { return owner ? *owner : RepId{"unassigned"}; }

Alert NewAlert(AlertKind kind, const BookId& book, const ClientId& client, const EpisodeId& episode, Instant now) {
  Alert alert;
  alert.id = AlertIdOf(book, client, episode);
  alert.kind = kind;
  alert.book = book;
  alert.client = client;
  alert.episode = episode;
  alert.created = now;
  return alert;
}

void Close(Alert& alert, AlertStatus status, std::string_view reason, Instant now) {
  alert.status = status;
  alert.close_reason = reason;
  alert.closed_at = now;
  alert.snoozed_until.reset();
}

std::optional<Refusal> Refuse(const Alert& alert, const Action& action, Instant now) {
  if (!alert.open()) {
    return Refusal{RefusalReason::kClosed, "the alert is over: " + std::string(AlertStatusName(alert.status))};
  }
  if (alert.claimed_by && *alert.claimed_by != action.rep) {
    return Refusal{RefusalReason::kClaimedByOther, "the alert was accepted by " + alert.claimed_by->raw()};
  }
  if (action.kind == ActionKind::kAccept && alert.claimed_by) {
    return Refusal{RefusalReason::kAlreadyAccepted, "the alert is accepted already"};
  }
  if (alert.critical() && (action.kind == ActionKind::kSnooze || action.kind == ActionKind::kDismiss)) {
    return Refusal{RefusalReason::kCritical,
                   "a HIGH risk can be neither snoozed nor dismissed; accept it or close it with done"};
  }
  if (action.kind == ActionKind::kSnooze) {
    MAINSTAY_CHECK(action.until.has_value(), "a snooze without an end");
    return RefuseSnooze(*action.until, now, std::nullopt);
  }
  return std::nullopt;
}

void Apply(Alert& alert, const Action& action, Instant now) {
  switch (action.kind) {
    case ActionKind::kAccept:
      alert.claimed_by = action.rep;
      alert.snoozed_until.reset();
      return;
    case ActionKind::kSnooze: alert.snoozed_until = action.until; return;
    case ActionKind::kDismiss:
      Close(alert, AlertStatus::kClosed, action.reason.empty() ? "dismissed" : action.reason, now);
      return;
    case ActionKind::kDone:
      MAINSTAY_CHECK(action.outcome.has_value(), "done without an outcome");
      Close(alert, AlertStatus::kClosed, OutcomeName(*action.outcome), now);
      return;
  }
}

}  // namespace

std::string_view AlertStatusName(AlertStatus status) {
  switch (status) {
    case AlertStatus::kCleared: return "CLEARED";
    case AlertStatus::kClosed: return "CLOSED";
    case AlertStatus::kOpen: break;
  }
  return "OPEN";
}

std::string AlertIdOf(const BookId& book, const ClientId& client, const EpisodeId& episode) {
  return HashParts({book.raw(), client.raw(), "alert", episode.raw()}).Hex();
}

std::optional<Alert> OnRiskChanged(const std::optional<Alert>& current, const RiskSeen& risk, Instant now) {
  if (risk.level == RiskLevel::kLow) return OnCleared(current, "risk is LOW", now);
  Alert alert = current ? *current : NewAlert(AlertKind::kRisk, risk.book, risk.client, risk.episode, now);
  if (!alert.open()) return alert;
  alert.rep = OwnerOrUnassigned(risk.owner);
  // What was snoozed as a lesser risk must be seen when it becomes critical.
  if (risk.level == RiskLevel::kHigh) alert.snoozed_until.reset();
  alert.level = risk.level;
  alert.why = risk.reasons;
  if (alert.why.size() > kMaxReasons) alert.why.resize(kMaxReasons);
  alert.value = risk.at_stake;
  alert.currency = risk.currency;
  alert.last_contact_at = risk.last_contact_at;
  return alert;
}

Alert OnOverdue(const std::optional<Alert>& current, const OverdueSeen& overdue, Instant now) {
  Alert alert = current ? *current : NewAlert(AlertKind::kOverdue, overdue.book, overdue.client, overdue.episode, now);
  if (!alert.open()) return alert;
  alert.rep = OwnerOrUnassigned(overdue.owner);
  alert.last_contact_at = overdue.last_contact_at;
  const std::string last =
      overdue.last_contact_at ? "last touch " + FormatInstant(*overdue.last_contact_at) : "never touched";
  alert.why = {"a touch was due on " + overdue.due + ", " + last + " (as of " + FormatInstant(now) + ")"};
  return alert;
}

std::optional<Alert> OnCleared(const std::optional<Alert>& current, std::string_view reason, Instant now) {
  if (!current || !current->open()) return current;
  Alert alert = *current;
  Close(alert, AlertStatus::kCleared, reason, now);
  return alert;
}

AlertActDecision Act(const Alert& alert, const Action& action, Instant now) {
  if (auto replay = FindReplay(alert.actions, action)) {
    return {alert, std::move(replay->refused), replay->already_done};
  }
  AlertActDecision decision{alert, std::nullopt, false};
  decision.refused = Refuse(alert, action, now);
  if (!decision.refused) Apply(decision.next, action, now);
  Remember(decision.next.actions, action, now, decision.refused);
  return decision;
}

}  // namespace mainstay::notification
