#include "mainstay/risk/backtest.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "log_math.h"
#include "measures.h"

namespace mainstay::risk {
namespace {

constexpr std::chrono::days kYear{364};
constexpr double kActiveWeeks = 26;
constexpr double kRule = 2;
constexpr std::size_t kEnoughToCalibrate = 50;

double Weeks(Day from, Day to) { return static_cast<double>((to - from).count()) / 7; }

// 1 (lowest) to 5; equal values get the same.
std::vector<int> Quintiles(const std::vector<double>& values) {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int> quintiles;
  for (const double value : values) {
    const auto below = std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin();
    quintiles.push_back(1 + static_cast<int>(5 * below / std::ssize(sorted)));
  }
  return quintiles;
}

void AddRfm(std::vector<CutClient>& clients) {
  std::vector<double> silent, orders, revenue;
  for (const CutClient& client : clients) {
    silent.push_back(client.silent);
    orders.push_back(static_cast<double>(client.observed.repeats.x));
    revenue.push_back(client.revenue);
  }
  const std::vector<int> r = Quintiles(silent), f = Quintiles(orders), m = Quintiles(revenue);
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i].rfm = r[i] + (6 - f[i]) + (6 - m[i]);
}

using Scorer = std::function<double(const CutClient&)>;

struct Method {
  std::string name;
  Scorer score;  // Higher: rather silent. If it is a probability's log-odds, `probable` says so.
  bool probable = false;
  bool calibrate = false;  // Its probability comes from the earlier window.
};

std::vector<std::uint8_t> Labels(std::span<const CutClient> clients, std::int64_t horizon) {
  std::vector<std::uint8_t> labels;
  for (const CutClient& client : clients) labels.push_back(client.SilentFor(horizon) ? 1 : 0);
  return labels;
}

std::vector<CutClient> Only(std::span<const CutClient> clients, bool active) {
  std::vector<CutClient> kept;
  std::copy_if(clients.begin(), clients.end(), std::back_inserter(kept),
               [&](const CutClient& c) { return !active || c.active; });
  return kept;
}

std::optional<Logistic> Calibrated(std::span<const CutClient> earlier, const Scorer& score, std::int64_t horizon) {
  if (earlier.size() < kEnoughToCalibrate) return std::nullopt;
  std::vector<double> z;
  for (const CutClient& client : earlier) z.push_back(score(client));
  return FitLogistic(z, Labels(earlier, horizon), std::vector<double>(z.size(), 1.0));
}

MethodResult Summarise(const std::string& name, const Sample& sample, const BacktestOptions& options) {
  MethodResult result{name, std::ssize(sample.labels), {}, {}, {}, {}, {}, {}, {}, {}, {}};
  const std::vector<std::uint32_t> ranking = Ranking(sample.scores);
  const std::size_t n = sample.labels.size();
  const Measures point = Measure9(sample, ranking, std::vector<double>(n, 1.0));
  std::array<std::vector<double>, kMeasures> draws;
  Random random{options.seed};
  for (int b = 0; b < options.bootstraps && n > 0; ++b) {
    std::vector<double> weights(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) weights[Below(random, n)] += 1;
    const Measures drawn = Measure9(sample, ranking, weights);
    for (std::size_t m = 0; m < kMeasures; ++m) {
      if (drawn[m]) draws[m].push_back(*drawn[m]);
    }
  }
  const auto measure = [&](Measured which) -> std::optional<Measure> {
    if (!point[which]) return std::nullopt;
    std::vector<double>& values = draws[which];
    Measure out{*point[which], {*point[which], *point[which]}};
    if (values.empty()) return out;
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
      return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + .5)];
    };
    out.interval = {at(.05), at(.95)};
    return out;
  };
  result.auc = measure(kAuc);
  result.log_loss = measure(kLogLoss);
  result.brier = measure(kBrier);
  result.ece = measure(kEce);
  result.calibration_slope = measure(kSlope);
  result.precision_at_rule = measure(kPrecision);
  result.recall_at_rule = measure(kRecall);
  result.top_decile_lift = measure(kLift);
  result.captured_revenue = measure(kRevenue);
  return result;
}

