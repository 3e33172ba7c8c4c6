// The level of one client as a state machine: LOW, ELEVATED, HIGH, and the episode while it is above LOW.
//
//            E >= .30, or a rule condition opens              E >= .55
//     LOW --------------------------------------> ELEVATED ------------> HIGH
//         <--------------------------------------          <------------
//            E < .25 and no rule condition open               E < .50
//
// Any level may be jumped over. While a rule condition is open the level is at least ELEVATED. An episode runs from
// leaving LOW to reaching it again; its id is a hash of (book, client, "risk", cause) and its facts are numbered
// from 1.
//
// Early warning: begins when the weighted signals reach 1.0, ends below .7; while it lasts the level is at least
// ELEVATED, and its beginning or end is the cause (EARLY_WARNING) of a change of level that no rule made.
//
// Facts: one for each rule condition that opens, and one for a change of level unless one of those carries it.
// Nothing else is a fact. An evaluation that finds neither leaves no trace, so evaluating more often changes nothing.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/strong_id.h"
#include "mainstay/risk/signals.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/risk_level.h"

namespace mainstay::risk {

// Limits on the excess. REQUIRES: 0 <= hysteresis < elevated <= high.
struct LevelPolicy {
  double elevated = 0.30;
  double high = 0.55;
  double hysteresis = 0.05;  // A level is left downwards below its limit less this.
  // True: the caller stores RiskState::early_warning and evaluates with ChurnCurve::StandingAt(). False: none.
  bool early_warnings = false;
  double early_warning = 1.0;  // On the sum of v_k s_k.
  double early_warning_ends = 0.7;
};

// What levels act on. A bare excess stands for a client without signals.
struct Standing {
  Standing(double excess_only) : excess(excess_only) {}  // NOLINT: an excess is a standing.
  Standing(double excess_, double weighted_) : excess(excess_), weighted(weighted_) {}
  double excess = 0;
  double weighted = 0;  // sum of v_k s_k
};

// What caused the latest fact of an episode. When one input does several, the first of RULE, EARLY_WARNING, LEVEL.
enum class RiskTrigger : std::uint8_t { kLevel, kEarlyWarning, kRule };
[[nodiscard]] std::string_view RiskTriggerName(RiskTrigger trigger);

struct RiskEpisode {
  EpisodeId id;
  std::int64_t sequence = 0;  // Of the latest fact.
  RiskTrigger trigger{};
  Instant opened_at{};
  friend bool operator==(const RiskEpisode&, const RiskEpisode&) = default;
};

struct RiskState {
  RiskLevel level = RiskLevel::kLow;
  std::optional<RiskEpisode> episode;  // Present exactly while the level is above LOW.
  std::vector<RuleCondition> open;     // Rule conditions that held at the last evaluation.
  bool early_warning = false;          // Lasted at the last evaluation.
  friend bool operator==(const RiskState&, const RiskState&) = default;
};

// Who the episode is about, and which input is being processed.
struct RiskSubject {
  BookId book;
  ClientId client;
};

// The cause of what is decided now: the input's event id, or TimerCause() when a timer fired.
using RiskCause = StrongId<struct RiskCauseTag, std::string>;
[[nodiscard]] RiskCause EventCause(const EventId& event);
// The last order's event id (empty for a client without one) and the instant in ms.
[[nodiscard]] RiskCause TimerCause(const EventId& last_order, Instant now);

[[nodiscard]] EpisodeId RiskEpisodeId(const RiskSubject& subject, const RiskCause& cause);

// What ChurnRiskChanged says about the level; score, money and owner are the caller's to add.
struct RiskChange {
  RiskLevel level{};
  RiskLevel previous{};
  RiskTrigger trigger{};
  EpisodeId episode;
  std::int64_t sequence = 0;
  RiskCause cause;
  std::optional<RuleCondition> opened;  // The rule condition that opened; its event id is what the fact must cite.
  friend bool operator==(const RiskChange&, const RiskChange&) = default;
};

struct RiskDecision {
  RiskState next;
  std::vector<RiskChange> facts;
};

// Decides what `standing` and `conditions` (RuleConditions() of the client's facts) mean at `now`.
//
// A condition opens when it holds at `now` and did not hold at the last evaluation: one that a late event tells of
// and that has ended meanwhile never opens. To take over a history without alerts, evaluate and drop the facts.
[[nodiscard]] RiskDecision Evaluate(const RiskSubject& subject, const RiskState& state, const Standing& standing,
                                    const std::vector<RuleCondition>& conditions, const LevelPolicy& policy,
                                    Instant now, const RiskCause& cause);

// ClientLost and ClientErased: ends the episode, if there is one, with a fact back to LOW (trigger RULE). The caller
// evaluates the client no more until it returns, and decides whether anything may be said of an erased client.
[[nodiscard]] RiskDecision CloseRisk(const RiskState& state, const RiskCause& cause);

// True if the early warning lasts after an evaluation with `weighted`.
[[nodiscard]] bool EarlyWarning(bool lasts, double weighted, const LevelPolicy& policy);

// The level that `excess` gives a client now at `level`; `held` (a rule, an early warning) keeps it at ELEVATED at
// least.
[[nodiscard]] RiskLevel NextLevel(RiskLevel level, double excess, bool held, const LevelPolicy& policy);

// The limit that the excess of a client now at `level` meets first on its way from the one to the other; nullopt if
// there is none between them.
[[nodiscard]] std::optional<double> LimitBetween(RiskLevel level, double from, double to, const LevelPolicy& policy);

// True if Evaluate() at `now` would give a fact; allocates nothing.
[[nodiscard]] bool WouldChange(const RiskState& state, const Standing& standing,
                               const std::vector<RuleCondition>& conditions, const LevelPolicy& policy, Instant now);

}  // namespace mainstay::risk
