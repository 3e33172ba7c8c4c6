// What a client is to the book today, and which cadence that gives it. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::segmentation {

enum class ClientStatus : std::uint8_t {
  kPaying,  // Trailing revenue above zero: has a tier.
  kNew,     // Registered less than 180 days ago and not yet paying: no tier, cadence of C.
  kLapsed,  // Not paying and not new: no cadence, win-back.
  kLost,    // Declared lost: no cadence, win-back, whatever it paid.
};

[[nodiscard]] constexpr std::string_view ClientStatusName(ClientStatus status) {
  switch (status) {
    case ClientStatus::kPaying: return "PAYING";
    case ClientStatus::kNew: return "NEW";
    case ClientStatus::kLapsed: return "LAPSED";
    case ClientStatus::kLost: break;
  }
  return "LOST";
}

inline constexpr Duration kNewFor = std::chrono::days{180};

struct ClientFacts {
  Money revenue;                          // Trailing 12 months.
  bool lost = false;                      // ClientLost without a later ClientReturned.
  std::optional<Instant> registered_at;   // The client's first event of any type, unless registered earlier.
  std::optional<Instant> first_order_at;  // Its earliest order of any amount; that one older than 365 days means it
                                          // has been a paying client.
};

[[nodiscard]] ClientStatus StatusAt(const ClientFacts& facts, Instant now);
// The next moment at which the status changes by time alone (revenue leaving the window is a move of its own).
[[nodiscard]] std::optional<Instant> StatusEndsAt(const ClientFacts& facts, Instant now);

// The tier whose cadence the client has: the effective tier when paying, C when new, else kNone (no cadence).
// SegmentChanged carries the effective tier only; whoever needs a cadence takes it from here.
[[nodiscard]] constexpr Tier CadenceTier(ClientStatus status, Tier effective_tier) {
  if (status == ClientStatus::kPaying) return effective_tier;
  return status == ClientStatus::kNew ? Tier::kC : Tier::kNone;
}

}  // namespace mainstay::segmentation
