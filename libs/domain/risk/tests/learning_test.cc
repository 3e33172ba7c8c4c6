// Learning from matured labels, on a world whose truth was planted (the mechanism only; no real book is like it).
#include "mainstay/risk/learning.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "clients.h"
#include "mainstay/testing/seed.h"
#include "planted_world.h"

namespace mainstay::risk {
namespace {

const LearningPolicy kPolicy;

std::vector<Matured> AllRows(const PlantedWorld& world, std::size_t from, std::size_t to) {
  std::vector<Matured> rows;
  for (std::size_t i = from; i < to; ++i) rows.push_back(world.rows[i].matured);
  return rows;
}

// Learns in batches, as a book does, then returns the parameters.
ChurnParameters Learned(const PlantedWorld& world, std::size_t until) {
  ChurnParameters parameters;
  WeightState state = StartWeights();
  constexpr std::size_t kBatch = 500;
  for (std::size_t i = 0; i < until; i += kBatch) {
    parameters.weights = state.weights;
    state = Learn(state, AllRows(world, i, std::min(until, i + kBatch)), parameters, 0, kPolicy);
  }
  parameters.weights = state.weights;
  return parameters;
}

double Auc(const PlantedWorld& world, std::size_t from, const std::function<double(const PlantedRow&)>& score,
           bool second_label) {
  std::vector<std::pair<double, bool>> ranked;
  for (std::size_t i = from; i < world.rows.size(); ++i) {
    const PlantedRow& row = world.rows[i];
    if (row.overdue) continue;  // Early warning: those who are not late yet.
    ranked.emplace_back(score(row), second_label ? row.left_later : row.matured.left);
  }
  std::sort(ranked.begin(), ranked.end());
  double below = 0, won = 0, positives = 0;
  for (const auto& [value, left] : ranked) {
    if (left) {
      won += below;
      ++positives;
    } else {
      ++below;
    }
  }
  return won / (positives * below);
}

class Planted : public ::testing::TestWithParam<Link> {};

TEST_P(Planted, TwoPartSeesEarlyWhatOrdersCannotAndComesNearTheOracle) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  const PlantedWorld world = MakePlantedWorld(GetParam(), 6'000, 4, seed);
  const std::size_t half = world.rows.size() / 2;
  const ChurnParameters two_part = Learned(world, half);
  ChurnParameters orders = two_part;
  orders.weights = {};
  const auto logit = [](double p) { return std::log(p / (1 - p)); };
  const double by_orders = Auc(
      world, half, [&](const auto& r) { return Probability(r.matured.snapshot, orders); }, true);
  const double by_two = Auc(
      world, half, [&](const auto& r) { return Probability(r.matured.snapshot, two_part); }, true);
  const double additive = Auc(
      world, half,
      [&](const auto& r) {
        return logit(Probability(r.matured.snapshot, orders)) + Weigh(r.matured.snapshot.signals, two_part.weights);
      },
      true);
  const double oracle = Auc(
      world, half, [](const auto& r) { return r.oracle; }, true);
  std::printf("early-warning AUC: orders only %.3f, additive %.3f, two-part %.3f, oracle %.3f\n", by_orders, additive,
              by_two, oracle);
  EXPECT_GT(by_two, by_orders + .02);
  EXPECT_GT(by_two, oracle - .04);
  EXPECT_GE(by_two, additive - .01);
}

TEST_P(Planted, TheWeightsAreRecoveredWithinAQuarterOrTwoDeviations) {
  if (GetParam() != Link::kTwoPart) GTEST_SKIP() << "another link has no such weights";
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  const PlantedWorld world = MakePlantedWorld(GetParam(), 6'000, 6, seed);
  WeightState state = StartWeights();
  ChurnParameters parameters;
  state = Learn(state, AllRows(world, 0, world.rows.size()), parameters, 0, {.fisher_steps = 4});
  int moved = 0;
  for (std::size_t k = 0; k < kSignalKinds; ++k) {
    if (world.truth[k] == 0) continue;
    const double deviation = 1 / std::sqrt(state.precision[k][k]);
    std::printf("%s: %.2f +- %.2f (truth %.2f)\n", std::string(SignalKindName(static_cast<SignalKind>(k))).c_str(),
                state.weights[k], deviation, world.truth[k]);
    EXPECT_LT(std::abs(state.weights[k] - world.truth[k]), std::max(.25, 2.5 * deviation));
    if (std::abs(state.weights[k] - kPriorWeights[k]) > .2) ++moved;
  }
  EXPECT_GT(moved, 0) << "vacuous: the priors were the truth";
}

INSTANTIATE_TEST_SUITE_P(Links, Planted, ::testing::Values(Link::kTwoPart, Link::kComplementaryLogLog));

TEST(Learning, WithoutLabelsNothingMovesAndOldEvidenceFadesToThePrior) {
  const WeightState start = StartWeights();
  const WeightState same = Learn(start, {}, {}, 0, kPolicy);
  EXPECT_EQ(same.weights, start.weights);
  const PlantedWorld world = MakePlantedWorld(Link::kTwoPart, 1'000, 2, 7);
  const WeightState taught = Learn(start, AllRows(world, 0, world.rows.size()), {}, 0, kPolicy);
  const WeightState faded = Learn(taught, {}, {}, 2'000, kPolicy);
  EXPECT_GT(taught.precision[0][0], start.precision[0][0]);
  EXPECT_NEAR(faded.precision[0][0], start.precision[0][0], 1e-2);
}

TEST(Learning, LabelsMatureAtTheHorizonAtOnceWhenLostAndNeverWhenErased) {
  const Snapshot snapshot{kToday, 13, 0, false, {}};
  EXPECT_EQ(LabelOf(snapshot, {}, kToday + weeks{13} - 1ms), Label::kPending);
  EXPECT_EQ(LabelOf(snapshot, {}, kToday + weeks{13}), Label::kLeft);
  EXPECT_EQ(LabelOf(snapshot, {kToday + weeks{2}, std::nullopt, false}, kToday + weeks{2}), Label::kStayed);
  EXPECT_EQ(LabelOf(snapshot, {kToday + weeks{14}, std::nullopt, false}, kToday + weeks{14}), Label::kLeft);
  EXPECT_EQ(LabelOf(snapshot, {std::nullopt, kToday + weeks{3}, false}, kToday + weeks{3}), Label::kLeft);
  EXPECT_EQ(LabelOf(snapshot, {kToday + weeks{2}, std::nullopt, true}, kToday + weeks{20}), Label::kDropped);
}

TEST(Learning, EachClientHasOneWeekInFour) {
  std::array<int, 4> clients{};
  for (int c = 0; c < 400; ++c) {
    const ClientId client{"c" + std::to_string(c)};
    int mine = 0;
    for (int w = 0; w < 8; ++w) {
      if (!IsSnapshotWeek(BookId{"north"}, client, kToday + weeks{w})) continue;
      ++mine;
      if (w < 4) ++clients[static_cast<std::size_t>(w)];
    }
    ASSERT_EQ(mine, 2);
  }
  for (const int count : clients) EXPECT_GT(count, 60);
}

// Labels whose truth is sigmoid(offset + slope z), z = log-odds of the order model.
std::vector<Matured> LabelsOf(double offset, double slope, int n, std::uint64_t seed) {
  Random random{seed};
  std::vector<Matured> rows;
  for (int i = 0; i < n; ++i) {
    Matured& row = rows.emplace_back();
    row.snapshot.at = kToday;
    row.snapshot.logit_silent = 4 * Uniform(random) - 2;
    row.left = Uniform(random) < 1 / (1 + std::exp(-(offset + slope * row.snapshot.logit_silent)));
  }
  return rows;
}

TEST(Calibration, LearnsAnOffsetSoonAndASlopeSlowlyAndFadesWithAge) {
  const std::vector<Matured> rows = LabelsOf(-.8, .6, 4'000, 11);
  const Instant now = kToday + weeks{13};
  const Calibration little = Calibrate(std::span(rows).first(100), {}, now, kPolicy);
  EXPECT_GT(little.c1, .85) << "100 labels hardly move the slope";
  const Calibration learned = Calibrate(rows, {}, now, kPolicy);
  EXPECT_NEAR(learned.c0, -.8, .12);
  EXPECT_NEAR(learned.c1, .6, .15);
  const Calibration forgotten = Calibrate(rows, {}, now + weeks{3'000}, kPolicy);
  EXPECT_NEAR(forgotten.c0, 0, .01);
  EXPECT_NEAR(forgotten.c1, 1, .01);
}

TEST(Calibration, ALabelTeachesByTheLogOddsOfTheParametersInForce) {
  const OrderModel old{.r = 1.7, .alpha = 1.4, .a = 3, .b = 1.6, .k = 2, .m = 1};
  const OrderModel now{.r = .9, .alpha = 4.5, .a = .1, .b = 2, .k = 2, .m = 1};
  Snapshot snapshot{kToday, 13, 0, false, {}, {3, 20, 5}, 25};
  Rebase(snapshot, old);
  const double then = snapshot.logit_silent;
  EXPECT_EQ(then, LogitPSilent(old, snapshot.repeats, 25, 13));
  Rebase(snapshot, now);
  EXPECT_EQ(snapshot.logit_silent, LogitPSilent(now, snapshot.repeats, 25, 13));
  EXPECT_GT(std::abs(snapshot.logit_silent - then), .5) << "vacuous: both say the same";
  Snapshot contract{kToday, 13, -1.5, true, {}, {}, 0};
  Rebase(contract, now);
  EXPECT_EQ(contract.logit_silent, -1.5) << "a contract's odds are not the order model's";
  ChurnParameters calibrated;
  calibrated.calibration = {-2, .5, {}};
  EXPECT_NEAR(Probability(contract, calibrated), 1 / (1 + std::exp(1.5)), 1e-12) << "nor calibrated";
}

TEST(Gate, TheLargestDecayedLikelihoodWinsAndTiesGoToRaw) {
  EXPECT_EQ(Choose({}), GateChoice::kRaw);
  EXPECT_EQ(Choose({{-1, -2, -3, -3}}), GateChoice::kOrdersOnly);
  EXPECT_EQ(Choose({{-2, -2, -1, -1}}), GateChoice::kCalibrated);
  EXPECT_EQ(Choose({{-2, -2, -1, -.5}}), GateChoice::kIsotonic);
  EXPECT_EQ(Choose({{-1, -1, -1, -1}}), GateChoice::kRaw);
  const GateState faded = Observe({{-100, -50, -80, -80}}, {}, {}, {}, 1, kPolicy);
  EXPECT_NEAR(faded.log_likelihood[0], -97, 1e-12);
}

// A calibration that was true in one season and is wrong in the next loses the gate. Judged on labels that neither the
// calibration nor the gate has seen, over many books; the control is a gate that trusts every calibration.
TEST(Gate, DoesBetterOnUnseenLabelsThanNoCalibrationAndThanBlindTrust) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  const Instant now = kToday + weeks{13};
  const auto likelihood = [](std::span<const Matured> rows, const Calibration& calibration) {
    ChurnParameters parameters;
    parameters.calibration = calibration;
    double sum = 0;
    for (const Matured& row : rows) {
      const double p = Probability(row.snapshot, parameters);
      sum += row.Weight() * std::log(row.left ? p : 1 - p);
    }
    return sum;
  };
  std::array<int, kGateChoices> chosen{};
  double published = 0, raw = 0, trusting = 0;
  Random random{seed};
  for (std::uint64_t book = 0; book < 40; ++book) {
    const double offset = 2 * Uniform(random) - 1, slope = .4 + .8 * Uniform(random);
    const bool season_changes = book % 2 == 0;
    const auto later = [&](int n, std::uint64_t part) {
      return LabelsOf(season_changes ? 0 : offset, season_changes ? 1 : slope, n, seed + 3 * book + part);
    };
    const Calibration learned = Calibrate(LabelsOf(offset, slope, 2'000, seed + 3 * book), {}, now, kPolicy);
    ASSERT_FALSE(learned.steps.empty());
    const GateChoice choice = Choose(Observe({}, later(1'000, 1), {}, learned, 0, kPolicy));
    ++chosen[static_cast<std::size_t>(choice)];
    const std::vector<Matured> unseen = later(1'000, 2);
    published += likelihood(unseen, CalibrationOf(choice, learned));
    raw += likelihood(unseen, CalibrationOf(GateChoice::kRaw, learned));
    trusting += likelihood(unseen, CalibrationOf(GateChoice::kIsotonic, learned));
  }
  EXPECT_GT(published, raw);
  EXPECT_GT(published, trusting);
  EXPECT_GT(chosen[1], 0) << "raw never won";
  EXPECT_GT(chosen[2] + chosen[3], 0) << "a calibration never won";
}

}  // namespace
}  // namespace mainstay::risk
