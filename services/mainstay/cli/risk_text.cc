#include "risk_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <string>

namespace mainstay::cli {
namespace {

// The newest few, which come last; --json has all.
std::string EventsText(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  constexpr int kShown = 3;
  const int hidden = std::max(0, ids.size() - kShown);
  const std::string more = hidden > 0 ? fmt::format(" and {} before", hidden) : "";
  return fmt::format("{}", fmt::join(ids.begin() + hidden, ids.end(), " ")) + more;
}

std::string Optional(bool present, double value) { return present ? Percent(value) : "-"; }

}  // namespace

std::string ReasonsText(const query::v1::RiskRow& risk, int limit) {
  std::string text;
  for (const auto& reason : risk.reasons()) {
    if (reason.points() <= 0 || limit-- == 0) break;
    text += fmt::format("{}{}: {:+.0f}", text.empty() ? "" : "; ", reason.text(), reason.points());
  }
  return text;
}

void PrintRisk(const query::v1::RiskRow& risk, const Terminal& terminal) {
  fmt::print("risk {}{}: leaves with probability {} (right after an order: {}), {} at stake\n", risk.level(),
             risk.has_trigger() ? " by " + risk.trigger() : "", Optional(risk.has_probability(), risk.probability()),
             Optional(risk.has_fresh(), risk.fresh()), MoneyText(risk.at_stake().amount(), risk.at_stake().currency()));
  if (risk.has_probability()) {
    const auto money = [&](const query::v1::Money& value) { return MoneyText(value.amount(), value.currency()); };
    fmt::print("worth keeping: {} of orders to come, {} of finding another, {} of referrals\n",
               money(risk.value().residual()), money(risk.value().replacement()), money(risk.value().referral()));
  }
  if (risk.reasons().empty()) return;
  Table table({{"points", Align::kRight}, {"part"}, {"reason", Align::kLeft, true}, {"events", Align::kLeft, true}});
  for (const auto& reason : risk.reasons()) {
    table.Add({fmt::format("{:+.1f}", reason.points()), reason.part(), reason.text(), EventsText(reason.event_ids())});
  }
  std::cout << table.Render(terminal);
}

void PrintInputs(const query::v1::ScoreInputs& inputs, const Terminal& terminal) {
  const auto& p = inputs.parameters();
  fmt::print(
      "\nEvery input, at {}:\n  x = {} repeat order days, t_x = {} weeks, T = {} weeks, horizon = {} weeks\n"
      "  model {}: k = {}, r = {}, alpha = {}, a = {}, b = {}, c0 = {}, c1 = {}; v0 = {}\n",
      inputs.evaluated_at(), inputs.x(), inputs.t_x(), inputs.t(), inputs.horizon_weeks(), p.version(), p.k(), p.r(),
      p.alpha(), p.a(), p.b(), p.c0(), p.c1(), inputs.v0());
  for (const auto& step : p.steps()) {
    fmt::print("  step: {} of the orders' log-odds becomes {}\n", step.logit(), step.calibrated());
  }
  Table table({{"  signal"}, {"value", Align::kRight}, {"weight", Align::kRight}, {"events", Align::kLeft, true}});
  for (const auto& signal : inputs.signals()) {
    table.Add(
        {"  " + signal.kind(), Fixed(signal.value(), 4), Fixed(signal.weight(), 2), EventsText(signal.event_ids())});
  }
  if (!table.empty()) std::cout << table.Render(terminal);
}

}  // namespace mainstay::cli
