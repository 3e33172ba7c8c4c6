#include "book_model.h"

#include <algorithm>
#include <utility>

#include "mainstay/base/hash.h"
#include "mainstay/base/random.h"
#include "state_codec.h"

namespace mainstay::cadence {
namespace {

constexpr int kDraws = 200;

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
  to.set_c0(parameters.calibration.c0);
  to.set_c1(parameters.calibration.c1);
  WriteSteps(parameters.calibration.steps, *to.mutable_steps());
  for (const double weight : parameters.weights) to.add_weights(weight);
  to.set_since_ms(ToMs(from.since));
  to.set_fitted_ms(ToMs(from.fitted_at));
  to.set_window_from(ToDayNumber(from.window_from));
  to.set_window_to(ToDayNumber(from.window_to));
  to.set_clients(from.clients);
  to.set_orders(from.orders);
  to.set_log_likelihood(from.log_likelihood);
  if (from.order_values) {
    state::v1::CadenceOrderValues& values = *to.mutable_order_values();
    values.set_p(from.order_values->p);
    values.set_q(from.order_values->q);
    values.set_gamma(from.order_values->gamma);
  }
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
  parameters.calibration = {from.c0(), from.c1(), ReadSteps(from.steps())};
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
  if (from.has_order_values()) {
    to.order_values = risk::GammaGamma{from.order_values().p(), from.order_values().q(), from.order_values().gamma()};
  }
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

std::vector<RiskInput> CalibrationInputs(const risk::Calibration& calibration) {
  std::vector<RiskInput> inputs{{"c0", calibration.c0}, {"c1", calibration.c1}};
  for (std::size_t i = 0; i < calibration.steps.size(); ++i) {
    const std::string step = "step_" + std::to_string(i + 1);
    inputs.push_back({step + "_logit", calibration.steps[i].logit});
    inputs.push_back({step + "_calibrated", calibration.steps[i].calibrated});
  }
  return inputs;
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
  event.values = {{"r", parameters.model.r},
                  {"alpha", parameters.model.alpha},
                  {"a", parameters.model.a},
                  {"b", parameters.model.b},
                  {"v0", parameters.v0}};
  for (RiskInput& input : CalibrationInputs(parameters.calibration)) event.values.push_back(std::move(input));
  for (std::size_t i = 0; i < risk::kSignalKinds; ++i) {
    const std::string name(risk::SignalKindName(static_cast<risk::SignalKind>(i)));
    event.values.push_back({"v_" + name, parameters.weights[i]});
  }
  if (model.order_values) {
    event.values.push_back({"value_p", model.order_values->p});
    event.values.push_back({"value_q", model.order_values->q});
    event.values.push_back({"value_gamma", model.order_values->gamma / Money::kUnitsPerWhole});
  }
  return event;
}

const std::vector<risk::OrderModel>& DrawsOf(const BookModel& model) {
  if (model.draws.empty()) {
    risk::OrderFit fit;
    fit.model = model.parameters.model;
    fit.ln_factor = model.ln_factor;
    Random random{HashParts({model.parameters.version, "draws"}).high};
    model.draws = risk::DrawModels(fit, kDraws, random);
  }
  return model.draws;
}

}  // namespace mainstay::cadence
