// The check-up of a book: six questions, each answered with the ids behind the number.
//
// Pure; one pass over what the caller collected for an instant. Past year = (now - 365 days, now]; this year = since
// 1 January 00:00 in the book's zone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/zone.h"

namespace mainstay::cadence {

inline constexpr std::chrono::days kPastYear{365};

// A client that counts: not lost, not erased, with a cadence.
struct CheckupClient {
  ClientId client;
  std::optional<std::int64_t> days_since_touch;  // DaysSinceTouch(); absent: never touched.
};

struct CheckupEvent {
  EventId id;
  Instant at{};
};

// Events of the whole book, lost clients' too, in any order; older ones than asked for are left out here.
struct CheckupEvents {
  std::vector<CheckupEvent> losses_to_competition;  // ClientLost with reason COMPETITOR.
  std::vector<CheckupEvent> competitor_calls;
  std::vector<CheckupEvent> emergencies;  // Raised.
  std::vector<CheckupEvent> referrals;    // Given.
};

struct ClientDays {
  ClientId client;
  std::int64_t days = 0;
  friend bool operator==(const ClientDays&, const ClientDays&) = default;
};

struct EventCount {
  std::int64_t count = 0;
  std::vector<EventId> event_ids;  // By time, then id.
};

struct Checkup {
  std::int64_t clients = 0;
  std::optional<double> median;     // Mean of the middle two. Absent, as p90 and worst, without any touch.
  std::optional<std::int64_t> p90;  // Nearest rank.
  std::optional<std::int64_t> worst;
  std::int64_t never = 0;          // Clients without any touch.
  std::vector<ClientDays> rows;    // Touched clients, longest ago first, then by client id.
  EventCount lost_to_competition;  // Past year.
  EventCount competitor_calls;     // This year.
  EventCount emergencies;          // Past year.
  EventCount referrals;            // Past year.
};

// Local dates between the touch and now, on the client's wall; at least 0.
[[nodiscard]] std::int64_t DaysSinceTouch(Instant last_touch, Instant now, const ZoneRules& client_zone);
[[nodiscard]] Instant StartOfYear(Instant now, const ZoneRules& book_zone);
[[nodiscard]] Checkup MakeCheckup(const std::vector<CheckupClient>& clients, CheckupEvents events, Instant now,
                                  const ZoneRules& book_zone);

}  // namespace mainstay::cadence
