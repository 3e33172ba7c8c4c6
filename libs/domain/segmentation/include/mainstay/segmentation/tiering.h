// The effective tier of one client: follows rank_tier with hysteresis, grace and settling. Pure.
//
//            rank_tier kNone (stops paying)
//   kNone <------------------------------------ A / B / C, tier == rank_tier: at rest
//     |   starts paying: tier = rank_tier               |  ^
//     +------------------------------------------------>+  |
//                              rank_tier moves away     v  |  it comes back, a line is passed by > 2 %, or 14 days
//                                               tier != rank_tier, since `differs_since`
//
// - Away from rank_tier, the tier moves at once to the furthest tier towards it whose every line in between is
//   passed by more than 2 %, and the rest of the way 14 days after the first moment the two differed. A partial move
//   does not start the 14 days again.
// - In grace (younger than 180 days) a client is never demoted; the 14 days run meanwhile.
// - While the book settles, tier = rank_tier for everyone and nothing else counts.
// The 2 %, the 14 days and the 180 days are values of the book's policy (TierRules).
// Call DecideTier when the client's revenue or rank_tier changed (kMoved), at `check_at` (kTimer), for every client
// of the book on PolicySet (kPolicySet), and for every client when an import ends (kMoved, with `settling` still
// true: the ranking of all that was imported). Not when only a line moved.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/segmentation/tier_lines.h"
#include "mainstay/vocabulary/policy_values.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::segmentation {

inline constexpr Duration kSettling = std::chrono::days{90};

struct TierRules {
  int margin = 200;  // Hundredths of a percent.
  Duration patience = std::chrono::days{14};
  Duration grace = std::chrono::days{180};
  friend bool operator==(const TierRules&, const TierRules&) = default;
};
// A margin is rounded to the hundredth of a percent.
[[nodiscard]] TierRules RulesOf(const PolicyValues& values);

// Stored per client.
struct TierState {
  Tier tier = Tier::kNone;               // Effective.
  Tier rank_tier = Tier::kNone;          // As last told.
  std::optional<Instant> differs_since;  // The first moment tier and rank_tier differed; absent iff they agree.
  friend bool operator==(const TierState&, const TierState&) = default;
};

enum class TierTrigger : std::uint8_t { kMoved, kTimer, kPolicySet };

struct TierInput {
  TierTrigger trigger = TierTrigger::kMoved;
  Instant now;
  Money revenue;
  Tier rank_tier = Tier::kNone;        // kNone iff not paying.
  std::optional<TierLines> lines;      // Of the book, now. REQUIRES: there when rank_tier is not kNone.
  std::optional<Instant> grace_until;  // GraceUntil(); absent: no grace.
  bool settling = false;               // Settles() of the book.
  TierRules rules{};
};

struct TierDecision {
  TierState next;
  // When to call again with kTimer if nothing happens before; replaces every earlier one. Always after `now`.
  std::optional<Instant> check_at;
};

[[nodiscard]] TierDecision DecideTier(const TierState& state, const TierInput& input);

// The end of a client's grace: `grace` after 00:00 UTC of `since`, else after the earlier of registration and first
// order; nullopt when none is known. In grace iff now < GraceUntil.
[[nodiscard]] std::optional<Instant> GraceUntil(std::optional<Day> since, std::optional<Instant> registered_at,
                                                std::optional<Instant> first_order_at, Duration grace);

// What decides whether a book settles; stored per book.
struct BookPhase {
  std::optional<Instant> first_event_at;  // Stream time of the book's first event.
  bool import_finished = false;           // An ImportFinished was seen, or one was given up after 24 h.
  bool importing = false;                 // Between ImportStarted and ImportFinished.
  friend bool operator==(const BookPhase&, const BookPhase&) = default;
};

// True while the book settles: during an import, and before the earlier of 90 days after its first event and its
// first ImportFinished. A book without events settles.
[[nodiscard]] bool Settles(const BookPhase& phase, Instant now);
// When to look again without an event: the end of the 90 days; nullopt when only ImportFinished can end it, or
// nothing settles.
[[nodiscard]] std::optional<Instant> SettlingEndsAt(const BookPhase& phase, Instant now);

}  // namespace mainstay::segmentation
