// Goal: what is kept of each quarter, of the book and of each client, equals what adding up all orders anew gives at
// its end. Method: random orders over two years, with silences in which clients stop paying; transactions fail at
// random.
#include "services/segmentation/quarter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/testing/seed.h"
#include "services/segmentation/tests/faulty_system.h"

namespace mainstay::segmentation {
namespace {

const BookId kBook{"north"};
const Instant kStart = Instant{std::chrono::sys_days{std::chrono::year{2024} / 2 / 10}};

struct Figures {
  std::int64_t clients = 0;
  std::int64_t revenue = 0;
  std::int64_t line = 0;
  std::int64_t above = 0;
  std::int64_t came = 0;
  std::int64_t came_revenue = 0;
  std::int64_t gone = 0;
  std::int64_t gone_revenue = 0;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> ranks;  // Rank and revenue by client.
  friend bool operator==(const Figures&, const Figures&) = default;
};
std::ostream& operator<<(std::ostream& out, const Figures& f) {
  return out << f.clients << " paid " << f.revenue << ", " << f.line << " of them " << f.above << "; came " << f.came
             << " " << f.came_revenue << "; gone " << f.gone << " " << f.gone_revenue << "; " << f.ranks.size()
             << " ranks";
}

struct BookedOrder {
  std::string client;
  Instant at;
  std::int64_t units = 0;
};

Figures AddUp(const std::vector<BookedOrder>& orders, Instant end, const Figures& before) {
  std::map<std::string, std::int64_t> revenue;
  for (const BookedOrder& order : orders) {
    if (order.at <= end && order.at > end - std::chrono::days{365}) revenue[order.client] += order.units;
  }
  std::vector<std::pair<std::int64_t, std::string>> ranked;
  Figures figures;
  for (const auto& [client, units] : revenue) {
    ranked.emplace_back(-units, client);
    figures.revenue += units;
  }
  std::sort(ranked.begin(), ranked.end());
  figures.clients = static_cast<std::int64_t>(ranked.size());
  for (const auto& [minus, client] : ranked) {
    if (100 * figures.above < 80 * figures.revenue) {
      ++figures.line;
      figures.above -= minus;
    }
    figures.ranks[client] = {static_cast<std::int64_t>(figures.ranks.size()) + 1, -minus};
    if (before.ranks.contains(client)) continue;
    ++figures.came;
    figures.came_revenue -= minus;
  }
  for (const auto& [client, rank] : before.ranks) {
    if (figures.ranks.contains(client)) continue;
    ++figures.gone;
    figures.gone_revenue += rank.second;
  }
  return figures;
}

std::map<std::string, Figures> Kept(stream_sim::TaskDriver& driver) {
  std::map<std::string, Figures> quarters;
  const std::string prefix = kBook.raw() + '\0';
  EXPECT_TRUE(driver.store(0).Scan(kQuarters, prefix, {}, [&](std::string_view key, std::string_view value) {
    state::v1::SegmentationQuarter q;
    EXPECT_TRUE(q.ParseFromString(std::string(value)));
    quarters[std::string(key.substr(prefix.size()))] = {q.clients(),          q.revenue_units(), q.line_80_clients(),
                                                        q.above_line_units(), q.new_clients(),   q.new_units(),
                                                        q.gone_clients(),     q.gone_units(),    {}};
    return true;
  }));
  EXPECT_TRUE(driver.store(0).Scan(kRanks, prefix, {}, [&](std::string_view key, std::string_view value) {
    state::v1::SegmentationRank rank;
    EXPECT_TRUE(rank.ParseFromString(std::string(value)));
    const auto parts = stream::SplitKey(key.substr(prefix.size()));
    quarters[std::string(parts.at(1))].ranks[std::string(parts.at(0))] = {rank.rank(), rank.revenue_units()};
    return true;
  }));
  return quarters;
}

TEST(SegmentationQuarter, WhatIsKeptEqualsAddingUpAnew) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  FaultySystem system(random);
  std::vector<BookedOrder> orders;
  std::map<std::string, Figures> expected;
  Instant now = kStart;
  std::string quarter;
  std::int64_t gone = 0;
  for (int step = 0; step < 300; ++step) {
    now += std::chrono::minutes{61 + Below(random, 60 * 24 * 6)};
    for (; !quarter.empty() && QuarterOf(DayOf(now)) != quarter;
         quarter = QuarterOf(FirstDayOf(quarter) + std::chrono::days{100})) {
      const Instant end = FirstDayOf(QuarterOf(FirstDayOf(quarter) + std::chrono::days{100}));
      expected[quarter] = AddUp(orders, end, expected[QuarterBefore(quarter)]);
      gone += expected[quarter].gone;
    }
    std::erase_if(expected, [](const auto& entry) { return entry.second.ranks.empty(); });
    quarter = QuarterOf(DayOf(now));
    const int oldest = step / 60 * 10;  // Clients come and go.
    const std::string client = "c" + std::to_string(oldest + static_cast<int>(Below(random, 30)));
    const auto units = static_cast<std::int64_t>(Below(random, 500) + 1) * 10'000;
    orders.push_back({client, now, units});
    system.Take(Bought(kBook, step, client, "p", units, now), now);
    if (::testing::Test::HasFatalFailure()) return;
    ASSERT_EQ(Kept(system.driver()), expected) << "after step " << step;
  }
  EXPECT_GT(expected.size(), 6U);
  EXPECT_GT(gone, 0) << "nobody stopped paying";
}

}  // namespace
}  // namespace mainstay::segmentation
