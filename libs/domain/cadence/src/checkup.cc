#include "mainstay/cadence/checkup.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

namespace mainstay::cadence {
namespace {

EventCount Count(std::vector<CheckupEvent> events, Instant from, Instant to) {
  std::erase_if(events, [&](const CheckupEvent& event) { return event.at < from || event.at > to; });
  std::sort(events.begin(), events.end(),
            [](const CheckupEvent& a, const CheckupEvent& b) { return std::tie(a.at, a.id) < std::tie(b.at, b.id); });
  EventCount answer;
  answer.count = static_cast<std::int64_t>(events.size());
  for (CheckupEvent& event : events) answer.event_ids.push_back(std::move(event.id));
  return answer;
}

// Of rows sorted longest first.
void Summarise(Checkup& answer) {
  const std::size_t n = answer.rows.size();
  if (n == 0) return;
  const auto ascending = [&](std::size_t i) { return answer.rows[n - 1 - i].days; };
  answer.median = static_cast<double>(ascending((n - 1) / 2) + ascending(n / 2)) / 2;
  answer.p90 = ascending((9 * n + 9) / 10 - 1);
  answer.worst = ascending(n - 1);
}

}  // namespace

std::int64_t DaysSinceTouch(Instant last_touch, Instant now, const ZoneRules& client_zone) {
  return std::max<std::int64_t>(0, (client_zone.LocalDay(now) - client_zone.LocalDay(last_touch)).count());
}

Instant StartOfYear(Instant now, const ZoneRules& book_zone) {
  const std::chrono::year_month_day today{book_zone.LocalDay(now)};
  return book_zone.StartOfDay(today.year() / std::chrono::January / 1);
}

Checkup MakeCheckup(const std::vector<CheckupClient>& clients, CheckupEvents events, Instant now,
                    const ZoneRules& book_zone) {
  Checkup answer;
  answer.clients = static_cast<std::int64_t>(clients.size());
  for (const CheckupClient& client : clients) {
    if (client.days_since_touch) {
      answer.rows.push_back({client.client, *client.days_since_touch});
    } else {
      ++answer.never;
    }
  }
  std::sort(answer.rows.begin(), answer.rows.end(), [](const ClientDays& a, const ClientDays& b) {
    return a.days != b.days ? a.days > b.days : a.client < b.client;
  });
  Summarise(answer);
  const Instant year_ago = now - kPastYear + Duration{1};  // Exclusive start, in whole milliseconds.
  answer.lost_to_competition = Count(std::move(events.losses_to_competition), year_ago, now);
  answer.competitor_calls = Count(std::move(events.competitor_calls), StartOfYear(now, book_zone), now);
  answer.emergencies = Count(std::move(events.emergencies), year_ago, now);
  answer.referrals = Count(std::move(events.referrals), year_ago, now);
  return answer;
}

}  // namespace mainstay::cadence
