// Rep alerts: one inbox entry per risk episode and per overdue episode.
//
//   (none) --level above LOW, overdue--> kOpen --level LOW, touched--> kCleared
//                                        kOpen --done, dismiss------> kClosed
// Further events of an episode update its alert and never make a second one, also after it was closed. Critical alerts
// (level HIGH) can be neither snoozed nor dismissed. Pure; a digest is not made here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/notification/actions.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/risk_level.h"

namespace mainstay::notification {

enum class AlertKind : std::uint8_t { kRisk = 0, kOverdue = 1 };
enum class AlertStatus : std::uint8_t { kOpen = 0, kCleared = 1, kClosed = 2 };
[[nodiscard]] std::string_view AlertStatusName(AlertStatus status);  // "OPEN", "CLEARED", "CLOSED"

struct Alert {
  std::string id;  // AlertIdOf(book, client, episode)
  AlertKind kind = AlertKind::kRisk;
  BookId book;
  ClientId client;
  EpisodeId episode;
  RepId rep;                          // Owner of the client; "unassigned" without one.
  RiskLevel level = RiskLevel::kLow;  // Of kRisk.
  std::vector<std::string> why;       // At most three.
  std::optional<Money> value;         // At stake; of kRisk.
  Currency currency;
  std::optional<Instant> last_contact_at;
  Instant created;

  AlertStatus status = AlertStatus::kOpen;
  std::optional<Instant> snoozed_until;
  std::optional<RepId> claimed_by;
  std::optional<Instant> closed_at;
  std::string close_reason;
  std::vector<AppliedAction> actions;

  [[nodiscard]] bool open() const { return status == AlertStatus::kOpen; }
  [[nodiscard]] bool critical() const { return kind == AlertKind::kRisk && level == RiskLevel::kHigh; }
};

[[nodiscard]] std::string AlertIdOf(const BookId& book, const ClientId& client, const EpisodeId& episode);

struct RiskSeen {  // risk.ChurnRiskChanged
  BookId book;
  ClientId client;
  EpisodeId episode;
  RiskLevel level = RiskLevel::kLow;
  std::optional<RepId> owner;
  std::vector<std::string> reasons;  // Texts, strongest first.
  std::optional<Money> at_stake;
  Currency currency;
  std::optional<Instant> last_contact_at;
};
// `current`: the alert of this episode, if there is one. nullopt: no alert (the level is LOW and there never was one).
[[nodiscard]] std::optional<Alert> OnRiskChanged(const std::optional<Alert>& current, const RiskSeen& risk,
                                                 Instant now);

struct OverdueSeen {  // cadence.TouchBecameOverdue
  BookId book;
  ClientId client;
  EpisodeId episode;
  std::optional<RepId> owner;
  std::string due;  // Local date, as in the event.
  std::optional<Instant> last_contact_at;
};
[[nodiscard]] Alert OnOverdue(const std::optional<Alert>& current, const OverdueSeen& overdue, Instant now);
// The condition ended (touched; the client was lost, erased). Without an open alert nothing changes.
[[nodiscard]] std::optional<Alert> OnCleared(const std::optional<Alert>& current, std::string_view reason, Instant now);

struct AlertActDecision {
  Alert next;
  std::optional<Refusal> refused;
  bool already_done = false;
};
// accept claims, snooze hides, dismiss and done close. REQUIRES: action.idempotency_key not empty.
[[nodiscard]] AlertActDecision Act(const Alert& alert, const Action& action, Instant now);

}  // namespace mainstay::notification
