#include "book_model.h"

#include <algorithm>
#include <cmath>

#include "mainstay/base/hash.h"
#include "mainstay/base/random.h"
#include "mainstay/state/v1/cadence.pb.h"

namespace mainstay::cadence {
namespace {

constexpr int kDraws = 200;

double Logistic(double z) { return 1 / (1 + std::exp(-z)); }

}  // namespace

void Write(const BookModel& from, state::v1::CadenceModel& to) {
  const risk::ChurnParameters& parameters = from.parameters;
  to.set_number(from.number);
  to.set_version(parameters.version);
  to.set_r(parameters.model.r);
  to.set_alpha(parameters.model.alpha);
  to.set_a(parameters.model.a);
  to.set_b(parameters.model.b);
  to.set_k(parameters.model.k);
  to.set_c0(parameters.c0);
  to.set_c1(parameters.c1);
  for (const double weight : parameters.weights) to.add_weights(weight);
  to.set_since_ms(ToMs(from.since));
  to.set_fitted_ms(ToMs(from.fitted_at));
  to.set_window_from(ToDayNumber(from.window_from));
  to.set_window_to(ToDayNumber(from.window_to));
  to.set_clients(from.clients);
  to.set_orders(from.orders);
  to.set_log_likelihood(from.log_likelihood);
  for (const double deviation : from.ln_deviation) to.add_ln_deviation(deviation);
  for (const auto& row : from.ln_factor) {
    for (const double value : row) to.add_ln_factor(value);
  }
  to.set_no_attrition(from.no_attrition);
  to.set_gate(static_cast<std::uint32_t>(from.gate));
}

BookModel Read(const state::v1::CadenceModel& from) {
  BookModel to;
  risk::ChurnParameters& parameters = to.parameters;
  to.number = from.number();
  parameters.version = from.version();
  parameters.model = {.r = from.r(), .alpha = from.alpha(), .a = from.a(), .b = from.b(), .k = from.k(), .m = 1};
  parameters.c0 = from.c0();
  parameters.c1 = from.c1();
  // A kind of signal that the version did not know keeps its prior.
  const auto kinds = std::min(static_cast<int>(risk::kSignalKinds), from.weights_size());
  for (int i = 0; i < kinds; ++i) parameters.weights[static_cast<std::size_t>(i)] = from.weights(i);
  to.since = FromMs(from.since_ms());
  to.fitted_at = FromMs(from.fitted_ms());
  to.window_from = FromDayNumber(from.window_from());
  to.window_to = FromDayNumber(from.window_to());
  to.clients = from.clients();
  to.orders = from.orders();
  to.log_likelihood = from.log_likelihood();
  for (int i = 0; i < std::min(4, from.ln_deviation_size()); ++i) {
    to.ln_deviation[static_cast<std::size_t>(i)] = from.ln_deviation(i);
  }
  for (int i = 0; i < std::min(16, from.ln_factor_size()); ++i) {
    to.ln_factor[static_cast<std::size_t>(i) / 4][static_cast<std::size_t>(i) % 4] = from.ln_factor(i);
  }
  to.no_attrition = from.no_attrition();
  to.gate = static_cast<risk::GateChoice>(from.gate());
  return to;
}

std::string VersionName(std::int64_t number, Instant since) {
  return "fit-" + std::to_string(number) + "-" + FormatDay(std::chrono::floor<std::chrono::days>(since));
}

std::string ModelName(const risk::OrderModel& model) {
  return model.k == 1 ? "MBG/NBD" : "MBG/CNBD-" + std::to_string(model.k);
}

ParametersFitted MakeParametersFitted(const BookModel& model) {
  const risk::ChurnParameters& parameters = model.parameters;
  ParametersFitted event;
  event.version = parameters.version;
  event.window_from = model.window_from;
  event.window_to = model.window_to;
  event.clients = model.clients;
  event.orders = model.orders;
  event.k = parameters.model.k;
  event.no_attrition = model.no_attrition;
  event.gate = std::string(risk::GateChoiceName(model.gate));
  event.values = {{"r", parameters.model.r}, {"alpha", parameters.model.alpha},
                  {"a", parameters.model.a}, {"b", parameters.model.b},
                  {"c0", parameters.c0},     {"c1", parameters.c1},
                  {"v0", parameters.v0}};
  for (std::size_t i = 0; i < risk::kSignalKinds; ++i) {
    const std::string name(risk::SignalKindName(static_cast<risk::SignalKind>(i)));
    event.values.push_back({"v_" + name, parameters.weights[i]});
  }
  return event;
}

std::vector<risk::OrderModel> DrawsOf(const BookModel& model) {
  risk::OrderFit fit;
  fit.model = model.parameters.model;
  fit.ln_factor = model.ln_factor;
  Random random{HashParts({model.parameters.version, "draws"}).high};
  return risk::DrawModels(fit, kDraws, random);
}

std::optional<RiskInterval> IntervalOf(const std::vector<risk::OrderModel>& draws, const risk::ClientFacts& facts,
                                       const risk::Score& score, const risk::ChurnParameters& parameters) {
  if (!facts.orders || facts.contract || draws.empty() || !score.horizon_weeks || !score.age_weeks) return std::nullopt;
  const risk::Interval silent =
      risk::PSilentInterval(draws, facts.orders->statistics.repeats, *score.age_weeks, *score.horizon_weeks);
  // P_churn rises with P_silent, so the ends of the one are the ends of the other.
  const auto churn = [&](double p) {
    const double calibrated = Logistic(parameters.c0 + parameters.c1 * (std::log(p) - std::log1p(-p)));
    return std::clamp(1 - (1 - calibrated) * (1 - score.q) / (1 - score.q0), 0.0, 1.0);
  };
  return RiskInterval{churn(silent.low), churn(silent.high)};
}

}  // namespace mainstay::cadence
