// How often the next best product would have been right: counted on what was known at a cut, held against what came
// after it, beside suggesting what is popular and what the client buys anyway. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace mainstay::segmentation {

// What one client bought. Clients without anything before the cut are not part of the test.
struct PurchaseHistory {
  std::map<std::string, std::int64_t> before;  // Product -> days it was ordered on, up to the cut.
  std::set<std::string> after;                 // Ordered within the horizon after it.
};

inline constexpr std::array<std::size_t, 3> kHitsAt = {1, 3, 10};

// Of the clients that bought something of the target, the share whose first 1, 3 and 10 suggestions contain one of it.
struct HitRates {
  std::string method;          // co_purchase, popularity, repeat_purchase.
  std::int64_t suggested = 0;  // Clients with at least one suggestion; the others count as misses.
  std::array<double, kHitsAt.size()> rates{};
};

struct HitTarget {
  std::string name;  // new_products: never bought before the cut. any_product: bought after it.
  std::int64_t clients = 0;
  std::vector<HitRates> methods;
};

struct NextProductReport {
  std::int64_t clients = 0;   // Known at the cut.
  std::int64_t products = 0;  // Held by any of them.
  std::vector<HitTarget> targets;
};

// co_purchase: next_product.h; never what the client holds. popularity: what most clients hold, for new_products
// without what the client holds. repeat_purchase: what the client ordered on most days; it has nothing to say about
// new_products. Ties by product id everywhere.
[[nodiscard]] NextProductReport BacktestNextProduct(std::span<const PurchaseHistory> histories);

}  // namespace mainstay::segmentation