std::vector<ReliabilityBin> Reliability(const Sample& sample) {
  std::vector<ReliabilityBin> bins(10);
  for (std::size_t i = 0; i < sample.labels.size(); ++i) {
    const double p = sample.probabilities[i];
    ReliabilityBin& bin = bins[std::min<std::size_t>(9, static_cast<std::size_t>(p * 10))];
    ++bin.n;
    bin.mean_predicted += p;
    bin.observed += sample.labels[i];
  }
  for (std::size_t i = 0; i < bins.size(); ++i) {
    bins[i].lo = static_cast<double>(i) / 10;
    bins[i].hi = static_cast<double>(i + 1) / 10;
    if (bins[i].n == 0) continue;
    bins[i].mean_predicted /= static_cast<double>(bins[i].n);
    bins[i].observed /= static_cast<double>(bins[i].n);
  }
  std::erase_if(bins, [](const ReliabilityBin& bin) { return bin.n == 0; });
  return bins;
}

Sample MakeSample(std::span<const CutClient> clients, const Scorer& score, const std::vector<std::uint8_t>& labels) {
  Sample sample;
  sample.labels = labels;
  for (const CutClient& client : clients) {
    sample.scores.push_back(score(client));
    sample.flagged.push_back(client.flagged ? 1 : 0);
    sample.revenue.push_back(client.revenue);
  }
  return sample;
}

double OwnHorizonWeeks(const OrderModel& model, const CutClient& client) {
  return std::clamp(2 * TypicalGap(model, client.observed.repeats), 13.0, 104.0);
}

Scorer SilentScore(const OrderModel& model, double weeks) {
  return [model, weeks](const CutClient& c) { return LogitPSilent(model, c.observed.repeats, c.observed.age, weeks); };
}

// The same on the clients whose own horizon ends within the data.
MethodResult OwnHorizon(std::span<const CutClient> clients, const OrderModel& model, std::int64_t observed_days,
                        const BacktestOptions& options) {
  std::vector<CutClient> covered;
  std::vector<std::uint8_t> labels;
  for (const CutClient& client : clients) {
    const auto days = static_cast<std::int64_t>(std::ceil(7 * OwnHorizonWeeks(model, client)));
    if (days > observed_days) continue;
    covered.push_back(client);
    labels.push_back(client.SilentFor(days) ? 1 : 0);
  }
  const Scorer own = [&](const CutClient& c) {
    return LogitPSilent(model, c.observed.repeats, c.observed.age, OwnHorizonWeeks(model, c));
  };
  Sample sample = MakeSample(covered, own, labels);
  for (const double logit : sample.scores) sample.probabilities.push_back(Sigmoid(logit));
  return Summarise("p_silent_own", sample, options);
}

struct Models {
  OrderModel now;
  std::optional<OrderModel> earlier;
  OrderModel bg;
  OrderModel mbg;
};

SetResult RunSet(const std::string& name, std::span<const CutClient> clients, std::span<const CutClient> earlier,
                 const Models& models, std::int64_t observed_days, const BacktestOptions& options) {
  const double weeks = static_cast<double>(options.horizon_days) / 7;
  const std::vector<std::uint8_t> labels = Labels(clients, options.horizon_days);
  SetResult set{name, std::ssize(clients), 0, 0, {}, {}, {}};
  for (const std::uint8_t label : labels) set.base_rate += label;
  if (set.n > 0) set.base_rate /= static_cast<double>(set.n);
  for (const CutClient& client : clients) set.flagged += client.flagged ? 1 : 0;

  const std::vector<Method> methods = {
      {"p_silent", SilentScore(models.now, weeks), true, false},
      {"p_silent_calibrated", SilentScore(models.now, weeks), true, true},
      {"p_silent_mbg_nbd", SilentScore(models.mbg, weeks), true, false},
      {"p_silent_bg_nbd", SilentScore(models.bg, weeks), true, false},
      {"recency", [](const CutClient& c) { return std::log1p(c.silent); }, false, true},
      {"gap_ratio", [](const CutClient& c) { return std::log1p(c.gap_ratio); }, false, true},
      {"rfm", [](const CutClient& c) { return static_cast<double>(c.rfm); }, false, true},
      {"base_rate", [](const CutClient&) { return 0.0; }, false, true},
  };
  for (const Method& method : methods) {
    Sample sample = MakeSample(clients, method.score, labels);
    std::optional<Logistic> logistic;
    if (method.calibrate) {
      const bool modelled = method.name == "p_silent_calibrated";
      if (!modelled || models.earlier) {
        const Scorer earlier_score = modelled ? SilentScore(*models.earlier, weeks) : method.score;
        logistic = Calibrated(earlier, earlier_score, options.horizon_days);
      }
      if (modelled && !logistic) continue;
    } else {
      logistic = Logistic{};
    }
    if (logistic) {
      for (const double score : sample.scores) {
        sample.probabilities.push_back(Sigmoid(logistic->c0 + logistic->c1 * score));
      }
    }
    set.methods.push_back(Summarise(method.name, sample, options));
    if (method.name == "p_silent") {
      set.reliability = Reliability(sample);
      set.methods.push_back(OwnHorizon(clients, models.now, observed_days, options));
    }
    if (method.name == "p_silent_calibrated") set.reliability_calibrated = Reliability(sample);
  }
  return set;
}

}  // namespace

