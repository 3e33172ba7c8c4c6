// How a book does: who stays, what grows, what it takes, what comes if nobody is won. Pure.
//
// "Before" is the 12 months before the trailing 12 months. A present client paid before; a new one pays and did not.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/segmentation/persona.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::segmentation {

struct HealthClient {
  ClientId id;
  Money revenue;   // Of the trailing 12 months; what is not above zero counts as nothing.
  Money previous;  // Of the 12 months before.
  std::int64_t minutes = 0;
  bool lost = false;  // Said so: not kept, whatever it paid.
  bool referral = false;
  std::optional<std::int64_t> employees;
  std::optional<Money> annual_revenue;  // Its own; absent too if it is of another currency than the book's.
  Persona persona = Persona::kNone;
  std::int64_t order_days = 0;
  std::int64_t products = 0;
  std::int64_t departments = 0;
};

// A year from now and later, if nobody new is won and as many go as in the last year.
struct Erosion {
  int years = 0;
  double clients = 0;
  Money revenue;
};

// Clients of about one size, by the larger of their two years.
struct SizeBand {
  std::string name;  // "1,000 to 10,000", "10 to 49 employees", "unknown".
  std::int64_t clients = 0;
  Money revenue;
  std::int64_t before = 0;
  std::optional<double> retention;  // Absent when nobody paid before.
  std::int64_t referrals = 0;       // Clients that gave one in 365 days.
  std::int64_t minutes = 0;
  std::optional<double> minutes_per_thousand;  // Of revenue; absent without revenue.
};

// What prospects should look like. Medians; absent where nobody says.
struct Profile {
  std::int64_t clients = 0;
  std::optional<double> revenue;
  std::optional<double> employees;
  std::optional<double> annual_revenue;
  std::optional<double> products;
  std::optional<double> departments;
  std::optional<double> order_days;
  std::optional<double> minutes;
};

struct BookHealth {
  std::int64_t paying = 0;
  Money revenue;
  std::int64_t before = 0;  // Clients that paid before.
  Money previous;
  std::int64_t kept = 0;  // Of them, those that pay now and are not lost.
  std::optional<double> retention;
  Money base_revenue;                 // What those that paid before pay now.
  std::optional<double> base_growth;  // base_revenue against previous: 0.05 is 5 % more.
  std::int64_t new_clients = 0;
  Money new_revenue;
  Money gone_revenue;                         // What those that were not kept paid before.
  Money gained_present;                       // Of present clients that pay more.
  std::optional<double> growth_from_present;  // gained_present of all that was gained; absent without any gain.
  std::int64_t minutes_present = 0;           // Of touches with present clients.
  std::int64_t minutes_new = 0;               // With all others.
  std::vector<Erosion> erosion;               // After 1, 2 and 3 years; empty when nobody paid before.
  std::vector<SizeBand> by_revenue;
  std::vector<SizeBand> by_employees;
  Profile best;
  Profile everybody;                // Paying.
  std::vector<ClientId> big_names;  // Own annual revenue in the top tenth, rank in the bottom half; by id.
  std::vector<ClientId> draining;   // By id.
};

// `clients` by id. O(n log n).
[[nodiscard]] BookHealth HealthOf(std::span<const HealthClient> clients);

// How much of the target the clients that are there at the start of the year bring: what they were booked since, and
// for the days that are left the pace of their trailing 12 months. nullopt without a target.
[[nodiscard]] std::optional<double> BaseCoverage(Money booked, Money trailing, int days_left, Money target);

}  // namespace mainstay::segmentation
