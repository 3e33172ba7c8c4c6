#include "model_answers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "book_model.h"
#include "learning.h"
#include "mainstay/risk/backtest.h"
#include "snapshots.h"

namespace mainstay::cadence {
namespace {

namespace q = query::v1;
constexpr double kNinety = 1.6448536269514722;  // Of the normal distribution, two-sided.

void FillFit(const BookModel& model, q::GetModelResponse& out) {
  out.set_since(FormatInstant(model.since));
  out.set_fitted_at(FormatInstant(model.fitted_at));
  out.set_window_from(FormatDay(model.window_from));
  out.set_window_to(FormatDay(model.window_to));
  out.set_clients(model.clients);
  out.set_orders(model.orders);
  out.set_log_likelihood(model.log_likelihood);
  out.set_no_attrition_identified(model.no_attrition);
  const risk::OrderModel& fitted = model.parameters.model;
  const std::array<std::pair<const char*, double>, 4> values{
      {{"r", fitted.r}, {"alpha", fitted.alpha}, {"a", fitted.a}, {"b", fitted.b}}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double off = std::exp(kNinety * std::min(model.ln_deviation[i], 300.0));
    q::ParameterInterval& interval = *out.add_intervals();
    interval.set_name(values[i].first);
    interval.set_low(values[i].second / off);
    interval.set_high(values[i].second * off);
  }
}

void FillOrders(const risk::ChurnParameters& parameters, const BookModel* fit, q::OrderParameters& out) {
  out.set_version(parameters.version);
  out.set_k(parameters.model.k);
  out.set_r(parameters.model.r);
  out.set_alpha(parameters.model.alpha);
  out.set_a(parameters.model.a);
  out.set_b(parameters.model.b);
  if (fit == nullptr || !fit->order_values) return;
  out.mutable_values()->set_p(fit->order_values->p);
  out.mutable_values()->set_q(fit->order_values->q);
  out.mutable_values()->set_gamma(fit->order_values->gamma / Money::kUnitsPerWhole);
}

void FillWeights(const risk::ChurnParameters& parameters, const risk::WeightState& learned, q::GetModelResponse& out) {
  const risk::SignalValues deviations = risk::DeviationsOf(learned);
  for (std::size_t i = 0; i < risk::kSignalKinds; ++i) {
    q::SignalWeight& weight = *out.add_weights();
    weight.set_kind(std::string(risk::SignalKindName(static_cast<risk::SignalKind>(i))));
    weight.set_weight(parameters.weights[i]);
    weight.set_learned(learned.weights[i]);
    weight.set_deviation(deviations[i]);
    weight.set_prior(risk::kPriorWeights[i]);
  }
}

void FillGate(const risk::GateState& gate, q::GetModelResponse& out) {
  const double most = *std::max_element(gate.log_likelihood.begin(), gate.log_likelihood.end());
  double sum = 0;
  for (const double value : gate.log_likelihood) sum += std::exp(value - most);
  for (std::size_t i = 0; i < gate.log_likelihood.size(); ++i) {
    q::GateWeight& weight = *out.add_gate_weights();
    weight.set_choice(std::string(risk::GateChoiceName(static_cast<risk::GateChoice>(i))));
    weight.set_weight(std::exp(gate.log_likelihood[i] - most) / sum);
  }
}

double Logistic(double z) { return 1 / (1 + std::exp(-z)); }

struct Labels {
  risk::Judged published, orders_only, recency;
  Instant first = Instant::max();
  Instant last = Instant::min();
  void Add(const MaturedRecord& record) {
    const risk::Snapshot& snapshot = record.row.snapshot;
    const double silent = Logistic(snapshot.logit_silent);
    for (risk::Judged* judged : {&published, &orders_only, &recency}) judged->labels.push_back(record.row.left ? 1 : 0);
    published.scores.push_back(record.published);
    published.probabilities.push_back(record.published);
    orders_only.scores.push_back(silent);
    orders_only.probabilities.push_back(silent);
    recency.scores.push_back(std::max(0.0, snapshot.age - snapshot.repeats.t_x));
    first = std::min(first, snapshot.at);
    last = std::max(last, snapshot.at);
  }
};

// The active book: at least 2 repeat orders, silent for at most 26 weeks.
bool IsActive(const risk::Snapshot& snapshot) {
  return snapshot.repeats.x >= 2 && snapshot.age - snapshot.repeats.t_x <= 26;
}

void FillMethod(const risk::MethodResult& from, q::CalibrationMethod& to) {
  to.set_name(from.name);
  to.set_n(from.n);
  if (from.auc) {
    to.set_auc(from.auc->value);
    to.add_auc_interval(from.auc->interval.low);
    to.add_auc_interval(from.auc->interval.high);
  }
  if (from.log_loss) to.set_log_loss(from.log_loss->value);
  if (from.brier) to.set_brier(from.brier->value);
  if (from.ece) to.set_ece(from.ece->value);
  if (from.calibration_slope) to.set_calibration_slope(from.calibration_slope->value);
  if (from.top_decile_lift) to.set_top_decile_lift(from.top_decile_lift->value);
}

std::string Verdict(const risk::MethodResult& published, const risk::MethodResult& recency) {
  if (!published.auc || !recency.auc) return "Too few labels, or of one kind only: nothing can be ranked yet.";
  const bool apart = published.auc->interval.low > recency.auc->interval.high ||
                     recency.auc->interval.low > published.auc->interval.high;
  const std::string sure = apart ? "." : ", though the intervals overlap.";
  return recency.auc->value >= published.auc->value ? "Recency alone ranks better than the scores" + sure
                                                    : "The scores rank better than recency alone" + sure;
}

}  // namespace

Result<void> FillModel(const BookReading& reading, q::GetModelResponse& out) {
  const risk::ChurnParameters& parameters = reading.book.parameters();
  MAINSTAY_TRY_ASSIGN(bytes, reading.view.snapshot->Get(kLearning, reading.book.id.raw()));
  LearningRecord learning;
  if (bytes) {
    MAINSTAY_TRY_ASSIGN(stored, DecodeLearning(*bytes));
    learning = stored;
  }
  out.set_version(parameters.version);
  out.set_model(ModelName(parameters.model));
  FillParameters(parameters, *out.mutable_parameters());
  FillOrders(parameters, reading.book.record.model.get(), *out.mutable_order_parameters());
  const std::shared_ptr<const BookModel>& model = reading.book.record.model;
  if (model) FillFit(*model, out);
  out.set_v0(parameters.v0);
  FillWeights(parameters, learning.weights, out);
  out.set_gate(std::string(risk::GateChoiceName(model ? model->gate : risk::GateChoice::kRaw)));
  FillGate(learning.gate, out);
  out.set_labels(learning.weights.labels);
  out.set_matured(learning.matured);
  return {};
}

Result<void> FillCalibration(const BookReading& reading, const q::GetCalibrationRequest& request,
                             q::GetCalibrationResponse& out) {
  constexpr std::int64_t kWork = 1'000'000;  // Rows drawn in all bootstraps, so that the answer comes at once.
  Instant from = Instant::min();
  if (request.has_from()) {
    const Result<Day> day = ParseDay(request.from());
    if (!day) return InvalidField("from", "'" + request.from() + "' is not a day; write YYYY-MM-DD");
    from = *day;
  }
  Labels labels;
  MAINSTAY_TRY(ScanBook(reading, kMatured, [&](std::string_view, std::string_view value) -> Result<void> {
    MAINSTAY_TRY_ASSIGN(rows, DecodeLabels(value));
    for (const MaturedRecord& row : rows) {
      const risk::Snapshot& snapshot = row.row.snapshot;
      if (snapshot.at >= from && (!request.active_book() || IsActive(snapshot))) labels.Add(row);
    }
    return {};
  }));
  const std::int64_t n = std::ssize(labels.published.labels);
  out.set_n(n);
  if (n == 0) {
    out.set_verdict("No label has come yet: a score is held against what happened within the client's own horizon.");
    return {};
  }
  out.set_from(FormatDay(std::chrono::floor<std::chrono::days>(labels.first)));
  out.set_to(FormatDay(std::chrono::floor<std::chrono::days>(labels.last)));
  const auto left = std::count(labels.published.labels.begin(), labels.published.labels.end(), 1);
  out.set_base_rate(static_cast<double>(left) / static_cast<double>(n));
  const int draws = static_cast<int>(std::clamp<std::int64_t>(kWork / n, 20, 200));
  const risk::MethodResult published = risk::Judge("published", labels.published, draws, 1);
  const risk::MethodResult recency = risk::Judge("recency", labels.recency, draws, 1);
  FillMethod(published, *out.add_methods());
  FillMethod(risk::Judge("orders_only", labels.orders_only, draws, 1), *out.add_methods());
  FillMethod(recency, *out.add_methods());
  for (const risk::ReliabilityBin& bin : risk::ReliabilityOf(labels.published)) {
    q::CalibrationBin& row = *out.add_reliability();
    row.set_lo(bin.lo);
    row.set_hi(bin.hi);
    row.set_n(bin.n);
    row.set_mean_predicted(bin.mean_predicted);
    row.set_observed(bin.observed);
  }
  out.set_verdict(Verdict(published, recency));
  return {};
}

}  // namespace mainstay::cadence
