// What a client's behaviour besides its orders says about leaving: bounded, decaying signals s_k(t).
//
// Every input is an event with an id and a time, so each signal can name what it rests on, and every value is a pure
// function of the inputs and the instant t: events after t have not happened yet, a resolution after t neither.
//
//   touch lateness       clip(log2(max(1, days since the last two-way touch / allowed)), 0, 3)
//   complaint            sum over complaints of 2^(-age / 8 weeks) * (0.4 once resolved)
//                            * max(0, 1 - 0.15 ln(1 + x) + (0.5 if another complaint came in the 8 weeks before it))
//   emergency, in time   sum of 2^(-age / 3 weeks) over emergencies resolved by their deadline, or whose deadline
//                        is still to come: help that is not late yet counts as help
//   emergency, late      the same over emergencies resolved after their deadline, or open beyond it
//   competitor call      sum of 2^(-age / 8 weeks)
//   over-contact         max(0, touches within the last allowed interval - 3)
//   falling order value  clip(ln(slow average / fast average), 0, 1.5)
//   missed goal review   1 while a review is overdue or a goal behind plan, 2^(-age / 10 weeks) after; the largest
//   negative sentiment   the average of sentiments (weight of the past 0.7), as 0 (none) to 1 (all bad)
//   referrer lost        1 once the client that referred this one is lost;  referred: 1 for a referred client
//
// The published complaint terms for past purchases (which mitigate) and for a second complaint (which aggravates,
// briefly) scale that complaint's own contribution; so they decay and recover with it, and without a complaint they
// are nothing. An event older than 60 weeks counts as 0.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::risk {

struct Complaint {
  EventId event;
  Instant at{};
  std::optional<Instant> resolved_at;
  friend bool operator==(const Complaint&, const Complaint&) = default;
};

struct Emergency {
  EventId event;
  Instant at{};
  Instant handle_by{};  // The deadline: two working days of the book after `at`, as the caller's calendar says.
  std::optional<Instant> resolved_at;  // In time if <= handle_by.
  friend bool operator==(const Emergency&, const Emergency&) = default;
};

struct CompetitorCall {
  EventId event;
  Instant at{};
  friend bool operator==(const CompetitorCall&, const CompetitorCall&) = default;
};

struct TouchFacts {
  EventId event;           // The last two-way touch; of a client never touched, its first event.
  Instant since{};         // When that was.
  int allowed_days = 0;    // CadenceTerms::AllowedDays(); 0: no cadence, no lateness.
  bool connected = false;  // False: the book records no touches, so lateness says nothing and is 0.
  friend bool operator==(const TouchFacts&, const TouchFacts&) = default;
};

// An overdue episode of the cadence. It opens a rule; the lateness signal does not depend on it.
struct Overdue {
  EventId event;  // What the rule cites: the cause of the overdue episode.
  Instant since{};
  bool raises_risk = false;  // False for an episode that opened while touch data was not connected.
  friend bool operator==(const Overdue&, const Overdue&) = default;
};

// Any two-way touch, for over-contact.
struct ContactFact {
  EventId event;
  Instant at{};
  friend bool operator==(const ContactFact&, const ContactFact&) = default;
};

// Also a goal behind plan, from the measurement that showed it to the one that shows it on plan again.
struct MissedReview {
  EventId event;                   // What made it overdue.
  Instant due{};                   // Overdue from here on ...
  std::optional<Instant> held_at;  // ... until here.
  bool behind_plan = false;
  friend bool operator==(const MissedReview&, const MissedReview&) = default;
};

struct Sentiment {
  EventId event;
  Instant at{};
  double value = 0;      // -1 (bad) to 1 (good); taken as at most 0 ("nothing bad").
  std::string source{};  // Of the touch: ids are unique within their source only. Empty: not known.
  friend bool operator==(const Sentiment&, const Sentiment&) = default;
};

struct Referral {
  EventId event;                         // Says that this client was referred.
  std::optional<EventId> referrer_lost;  // Says that the referrer was lost ...
  Instant lost_at{};                     // ... when.
  friend bool operator==(const Referral&, const Referral&) = default;
};

// Averages of order values, of the past at each order 0.9 and 0.6; both start with the first value.
struct ValueTrend {
  EventId event;  // The last order.
  double slow = 0;
  double fast = 0;
  friend bool operator==(const ValueTrend&, const ValueTrend&) = default;
};

