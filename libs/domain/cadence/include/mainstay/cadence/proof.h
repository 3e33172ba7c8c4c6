// Did it work? What the last 365 days say about catching trouble early, competitors and referrals.
//
// Pure. Tiers of events are those of the client when they happened.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::cadence {

// An emergency counts as caught before it happened if the client had been above LOW for this long.
inline constexpr std::chrono::days kForeseen{7};
// A loss within this time after a competitor's call makes the call a foothold.
inline constexpr std::chrono::days kFoothold{90};

struct TieredEvent {
  EventId event;
  Instant at{};
  Tier tier = Tier::kNone;
  bool foreseen = false;  // Of an emergency.
};

struct ProofClient {
  ClientId client;
  Tier tier = Tier::kNone;  // Today.
  std::vector<TieredEvent> emergencies{};
  std::vector<TieredEvent> competitor_calls{};
  std::vector<TieredEvent> losses{};
  std::vector<TieredEvent> referrals{};
};

struct TierProof {
  Tier tier = Tier::kNone;
  std::vector<EventId> competitor_calls;  // By time, then id; so all.
  std::vector<EventId> footholds;         // Those of them that a loss followed.
  std::vector<EventId> referrals;
  std::int64_t clients = 0;  // Of this tier today.
};

struct ReferringClient {
  ClientId client;
  Tier tier = Tier::kNone;
  std::vector<EventId> referrals;
};

struct Proof {
  std::vector<EventId> emergencies;
  std::vector<EventId> caught;             // Those of them that were foreseen.
  std::array<TierProof, 4> tiers;          // A, B, C, none.
  std::vector<ReferringClient> referrers;  // Most referrals first, then by client id.
};

[[nodiscard]] Proof MakeProof(const std::vector<ProofClient>& clients, Instant now);

// How often leads of a source are won, by what is known of the source and Beta(a, b) before that.
struct ClosePrior {
  double a = 1;
  double b = 6;
};
inline constexpr ClosePrior kReferralPrior{2, 4};
inline constexpr ClosePrior kColdPrior{1, 6};  // Also of campaigns and others.

struct CloseRatio {
  std::int64_t won = 0;
  std::int64_t lost = 0;
  std::int64_t open = 0;  // Says nothing yet.
  double mean = 0;        // Of Beta(a + won, b + lost).
  double lo = 0;          // Its 5 % and 95 % quantiles.
  double hi = 0;
};
// CloseRatio::mean alone.
[[nodiscard]] double ExpectedCloseRatio(std::int64_t won, std::int64_t lost, const ClosePrior& prior);
[[nodiscard]] CloseRatio MakeCloseRatio(std::int64_t won, std::int64_t lost, std::int64_t open,
                                        const ClosePrior& prior);

}  // namespace mainstay::cadence
