// Clients for the tests of this library.
#pragma once

#include <chrono>
#include <string>

#include "mainstay/base/random.h"
#include "mainstay/risk/score.h"

namespace mainstay::risk {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::weeks;

inline constexpr Instant kToday{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};  // A Monday.

// x repeat orders in even gaps over `span`; the last order day ended at `last_day_ends_at`.
inline ClientFacts RegularBuyer(std::int64_t x, weeks span, Instant last_day_ends_at = kToday) {
  OrderFacts orders;
  orders.statistics.repeats.x = x;
  orders.statistics.repeats.t_x = static_cast<double>(span.count());
  orders.statistics.last = std::chrono::floor<days>(last_day_ends_at) - days{1};
  orders.statistics.first = orders.statistics.last - span;
  orders.last_day_ends_at = last_day_ends_at;
  orders.last_order = EventId{"last-order"};
  return {orders, {}};
}

// Anything a client can be: orders or none, each signal or none, in the 70 weeks around `now`.
inline ClientFacts AnyClient(Random& random, Instant now) {
  ClientFacts facts;
  const auto ago = [&](std::uint64_t max_hours) { return now - std::chrono::hours{Below(random, max_hours)}; };
  if (Below(random, 8) != 0) {
    const auto x = static_cast<std::int64_t>(Below(random, 50));
    facts =
        RegularBuyer(x, x == 0 ? weeks{0} : weeks{x + static_cast<std::int64_t>(Below(random, 200))}, ago(24 * 200));
  }
  SignalFacts& signals = facts.signals;
  for (std::uint64_t i = Below(random, 4); i > 0 && Below(random, 2) == 0; --i) {
    Complaint complaint{EventId{"c" + std::to_string(i)}, ago(24 * 480), std::nullopt};
    if (Below(random, 2) == 0) complaint.resolved_at = complaint.at + std::chrono::hours{Below(random, 24 * 40)};
    signals.complaints.push_back(complaint);
  }
  for (std::uint64_t i = Below(random, 4); i > 0 && Below(random, 2) == 0; --i) {
    Emergency emergency{EventId{"e" + std::to_string(i)}, ago(24 * 60), {}, std::nullopt};
    emergency.handle_by = emergency.at + 48h;
    if (Below(random, 2) == 0) emergency.resolved_at = emergency.at + std::chrono::hours{Below(random, 24 * 5)};
    signals.emergencies.push_back(emergency);
  }
  for (std::uint64_t i = Below(random, 3); i > 0; --i) {
    signals.competitor_calls.push_back({EventId{"k" + std::to_string(i)}, ago(24 * 90)});
  }
  if (Below(random, 2) == 0) {
    constexpr int kAllowed[] = {0, 7, 30, 91};
    signals.touch = TouchFacts{EventId{"t"}, ago(24 * 120), kAllowed[Below(random, 4)], Below(random, 4) != 0};
  }
  if (Below(random, 6) == 0) signals.overdue = Overdue{EventId{"o"}, ago(24 * 20), Below(random, 2) == 0};
  for (std::uint64_t i = Below(random, 9); i > 0 && Below(random, 4) != 0; --i) {
    signals.contacts.push_back({EventId{"w" + std::to_string(i)}, ago(24 * 60)});
  }
  for (std::uint64_t i = Below(random, 3); i > 0 && Below(random, 3) == 0; --i) {
    MissedReview review{EventId{"r" + std::to_string(i)}, ago(24 * 90), std::nullopt};
    if (Below(random, 2) == 0) review.held_at = review.due + std::chrono::hours{Below(random, 24 * 60)};
    if (Below(random, 4) == 0) review.due = now + std::chrono::hours{Below(random, 24 * 30)};
    signals.missed_reviews.push_back(review);
  }
  for (std::uint64_t i = Below(random, 4); i > 0 && Below(random, 3) == 0; --i) {
    signals.sentiments.push_back({EventId{"m" + std::to_string(i)}, ago(24 * 90), Uniform(random) * 2 - 1});
  }
  Normalise(signals, now);
  return facts;
}

}  // namespace mainstay::risk
