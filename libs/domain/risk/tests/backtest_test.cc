#include "mainstay/risk/backtest.h"

#include <gtest/gtest.h>

#include <cmath>

#include "order_world.h"

namespace mainstay::risk {
namespace {

// A book of planted clients, in whole days from a first day.
std::vector<DayHistory> Book(int clients, std::uint64_t seed) {
  Random random{seed};
  const OrderModel model{.r = 1.3, .alpha = 3, .a = .6, .b = 4, .k = 1, .m = 1};
  const Day first{std::chrono::year{2020} / 1 / 1};
  std::vector<DayHistory> histories;
  for (int c = 0; c < clients; ++c) {
    const double rate = DrawGamma(model.r, random) / model.alpha;
    const double leaves = DrawBeta(model.a, model.b, random);
    DayHistory history;
    for (double t = 0; t < 80;) {
      const Day day = first + std::chrono::days{static_cast<std::int64_t>(7 * t)};
      if (history.days.empty() || day > history.days.back()) {
        history.days.push_back(day);
        history.values.push_back(100);
      }
      if (Uniform(random) < leaves) break;
      t += DrawGamma(1, random) / rate;
    }
    histories.push_back(history);
  }
  return histories;
}

BacktestReport Backtested(const std::vector<DayHistory>& book, const BacktestOptions& options) {
  const OrderFit fit = FitMbgCnbd(ObservedOf(CutAt(book, options.cut)), Priors::kNone);
  Result<BacktestReport> report = RunBacktest(book, fit, options);
  EXPECT_TRUE(report) << report.error().message;
  return *report;
}

const BacktestOptions kOptions{Day{std::chrono::year{2021} / 3 / 1}, 91, 50, 1};

TEST(Backtest, OnABookThatFollowsTheModelItsProbabilitiesAreTrueAndBeatRecency) {
  const BacktestReport report = Backtested(Book(3'000, 3), kOptions);
  ASSERT_EQ(report.sets.size(), 2U);
  const SetResult& all = report.sets[0];
  EXPECT_EQ(all.name, "all");
  const MethodResult& model = all.methods[0];
  EXPECT_EQ(model.name, "p_silent");
  EXPECT_LT(model.ece->value, .04);
  EXPECT_NEAR(model.calibration_slope->value, 1, .15);
  EXPECT_LT(model.auc->interval.low, model.auc->value);
  EXPECT_GT(model.auc->interval.high, model.auc->value);
  for (const MethodResult& method : all.methods) {
    if (method.name == "recency" || method.name == "base_rate") {
      EXPECT_LT(method.auc->value, model.auc->value);
    }
    if (method.name == "base_rate") {
      EXPECT_EQ(method.auc->value, .5);
    }
  }
}

TEST(Backtest, TheFutureDoesNotChangeWhatIsKnownAtTheCut) {
  std::vector<DayHistory> book = Book(200, 5);
  const std::vector<CutClient> before = CutAt(book, kOptions.cut);
  for (DayHistory& history : book) {
    while (!history.days.empty() && history.days.back() > kOptions.cut) {
      history.days.pop_back();
      history.values.pop_back();
    }
  }
  const std::vector<CutClient> after = CutAt(book, kOptions.cut);
  ASSERT_EQ(before.size(), after.size());
  int had_future = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].observed.repeats, after[i].observed.repeats);
    EXPECT_EQ(before[i].gap_ratio, after[i].gap_ratio);
    EXPECT_EQ(before[i].rfm, after[i].rfm);
    EXPECT_EQ(after[i].next_after, -1);
    had_future += before[i].next_after > 0 ? 1 : 0;
  }
  EXPECT_GT(had_future, 0);
}

TEST(Backtest, TheSameSeedGivesTheSameIntervals) {
  const std::vector<DayHistory> book = Book(300, 5);
  const BacktestReport one = Backtested(book, kOptions), two = Backtested(book, kOptions);
  EXPECT_EQ(one.sets[0].methods[0].auc->interval.low, two.sets[0].methods[0].auc->interval.low);
  EXPECT_EQ(one.sets[1].methods[0].ece->interval.high, two.sets[1].methods[0].ece->interval.high);
}

TEST(Backtest, RefusesAHorizonBeyondTheDataAndABookThatIsEmptyAtTheCut) {
  const std::vector<DayHistory> book = Book(100, 5);
  const OrderFit fit;
  BacktestOptions late = kOptions;
  late.horizon_days = 3'000;
  EXPECT_FALSE(RunBacktest(book, fit, late));
  BacktestOptions early = kOptions;
  early.cut = Day{std::chrono::year{2019} / 1 / 1};
  EXPECT_FALSE(RunBacktest(book, fit, early));
}

TEST(Backtest, BooksWithOneLabelOrOneClientGiveNoRankingAndNoCrash) {
  std::vector<DayHistory> book(2);
  for (int week = 0; week < 60; ++week) {
    book[0].days.push_back(Day{std::chrono::year{2020} / 1 / 1} + std::chrono::days{7 * week});
    book[0].values.push_back(1);
  }
  book[1] = book[0];
  const BacktestReport report = Backtested(book, {Day{std::chrono::year{2020} / 6 / 1}, 91, 10, 1});
  EXPECT_FALSE(report.sets[0].methods[0].auc);
  EXPECT_TRUE(std::isfinite(report.sets[0].methods[0].log_loss->value));
}

}  // namespace
}  // namespace mainstay::risk
