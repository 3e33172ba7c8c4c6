#include "mainstay/segmentation/book_health.h"

#include <gtest/gtest.h>

namespace mainstay::segmentation {
namespace {

Money Whole(std::int64_t amount) { return Money::FromUnits(amount * Money::kUnitsPerWhole); }

HealthClient Client(const std::string& id, std::int64_t revenue, std::int64_t previous) {
  HealthClient client;
  client.id = ClientId{id};
  client.revenue = Whole(revenue);
  client.previous = Whole(previous);
  return client;
}

TEST(BookHealth, CountsWhoStayedWhatGrewAndWhereGrowthCameFrom) {
  std::vector<HealthClient> clients{Client("a", 300, 200), Client("b", 80, 100), Client("c", 0, 100),
                                    Client("d", 100, 0), Client("e", 0, 0)};
  clients[0].minutes = 50;
  clients[3].minutes = 20;
  const BookHealth health = HealthOf(clients);
  EXPECT_EQ(health.paying, 3);
  EXPECT_EQ(health.before, 3);
  EXPECT_DOUBLE_EQ(health.retention.value(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(health.base_growth.value(), 380.0 / 400 - 1);
  EXPECT_EQ(health.gone_revenue, Whole(100));
  EXPECT_DOUBLE_EQ(health.growth_from_present.value(), 0.5);
  EXPECT_EQ(health.minutes_present, 50);
  EXPECT_EQ(health.minutes_new, 20);
  ASSERT_EQ(health.erosion.size(), 3U);
  EXPECT_DOUBLE_EQ(health.erosion[1].clients, 3 * 4.0 / 9);
  EXPECT_EQ(health.erosion[0].revenue, Whole(360));  // 480 less the quarter that went.
}

TEST(BookHealth, WhoIsLostWasNotKeptWhateverItPaid) {
  std::vector<HealthClient> clients{Client("a", 100, 100), Client("b", 100, 100)};
  clients[0].lost = true;
  const BookHealth health = HealthOf(clients);
  EXPECT_EQ(health.paying, 2);
  EXPECT_DOUBLE_EQ(health.retention.value(), 0.5);
  EXPECT_EQ(health.gone_revenue, Whole(100));
}

TEST(BookHealth, AnEmptyBookHasNoRates) {
  const BookHealth health = HealthOf({});
  EXPECT_FALSE(health.retention || health.base_growth || health.growth_from_present || health.best.revenue);
  EXPECT_TRUE(health.erosion.empty() && health.by_revenue.empty() && health.big_names.empty());
}

TEST(BookHealth, SizesAreBandsOfTheLargerYearAndTheUnknownAreNamed) {
  std::vector<HealthClient> clients{Client("a", 999, 0), Client("b", 10, 1000), Client("c", 0, 5000),
                                    Client("d", 200000, 100)};
  clients[1].referral = true;
  clients[1].minutes = 5;
  clients[3].employees = 10;
  const BookHealth health = HealthOf(clients);
  ASSERT_EQ(health.by_revenue.size(), 3U);
  EXPECT_EQ(health.by_revenue[0].name, "below 1,000");
  EXPECT_FALSE(health.by_revenue[0].retention.has_value());
  EXPECT_EQ(health.by_revenue[1].before, 2);
  EXPECT_DOUBLE_EQ(health.by_revenue[1].retention.value(), 0.5);
  EXPECT_EQ(health.by_revenue[1].referrals, 1);
  EXPECT_DOUBLE_EQ(health.by_revenue[1].minutes_per_thousand.value(), 500);
  ASSERT_EQ(health.by_employees.size(), 2U);
  EXPECT_EQ(health.by_employees[0].name, "10 to 49 employees");
  EXPECT_EQ(health.by_employees[1].name, "unknown");
}

TEST(BookHealth, ABigNameIsLargeItselfAndSmallInTheBook) {
  std::vector<HealthClient> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(Client("c" + std::to_string(i), 1000 - i, 0));
    clients.back().annual_revenue = Whole(i == 7 ? 1'000'000 : 500);
  }
  EXPECT_EQ(HealthOf(clients).big_names, std::vector<ClientId>{ClientId{"c7"}});
  std::swap(clients[7].revenue, clients[0].revenue);  // Now it is the best one.
  EXPECT_TRUE(HealthOf(clients).big_names.empty());
}

// Twenty pay the same, one pays less: c19 and c20 are 19th and 20th of 21.
TEST(BookHealth, ABigNameIsInTheBottomHalfByRankAlsoAmongEquals) {
  std::vector<HealthClient> clients;
  for (int i = 1; i <= 20; ++i) {
    clients.push_back(Client((i < 10 ? "c0" : "c") + std::to_string(i), 100, 0));
    clients.back().annual_revenue = Whole(500 + i);
  }
  clients.push_back(Client("small", 1, 0));
  EXPECT_EQ(HealthOf(clients).big_names, (std::vector<ClientId>{ClientId{"c19"}, ClientId{"c20"}}));
  clients[10].annual_revenue =
      Whole(10'000);  // The 11th is the last of the upper half, the 12th the first of the lower.
  clients[11].annual_revenue = Whole(10'000);
  EXPECT_EQ(HealthOf(clients).big_names, std::vector<ClientId>{ClientId{"c12"}});
}

TEST(BookHealth, TheProfileOfTheBestIsTheirMedian) {
  std::vector<HealthClient> clients{Client("a", 100, 0), Client("b", 300, 0), Client("c", 1, 0)};
  clients[0].persona = clients[1].persona = Persona::kBest;
  clients[1].employees = 40;
  clients[2].persona = Persona::kDraining;
  const BookHealth health = HealthOf(clients);
  EXPECT_EQ(health.best.clients, 2);
  EXPECT_DOUBLE_EQ(health.best.revenue.value(), 200);
  EXPECT_DOUBLE_EQ(health.best.employees.value(), 40);
  EXPECT_DOUBLE_EQ(health.everybody.revenue.value(), 100);
  EXPECT_EQ(health.draining, std::vector<ClientId>{ClientId{"c"}});
}

// After one week: 10 booked, and 292 a year for the 358 days that are left is 286.4 of a target of 395.2.
TEST(BookHealth, TheBaseCoversTheTargetByWhatIsBookedAndByItsPace) {
  EXPECT_DOUBLE_EQ(BaseCoverage(Whole(10), Whole(292), 358, Money::FromUnits(3'952'000)).value(),
                   (10 + 292 * 358 / 365.0) / 395.2);
  EXPECT_NEAR(BaseCoverage(Whole(10), Whole(292), 358, Money::FromUnits(3'952'000)).value(), 0.75, 0.001);
  EXPECT_FALSE(BaseCoverage(Whole(10), Whole(292), 358, Money{}).has_value());
}

}  // namespace
}  // namespace mainstay::segmentation
