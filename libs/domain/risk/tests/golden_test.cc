// The order models against values computed at 40 digits from the published formulas.
//
// MAINSTAY_GOLDEN=<file> checks another file of the same form in addition.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "mainstay/risk/gamma_gamma.h"
#include "mainstay/risk/models.h"
#include "mainstay/risk/pareto_nbd.h"
#include "mainstay/risk/renewals.h"

namespace mainstay::risk {
namespace {

struct Row {
  std::string function;
  std::vector<double> params;
  std::vector<double> args;
  std::string value;
};

std::vector<double> Numbers(const std::string& text) {
  std::istringstream in{text};
  std::vector<double> numbers;
  for (double number; in >> number;) numbers.push_back(number);
  return numbers;
}

// Columns: source, function, params, args, value. Only the first may hold commas.
std::vector<Row> ReadRows(const std::string& path) {
  std::ifstream file{path};
  std::vector<Row> rows;
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line.substr(0, 15), "source,function") << path;
  while (std::getline(file, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    std::vector<std::string> cells(5);
    for (std::size_t i = 4; i >= 1; --i) {
      const std::size_t comma = line.rfind(',');
      cells[i] = line.substr(comma + 1);
      line.resize(comma);
    }
    rows.push_back({cells[1], Numbers(cells[2]), Numbers(cells[3]), cells[4]});
  }
  return rows;
}

using Mutation = std::function<void(OrderModel&)>;

// long double, because the file holds probabilities below 1e-308.
long double Exp(double logarithm) { return std::exp(static_cast<long double>(logarithm)); }

long double ComputePareto(const Row& row, const std::string& what) {
  const ParetoNbd model{row.params.at(0), row.params.at(1), row.params.at(2), row.params.at(3)};
  if (what == "expect") return ExpectedRepeats(model, row.args.at(0));
  const Repeats repeats{.x = static_cast<std::int64_t>(row.args.at(0)), .t_x = row.args.at(1)};
  const double age = row.args.at(2);
  if (what == "ll") return LogLikelihood(model, repeats, age);
  const long double alive = Exp(LnPAlive(model, repeats, age));
  if (what == "palive") return alive;
  if (what == "p_silent") return PSilent(model, repeats, age, row.args.at(3));
  if (what == "cond_expect") return alive * ExpectedOrdersIfActive(model, repeats, age, row.args.at(3));
  EXPECT_EQ(what, "dert") << "unknown golden function " << row.function;
  return alive * DiscountedOrdersIfActive(model, repeats, age, row.args.at(3));
}

long double ComputeValue(const Row& row, const std::string& what) {
  const GammaGamma model{row.params.at(0), row.params.at(1), row.params.at(2)};
  const auto x = static_cast<std::int64_t>(row.args.at(0));
  if (what == "expect") return ExpectedOrderValue(model, x, row.args.at(1));
  EXPECT_EQ(what, "ll") << "unknown golden function " << row.function;
  return LogLikelihood(model, x, row.args.at(1));
}

long double ComputeRenewals(const Row& row, const std::string& what) {
  const Renewals model{row.params.at(0), row.params.at(1), 1};
  const auto t = static_cast<std::int64_t>(row.args.at(0));
  if (what == "surv") return RenewalSurvival(model, t);
  if (what == "retention") return RetentionRate(model, t);
  EXPECT_EQ(what, "derl") << "unknown golden function " << row.function;
  return DiscountedLifetime(model, t, row.args.at(1));
}

long double ComputeOrders(const Row& row, const std::string& family, const std::string& what, const Mutation& mutate) {
  const bool erlang = family == "mbgk";
  const auto p = [&](std::size_t i) { return row.params.at(i + (erlang ? 1 : 0)); };
  OrderModel model{.r = p(0), .alpha = p(1), .a = p(2), .b = p(3)};
  model.k = erlang ? static_cast<int>(row.params.at(0)) : 1;
  model.m = family == "bg" ? 0 : 1;
  mutate(model);
  if (what == "expect") return ExpectedRepeats(model, row.args.at(0));
  if (what == "pmf") {
    model.m = 0;  // The count of the MBG family is not in the file.
    return OrderCountProbability(model, static_cast<std::int64_t>(row.args.at(0)), row.args.at(1));
  }
  Repeats repeats{.x = static_cast<std::int64_t>(row.args.at(0)), .t_x = row.args.at(1)};
  const double age = row.args.at(2);
  if (what == "palive") return Exp(LnPAlive(model, repeats, age));
  if (what == "p_silent") return PSilent(model, repeats, age, row.args.at(3));
  if (what == "cond_expect") {
    return Exp(LnPAlive(model, repeats, age)) * ExpectedOrdersIfActive(model, repeats, age, row.args.at(3));
  }
  EXPECT_EQ(what, "ll") << "unknown golden function " << row.function;
  if (erlang) repeats.ln_gap_sum = row.args.at(3);
  return LogLikelihood(model, repeats, age);
}

long double Compute(const Row& row, const Mutation& mutate) {
  const std::size_t dot = row.function.find('.');
  const std::string family = row.function.substr(0, dot);
  const std::string what = row.function.substr(dot + 1);
  if (family == "pnbd") return ComputePareto(row, what);
  if (family == "gg") return ComputeValue(row, what);
  if (family == "sbg") return ComputeRenewals(row, what);
  return ComputeOrders(row, family, what, mutate);
}

struct Outcome {
  std::map<std::string, int> checked;
  std::map<std::string, int> wrong;
  long double worst = 0;
  std::string worst_row;
};

Outcome CheckFile(const std::string& path, const Mutation& mutate, bool report) {
  Outcome outcome;
  for (const Row& row : ReadRows(path)) {
    const long double actual = Compute(row, mutate);
    ++outcome.checked[row.function];
    const long double expected = std::strtold(row.value.c_str(), nullptr);
    const long double error = std::fabs(actual - expected) / std::fabs(expected);
    if (!(error <= outcome.worst)) {
      outcome.worst = error;
      outcome.worst_row = row.function + " = " + row.value;
    }
    if (error <= 1e-11L) continue;
    ++outcome.wrong[row.function];
    if (report) {
      ADD_FAILURE() << row.function << " expected " << row.value << ", relative error " << static_cast<double>(error);
    }
  }
  return outcome;
}

const std::string kGolden = std::string{MAINSTAY_SOURCE_DIR} + "/libs/domain/risk/tests/data/golden_values.csv";
void Unchanged(OrderModel&) {}

TEST(GoldenValues, EveryBuiltFunctionAgreesToElevenDigits) {
  const Outcome outcome = CheckFile(kGolden, Unchanged, true);
  std::printf("worst row: %s, relative error %.2Lg\n", outcome.worst_row.c_str(), outcome.worst);
  const std::map<std::string, int> all = {
      {"bg.ll", 15},      {"bg.p_silent", 42},  {"bg.palive", 14},      {"mbg.ll", 8},         {"mbg.p_silent", 21},
      {"mbg.palive", 7},  {"bg.expect", 8},     {"bg.cond_expect", 45}, {"mbg.expect", 4},     {"mbg.cond_expect", 21},
      {"mbgk.ll", 5},     {"mbgk.p_silent", 5}, {"mbgk.palive", 5},     {"bg.pmf", 6},         {"gg.expect", 4},
      {"gg.ll", 3},       {"pnbd.ll", 14},      {"pnbd.palive", 14},    {"pnbd.p_silent", 11}, {"pnbd.cond_expect", 23},
      {"pnbd.expect", 3}, {"pnbd.dert", 11},    {"sbg.derl", 4},        {"sbg.retention", 7},  {"sbg.surv", 7}};
  EXPECT_EQ(outcome.checked, all) << "the file or the reader lost rows";
}

TEST(GoldenValues, TheFileNamedByTheEnvironmentAgreesToo) {
  const char* path = std::getenv("MAINSTAY_GOLDEN");
  if (path == nullptr) GTEST_SKIP() << "MAINSTAY_GOLDEN is not set";
  const Outcome outcome = CheckFile(path, Unchanged, true);
  std::printf("worst row: %s, relative error %.2Lg\n", outcome.worst_row.c_str(), outcome.worst);
  EXPECT_FALSE(outcome.checked.empty());
}

// The control: the comparison is sharp enough to see a single coefficient wrong in the ninth digit.
TEST(GoldenValues, AMutatedCoefficientTurnsThemRed) {
  constexpr double kTouch = 1 + 1e-8;
  const std::map<std::string, Mutation> mutants = {
      {"r", [](OrderModel& model) { model.r *= kTouch; }},
      {"alpha", [](OrderModel& model) { model.alpha *= kTouch; }},
      {"a", [](OrderModel& model) { model.a *= kTouch; }},
      {"b", [](OrderModel& model) { model.b *= kTouch; }},
      {"m", [](OrderModel& model) { model.m = 1 - model.m; }},
  };
  const Outcome stages = CheckFile(
      kGolden, [](OrderModel& model) { model.k += model.k > 1 ? 1 : 0; }, false);
  for (const char* function : {"mbgk.ll", "mbgk.p_silent", "mbgk.palive"}) {
    EXPECT_GT(stages.wrong.count(function), 0U) << "k does not matter to " << function;
  }
  for (const auto& [name, mutate] : mutants) {
    const Outcome outcome = CheckFile(kGolden, mutate, false);
    EXPECT_GT(outcome.wrong.count("mbg.cond_expect"), 0U) << name << " does not matter to expected orders";
    for (const char* function : {"bg.ll", "mbg.ll", "mbgk.ll", "bg.p_silent", "mbg.p_silent", "mbgk.p_silent"}) {
      EXPECT_GT(outcome.wrong.count(function), 0U) << name << " does not matter to " << function;
    }
  }
}

}  // namespace
}  // namespace mainstay::risk
