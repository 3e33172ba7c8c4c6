// OutEvent: what the services publish and one another reads (mainstay.segment|cadence|risk|model|prompt|delivery.*.v1).
// Money of these events is in the book's currency. `time` of the OutEvent is the stream time of the decision
// and is published as `asOf` too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/event_ids.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/money_amount.h"
#include "mainstay/vocabulary/risk_level.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay {

struct Evidence {
  std::string rule;
  double value = 0;
  double threshold = 0;
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

struct SegmentChanged {
  Tier tier = Tier::kNone;
  Tier previous_tier = Tier::kNone;
  Tier rank_tier = Tier::kNone;
  MoneyAmount revenue;  // Of the last 365 days.
  std::string persona;  // best, draining, stagnant, unclassified; empty while personas are not computed.
  std::vector<Evidence> evidence;
  std::vector<std::string> flags;  // Whitespace flags.
  std::optional<ProductId> next_best_product;
  std::string policy_version;
  friend bool operator==(const SegmentChanged&, const SegmentChanged&) = default;
};

// The quarterly review proposes a client for lower service.
struct ReviewProposed {
  ReviewId review;       // One for each client and quarter.
  std::string quarter;   // "2026-Q1"
  std::string proposal;  // lower_service.
  std::string reason;
  friend bool operator==(const ReviewProposed&, const ReviewProposed&) = default;
};

// A person's answer to it.
struct ReviewDecided {
  ReviewId review;
  std::string decision;  // accept, protect, defer.
  std::string by;
  friend bool operator==(const ReviewDecided&, const ReviewDecided&) = default;
};

// What the three touch facts share.
struct TouchPlan {
  EpisodeId episode;
  Tier tier = Tier::kNone;
  Day due{};                          // In the client's zone.
  std::optional<Day> overdue_since;   // In the client's zone.
  std::optional<Instant> last_touch;  // Absent: never touched.
  std::optional<RepId> owner;
  friend bool operator==(const TouchPlan&, const TouchPlan&) = default;
};

struct TouchFellDue {
  TouchPlan plan;
  friend bool operator==(const TouchFellDue&, const TouchFellDue&) = default;
};

struct TouchBecameOverdue {
  TouchPlan plan;  // `overdue_since` is there.
  friend bool operator==(const TouchBecameOverdue&, const TouchBecameOverdue&) = default;
};

struct TouchCleared {
  TouchPlan plan;                      // As it was when the touch came.
  std::optional<EventId> touch_event;  // Absent: the condition ended without a touch (lost, erased ...).
  bool late = false;                   // The touch had happened before the episode opened, but arrived after.
  friend bool operator==(const TouchCleared&, const TouchCleared&) = default;
};

// The goals of a client must be gone through with its management.
struct ReviewFellDue {
  std::vector<GoalId> goals;  // Due for review, by id.
  Day due{};                  // In the client's zone.
  friend bool operator==(const ReviewFellDue&, const ReviewFellDue&) = default;
};

struct ReviewBecameOverdue {
  std::vector<GoalId> goals;
  Day due{};
  friend bool operator==(const ReviewBecameOverdue&, const ReviewBecameOverdue&) = default;
};

struct RenewalCheckpointReached {
  ContractId contract;
  std::int32_t days_left = 0;  // Until the contract's end.
  std::string status;          // "open", "auto-renews".
  friend bool operator==(const RenewalCheckpointReached&, const RenewalCheckpointReached&) = default;
};

enum class RiskTrigger : std::uint8_t { kLevel, kEarlyWarning, kRule };

struct RiskReason {
  std::string part;   // Which part of the score it explains.
  std::string kind;   // Machine-readable name, e.g. "competitor_call".
  double points = 0;  // Log-odds it adds to its part; may be negative.
  std::string text;   // One sentence for a person.
  std::vector<EventId> events;
  friend bool operator==(const RiskReason&, const RiskReason&) = default;
};

struct RiskInterval {
  double lo = 0;
  double hi = 0;
  friend bool operator==(const RiskInterval&, const RiskInterval&) = default;
};

struct RiskInput {  // One number the score was computed from, for the explanation.
  std::string name;
  double value = 0;
  friend bool operator==(const RiskInput&, const RiskInput&) = default;
};

struct ChurnRiskChanged {
  EpisodeId episode;
  std::int64_t sequence = 0;  // 1, 2, 3 ... within the episode.
  RiskLevel level = RiskLevel::kLow;
  RiskLevel previous_level = RiskLevel::kLow;
  RiskTrigger trigger = RiskTrigger::kLevel;
  std::optional<double> probability;  // Absent, as `fresh` and `p_silent`, for a client without any order.
  std::optional<double> fresh;
  double excess = 0;
  std::optional<std::int32_t> horizon_days;
  std::optional<double> p_silent;
  std::optional<double> q;
  std::optional<RiskInterval> interval;
  std::optional<MoneyAmount> at_stake;
  Tier tier = Tier::kNone;
  std::optional<RepId> owner;
  std::vector<RiskReason> reasons;
  std::vector<RiskInput> inputs;
  std::string model_version;
  friend bool operator==(const ChurnRiskChanged&, const ChurnRiskChanged&) = default;
};

// A book's scores are computed with other parameters from here on (docs/churn-risk.md).
struct ParametersFitted {
  std::string version;
  Day window_from{};  // Of the orders it was fitted to.
  Day window_to{};
  std::int64_t clients = 0;
  std::int64_t orders = 0;  // Order days.
  std::int32_t k = 1;
  bool no_attrition = false;  // Leaving could not be identified.
  std::string gate;           // Which probability is published: orders_only, raw, calibrated.
  std::vector<RiskInput> values;
  friend bool operator==(const ParametersFitted&, const ParametersFitted&) = default;
};

struct PromptIssued {
  PromptId prompt;
  RepId rep;
  ProductId product;
  std::vector<std::string> why;  // With numbers, most important first.
  std::vector<std::string> talking_points;
  std::optional<MoneyAmount> value;
  Instant expires{};
  friend bool operator==(const PromptIssued&, const PromptIssued&) = default;
};

// What the later facts of a prompt share.
struct PromptStep {
  PromptId prompt;
  RepId rep;
  std::optional<std::string> reason;
  std::optional<Instant> until;  // Of a snooze.
  std::optional<OrderId> order;  // Of a won prompt.
  friend bool operator==(const PromptStep&, const PromptStep&) = default;
};

struct PromptAccepted {
  PromptStep step;
  friend bool operator==(const PromptAccepted&, const PromptAccepted&) = default;
};
struct PromptSnoozed {
  PromptStep step;
  friend bool operator==(const PromptSnoozed&, const PromptSnoozed&) = default;
};
struct PromptDismissed {
  PromptStep step;
  friend bool operator==(const PromptDismissed&, const PromptDismissed&) = default;
};
struct PromptWithdrawn {
  PromptStep step;
  friend bool operator==(const PromptWithdrawn&, const PromptWithdrawn&) = default;
};
struct PromptWon {
  PromptStep step;
  friend bool operator==(const PromptWon&, const PromptWon&) = default;
};
struct PromptLost {
  PromptStep step;
  friend bool operator==(const PromptLost&, const PromptLost&) = default;
};

struct EndpointDisabled {
  EndpointId endpoint;
  Instant since{};
  std::string last_error;
  friend bool operator==(const EndpointDisabled&, const EndpointDisabled&) = default;
};

struct DeliveryExhausted {
  EndpointId endpoint;
  EventId event;
  std::int32_t attempts = 0;
  friend bool operator==(const DeliveryExhausted&, const DeliveryExhausted&) = default;
};

using OutEventData =
    std::variant<SegmentChanged, ReviewProposed, ReviewDecided, TouchFellDue, TouchBecameOverdue, TouchCleared,
                 ReviewFellDue, ReviewBecameOverdue, RenewalCheckpointReached, ChurnRiskChanged, ParametersFitted,
                 PromptIssued, PromptAccepted, PromptSnoozed, PromptDismissed, PromptWithdrawn, PromptWon, PromptLost,
                 EndpointDisabled, DeliveryExhausted>;

struct OutEvent {
  EventId id;      // Deterministic: same cause, same id.
  Instant time{};  // Stream time of the decision; `asOf` in the data.
  BookId book;     // May be empty only for mainstay.delivery.*.
  std::optional<ClientId> client;
  OutEventData data;
  friend bool operator==(const OutEvent&, const OutEvent&) = default;
};

}  // namespace mainstay
