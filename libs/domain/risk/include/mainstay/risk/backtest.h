// How true are the probabilities? Out of time: fitted on what was known at a cut, held against what came after it.
//
// Known are the order days up to the cut. The label is "no order on cut+1 .. cut+horizon". Every method sees the same
// clients; baselines that are not probabilities (recency, gap ratio, RFM) and the calibrated model get theirs from one
// earlier window of the same length, so that nothing of the future is used. `p_silent_own` looks as far ahead as each
// client's own horizon, with its own label, on the clients whose horizon the data cover.
//
// It proves the order part only: no public data set has touches. Pure and seeded; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/risk/fit.h"

namespace mainstay::risk {

// One client's order days, ascending and distinct, with what each was worth (> 0).
struct DayHistory {
  std::vector<Day> days;
  std::vector<double> values;
};

// A client as it was known at a cut, with what came after.
struct CutClient {
  Observed observed;
  double silent = 0;             // Weeks since the last order.
  double gap_ratio = 0;          // Silence over the own mean gap; of a client of one order over the median gap.
  double revenue = 0;            // Known, of the last 364 days.
  int rfm = 0;                   // 3 (best) to 15: quintiles of recency, frequency and revenue.
  bool flagged = false;          // The rule: gap_ratio > 2, with an own gap.
  bool active = false;           // At least 2 repeat orders, silent at most 26 weeks.
  std::int64_t next_after = -1;  // Days from the cut to the next order; -1: none in the data.
  [[nodiscard]] bool SilentFor(std::int64_t days) const { return next_after < 0 || next_after > days; }
};

[[nodiscard]] std::vector<CutClient> CutAt(std::span<const DayHistory> histories, Day cut);

struct BacktestOptions {
  Day cut{};
  std::int64_t horizon_days = 91;
  int bootstraps = 200;  // Of the 90 % intervals.
  std::uint64_t seed = 1;
};

struct Measure {
  double value = 0;
  Interval interval;  // 90 %, by bootstrap over clients.
};
// Absent: the method has no probability, or the sample has one label only.
struct MethodResult {
  std::string name;
  std::int64_t n = 0;
  std::optional<Measure> auc, log_loss, brier, ece, calibration_slope;
  std::optional<Measure> precision_at_rule, recall_at_rule, top_decile_lift;
  std::optional<Measure> captured_revenue;  // Share of the revenue of those who fell silent, in the top decile.
};
struct ReliabilityBin {
  double lo = 0, hi = 0;
  std::int64_t n = 0;
  double mean_predicted = 0, observed = 0;
};
struct SetResult {
  std::string name;  // "all" | "active_book"
  std::int64_t n = 0;
  double base_rate = 0;
  std::int64_t flagged = 0;  // By the rule.
  std::vector<MethodResult> methods;
  std::vector<ReliabilityBin> reliability;             // Of p_silent; bins without clients are left out.
  std::vector<ReliabilityBin> reliability_calibrated;  // Of p_silent_calibrated; empty if there is none.
};
struct BacktestReport {
  OrderFit fit;
  std::int64_t clients = 0;
  Day data_end{};
  std::vector<SetResult> sets;
};

// Scores that have met their labels, client by client.
struct Judged {
  std::vector<double> scores;         // Higher: rather leaves.
  std::vector<double> probabilities;  // Empty: the method has none.
  std::vector<std::uint8_t> labels;   // 1: left.
};
// Measured as RunBacktest() measures its methods; without a rule and without revenue. Of no rows: everything absent.
[[nodiscard]] MethodResult Judge(const std::string& name, const Judged& judged, int bootstraps, std::uint64_t seed);
// In ten bins by probability; bins without rows are left out.
[[nodiscard]] std::vector<ReliabilityBin> ReliabilityOf(const Judged& judged);

// The clients of a cut as a fit takes them.
[[nodiscard]] std::vector<Observed> ObservedOf(std::span<const CutClient> clients);

// `fit`: FitMbgCnbd(ObservedOf(CutAt(histories, cut)), Priors::kNone), made outside so that it can be timed.
// Errors: kInvalidArgument if nothing is known at the cut, or the data end before the horizon does.
[[nodiscard]] Result<BacktestReport> RunBacktest(std::span<const DayHistory> histories, const OrderFit& fit,
                                                 const BacktestOptions& options);

}  // namespace mainstay::risk