struct SignalFacts {
  std::vector<Complaint> complaints;
  std::vector<Emergency> emergencies;
  std::vector<CompetitorCall> competitor_calls;
  std::optional<TouchFacts> touch;
  std::optional<Overdue> overdue;
  // Conditions that began before this raise nothing, ever: set when an import ends (to 30 days before) and when a
  // lost client returns. The signals above still count them.
  std::optional<Instant> rules_from;
  std::vector<ContactFact> contacts{};
  std::vector<MissedReview> missed_reviews{};
  std::vector<Sentiment> sentiments{};
  std::optional<Referral> referral{};
  std::optional<ValueTrend> value_trend{};  // Of all orders up to now, see ValueTrendOf() in order_days.h.
  friend bool operator==(const SignalFacts&, const SignalFacts&) = default;
};

inline constexpr std::size_t kSignalEvents = 64;  // Kept of each kind, the newest.

// Sorts by (time, event id), drops repeats (same time and id), what can no longer count (older than 68 weeks and not
// open) and what exceeds kSignalEvents. REQUIRED after each change of the lists; the result does not depend on their
// order.
void Normalise(SignalFacts& facts, Instant now);

// The first five are those of `default-1` from the start; later kinds are appended, so that indices stay.
enum class SignalKind : std::uint8_t {
  kCompetitorCall,
  kComplaint,
  kEmergencyInTime,
  kEmergencyLate,
  kTouchLateness,
  kFallingValue,
  kMissedReview,
  kNegativeSentiment,
  kOverContact,
  kReferred,
  kReferrerLost,
};
inline constexpr std::size_t kSignalKinds = 11;
using SignalValues = std::array<double, kSignalKinds>;  // Indexed by SignalKind.

[[nodiscard]] std::string_view SignalKindName(SignalKind kind);

// The priors: means and standard deviations, in log-odds per unit of signal.
inline constexpr SignalValues kPriorWeights = {1.2, 1.0, -0.2, 0.8, 0.35, 0.5, 0.4, 0.3, 0.1, -0.2, 0.4};
inline constexpr SignalValues kPriorDeviations = {1.0, 0.75, 0.5, 0.6, 0.35, 0.5, 0.5, 0.3, 0.2, 0.2, 0.5};

// s_k(t). `x`: repeat orders. REQUIRES: facts are normalised.
[[nodiscard]] SignalValues Signals(const SignalFacts& facts, std::int64_t x, Instant t);
// sum of v_k s_k.
[[nodiscard]] double Weigh(const SignalValues& values, const SignalValues& weights);
// The events a signal rests on at t, oldest first; empty if its value is 0.
[[nodiscard]] std::vector<EventId> SignalEvents(const SignalFacts& facts, SignalKind kind, Instant t);

// What raises the level at once, whatever the probability says, and keeps it raised while it holds.
enum class RuleKind : std::uint8_t { kEmergency, kCompetitorCall, kComplaint, kOverdue };
[[nodiscard]] std::string_view RuleKindName(RuleKind kind);

struct RuleCondition {
  RuleKind kind{};
  EventId event;
  Instant from{};
  std::optional<Instant> until;  // Exclusive; nullopt: until something happens.
  [[nodiscard]] bool HoldsAt(Instant t) const { return from <= t && (!until || t < *until); }
  friend bool operator==(const RuleCondition&, const RuleCondition&) = default;
};

// Every rule condition these facts make, past, present and to come, by (from, kind, event id):
// emergency until resolved; competitor call 8 weeks; complaint until resolved, at most 13 weeks; overdue until touched
// (the caller then drops it) if it raises risk.
[[nodiscard]] std::vector<RuleCondition> RuleConditions(const SignalFacts& facts);

// The instants in (after, before] at which a signal has a step or a kink: deadlines, the ends of decays, the start and
// the cap of lateness. Not sorted.
[[nodiscard]] std::vector<Instant> SignalBreaks(const SignalFacts& facts, Instant after, Instant before);

// True if within [from, to] each signal, taken alone, only rises or only falls: it is nowhere outside its values at
// both ends. Enough, not needed: false also where looking closer might show it.
[[nodiscard]] bool EachMovesOneWay(const SignalFacts& facts, Instant from, Instant to);

// True if no signal but lateness, which only rises, can move by time, and no rule can end by time.
[[nodiscard]] bool OnlyLateness(const SignalFacts& facts);

}  // namespace mainstay::risk
