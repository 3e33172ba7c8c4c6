#include "mainstay/segmentation/next_product_backtest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mainstay::segmentation {
namespace {

PurchaseHistory History(std::vector<std::string> before, std::set<std::string> after) {
  PurchaseHistory history;
  for (const std::string& product : before) ++history.before[product];
  history.after = std::move(after);
  return history;
}

// Forty clients hold pen and ink, forty cup and lid, sixty only tea: who holds pen alone buys ink next.
std::vector<PurchaseHistory> Planted(const std::string& next) {
  std::vector<PurchaseHistory> histories;
  for (int i = 0; i < 40; ++i) histories.push_back(History({"pen", "ink"}, {}));
  for (int i = 0; i < 40; ++i) histories.push_back(History({"cup", "lid"}, {}));
  for (int i = 0; i < 60; ++i) histories.push_back(History({"tea"}, {}));
  for (int i = 0; i < 10; ++i) histories.push_back(History({"pen"}, {next}));
  return histories;
}

const HitRates& Method(const NextProductReport& report, std::size_t target, const std::string& name) {
  for (const HitRates& method : report.targets.at(target).methods) {
    if (method.method == name) return method;
  }
  ADD_FAILURE() << "no method " << name;
  return report.targets.front().methods.front();
}

TEST(NextProductBacktest, WhatIsBoughtTogetherIsFoundWherePopularityMisses) {
  const NextProductReport report = BacktestNextProduct(Planted("ink"));
  EXPECT_EQ(report.clients, 150);
  EXPECT_EQ(report.products, 5);
  EXPECT_EQ(report.targets[0].clients, 10);
  EXPECT_EQ(Method(report, 0, "co_purchase").rates[0], 1);
  EXPECT_EQ(Method(report, 0, "popularity").rates[0], 0) << "tea is what most clients hold";
  EXPECT_EQ(Method(report, 0, "popularity").rates[2], 1) << "with five products, ten suggestions hit";
}

TEST(NextProductBacktest, APatternThatDoesNotHoldAfterTheCutIsAMiss) {
  const NextProductReport report = BacktestNextProduct(Planted("tea"));
  EXPECT_EQ(Method(report, 0, "co_purchase").rates[0], 0);
  EXPECT_EQ(Method(report, 0, "popularity").rates[0], 1);
}

TEST(NextProductBacktest, WhatAClientBuysAgainIsNoNewProduct) {
  std::vector<PurchaseHistory> histories = Planted("pen");
  const NextProductReport report = BacktestNextProduct(histories);
  EXPECT_EQ(report.targets[0].clients, 0);
  EXPECT_EQ(report.targets[1].clients, 10);
  EXPECT_EQ(Method(report, 1, "repeat_purchase").rates[0], 1);
  EXPECT_EQ(Method(report, 1, "co_purchase").rates[2], 0) << "it never suggests what is held";
}

TEST(NextProductBacktest, RepeatPurchaseNamesWhatWasOrderedOnMostDaysFirst) {
  PurchaseHistory often = History({"a", "b", "b", "c"}, {"c"});
  const std::vector<PurchaseHistory> histories = {often};
  const NextProductReport report = BacktestNextProduct(histories);
  const HitRates& repeat = Method(report, 1, "repeat_purchase");
  EXPECT_EQ(repeat.rates[0], 0) << "b comes first";
  EXPECT_EQ(repeat.rates[1], 1);
}

TEST(NextProductBacktest, ClientsWithoutAPastAreLeftOutAndNobodyGivesZeros) {
  const std::vector<PurchaseHistory> histories = {History({}, {"a"})};
  const NextProductReport report = BacktestNextProduct(histories);
  EXPECT_EQ(report.clients, 0);
  for (const HitTarget& target : report.targets) {
    EXPECT_EQ(target.clients, 0);
    for (const HitRates& method : target.methods) EXPECT_EQ(method.rates[2], 0);
  }
}

}  // namespace
}  // namespace mainstay::segmentation