MethodResult Judge(const std::string& name, const Judged& judged, int bootstraps, std::uint64_t seed) {
  const std::size_t n = judged.labels.size();
  const Sample sample{judged.scores, judged.probabilities, judged.labels, std::vector<std::uint8_t>(n, 0),
                      std::vector<double>(n, 0)};
  return Summarise(name, sample, {{}, 0, bootstraps, seed});
}

std::vector<ReliabilityBin> ReliabilityOf(const Judged& judged) {
  return Reliability({judged.scores, judged.probabilities, judged.labels, {}, {}});
}

std::vector<CutClient> CutAt(std::span<const DayHistory> histories, Day cut) {
  std::vector<CutClient> clients;
  std::vector<double> gaps;
  for (const DayHistory& history : histories) {
    const auto end = std::upper_bound(history.days.begin(), history.days.end(), cut);
    if (end == history.days.begin()) continue;
    CutClient client;
    const auto known = static_cast<std::size_t>(end - history.days.begin());
    const Day first = history.days.front(), last = history.days[known - 1];
    Repeats& repeats = client.observed.repeats;
    repeats.x = static_cast<std::int64_t>(known) - 1;
    repeats.t_x = Weeks(first, last);
    for (std::size_t i = 0; i < known; ++i) {
      if (i > 0) repeats.ln_gap_sum += std::log(Weeks(history.days[i - 1], history.days[i]));
      if (history.days[i] > cut - kYear) client.revenue += history.values[i];
    }
    client.observed.age = Weeks(first, cut);
    client.silent = Weeks(last, cut);
    if (end != history.days.end()) client.next_after = (*end - cut).count();
    if (repeats.x > 0) {
      const double gap = repeats.t_x / static_cast<double>(repeats.x);
      gaps.push_back(gap);
      client.gap_ratio = client.silent / gap;
      client.flagged = client.gap_ratio > kRule;
    }
    client.active = repeats.x >= 2 && client.silent <= kActiveWeeks;
    clients.push_back(client);
  }
  if (!gaps.empty()) {
    std::nth_element(gaps.begin(), gaps.begin() + std::ssize(gaps) / 2, gaps.end());
    const double median = gaps[gaps.size() / 2];
    for (CutClient& client : clients) {
      if (client.observed.repeats.x == 0) client.gap_ratio = client.silent / median;
    }
  }
  AddRfm(clients);
  return clients;
}

std::vector<Observed> ObservedOf(std::span<const CutClient> clients) {
  std::vector<Observed> observed;
  for (const CutClient& client : clients) observed.push_back(client.observed);
  return observed;
}

Result<BacktestReport> RunBacktest(std::span<const DayHistory> histories, const OrderFit& fit,
                                   const BacktestOptions& options) {
  BacktestReport report{fit, 0, {}, {}};
  for (const DayHistory& history : histories) {
    if (!history.days.empty()) report.data_end = std::max(report.data_end, history.days.back());
  }
  const std::int64_t observed_days = (report.data_end - options.cut).count();
  if (options.horizon_days < 1) return InvalidField("horizon", "it is at least 1 day");
  if (observed_days < options.horizon_days) {
    return InvalidField("cut", "the data end on " + FormatDay(report.data_end) + ", before the horizon of " +
                                   std::to_string(options.horizon_days) + " days does");
  }
  const std::vector<CutClient> clients = CutAt(histories, options.cut);
  if (clients.empty()) return InvalidField("cut", "no order is known on " + FormatDay(options.cut));
  const std::vector<CutClient> earlier = CutAt(histories, options.cut - std::chrono::days{options.horizon_days});
  report.clients = std::ssize(clients);
  const std::vector<Observed> observed = ObservedOf(clients);
  Models models{fit.model, std::nullopt, FitOrders(observed, 1, 0, Priors::kNone).model,
                FitOrders(observed, 1, 1, Priors::kNone).model};
  if (earlier.size() >= kEnoughToCalibrate) {
    models.earlier = FitOrders(ObservedOf(earlier), fit.model.k, 1, Priors::kNone).model;
  }
  for (const bool active : {false, true}) {
    report.sets.push_back(RunSet(active ? "active_book" : "all", Only(clients, active), Only(earlier, active), models,
                                 observed_days, options));
  }
  return report;
}

}  // namespace mainstay::risk
