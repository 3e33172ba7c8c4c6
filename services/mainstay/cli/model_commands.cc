#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "answering.h"
#include "commands.h"
#include "invocation.h"
#include "mainstay/query/v1/cadence.grpc.pb.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;
using q::CadenceService;

std::string Number(double value) { return fmt::format("{:.4g}", value); }

void PrintModel(const q::GetModelResponse& answer, Invocation& invocation) {
  const q::ModelParameters& parameters = answer.parameters();
  fmt::print("{}: {}", answer.version(), answer.model());
  if (answer.has_fitted_at()) {
    fmt::print(", fitted {} to {} order days of {} clients from {} to {}\n", answer.fitted_at().substr(0, 10),
               Thousands(answer.orders()), Thousands(answer.clients()), answer.window_from(), answer.window_to());
  } else {
    fmt::print(", the defaults until at least 20 clients have ordered and come back\n");
  }
  if (answer.no_attrition_identified()) {
    fmt::print("No attrition identified: these orders do not tell that anybody leaves.\n");
  }
  Table table({{"parameter"}, {"value", Align::kRight}, {"90 % interval", Align::kLeft, true}});
  const auto add = [&](const char* name, double value) {
    std::string range = "-";
    for (const q::ParameterInterval& interval : answer.intervals()) {
      if (interval.name() == name) range = Number(interval.low()) + " .. " + Number(interval.high());
    }
    table.Add({name, Number(value), range});
  };
  add("r", parameters.r());
  add("alpha", parameters.alpha());
  add("a", parameters.a());
  add("b", parameters.b());
  add("c0", parameters.c0());
  add("c1", parameters.c1());
  for (const q::CalibrationStep& step : parameters.steps()) {
    table.Add({"step at " + Number(step.logit()), Number(step.calibrated()), "-"});
  }
  if (answer.order_parameters().has_values()) {
    add("value p", answer.order_parameters().values().p());
    add("value q", answer.order_parameters().values().q());
    add("value gamma", answer.order_parameters().values().gamma());
  }
  Table weights({{"signal", Align::kLeft, true},
                 {"weight", Align::kRight},
                 {"learned", Align::kRight},
                 {"+-", Align::kRight},
                 {"prior", Align::kRight}});
  for (const q::SignalWeight& weight : answer.weights()) {
    weights.Add({weight.kind(), Number(weight.weight()), Number(weight.learned()), Number(weight.deviation()),
                 Number(weight.prior())});
  }
  std::cout << table.Render(invocation.terminal()) << "\n" << weights.Render(invocation.terminal());
  fmt::print("\nPublished: {} (", answer.gate());
  for (int i = 0; i < answer.gate_weights_size(); ++i) {
    const q::GateWeight& weight = answer.gate_weights(i);
    fmt::print("{}{} {:.3f}", i == 0 ? "" : ", ", weight.choice(), weight.weight());
  }
  fmt::print("), after {} labels\n", Thousands(answer.matured()));
}

std::string Cell(bool present, double value) { return present ? fmt::format("{:.3f}", value) : "-"; }

void PrintCalibration(const q::GetCalibrationResponse& answer, Invocation& invocation) {
  if (answer.n() > 0) {
    fmt::print("{} labels of snapshots from {} to {}, {} left\n\n", Thousands(answer.n()), answer.from(), answer.to(),
               Percent(answer.base_rate()));
    Table table({{"method", Align::kLeft, true},
                 {"n", Align::kRight},
                 {"AUC [90 %]", Align::kRight},
                 {"log-loss", Align::kRight},
                 {"Brier", Align::kRight},
                 {"ECE", Align::kRight},
                 {"slope", Align::kRight},
                 {"lift", Align::kRight}});
    for (const q::CalibrationMethod& m : answer.methods()) {
      std::string auc = Cell(m.has_auc(), m.auc());
      if (m.auc_interval_size() == 2) auc += fmt::format(" [{:.3f} {:.3f}]", m.auc_interval(0), m.auc_interval(1));
      table.Add({m.name(), Thousands(m.n()), auc, Cell(m.has_log_loss(), m.log_loss()), Cell(m.has_brier(), m.brier()),
                 Cell(m.has_ece(), m.ece()), Cell(m.has_calibration_slope(), m.calibration_slope()),
                 Cell(m.has_top_decile_lift(), m.top_decile_lift())});
    }
    Table bins(
        {{"predicted"}, {"labels", Align::kRight}, {"mean predicted", Align::kRight}, {"observed", Align::kRight}});
    for (const q::CalibrationBin& bin : answer.reliability()) {
      bins.Add({fmt::format("{:.1f} - {:.1f}", bin.lo(), bin.hi()), Thousands(bin.n()),
                fmt::format("{:.3f}", bin.mean_predicted()), fmt::format("{:.3f}", bin.observed())});
    }
    std::cout << table.Render(invocation.terminal()) << "\n" << bins.Render(invocation.terminal()) << "\n";
  }
  fmt::print("{}\n", answer.verdict());
}

}  // namespace

void AddModelCommands(CLI::App& app, Invocation& invocation) {
  auto* model = app.add_subcommand("model", "What the churn scores are computed with");
  model->require_subcommand(1);
  model->footer("Example: mainstay model show --book north");
  auto* show = model->add_subcommand("show", "The book's parameters: version, data window, intervals, weights, gate");
  show->footer("Example: mainstay model show --book north --json");
  invocation.AddStandingBookOptions(*show);
  show->callback([&invocation] {
    invocation.Choose([&invocation] {
      q::GetModelRequest request;
      *request.mutable_query() = invocation.Book();
      return Print<q::GetModelResponse>(
          invocation, Call<CadenceService>(invocation, &CadenceService::Stub::GetModel, request), PrintModel);
    });
  });
  auto* calibration =
      app.add_subcommand("calibration", "How true the churn scores have been, from what happened since");
  calibration->footer("Example: mainstay calibration --book north --from 2026-07-01 --active-book");
  invocation.AddStandingBookOptions(*calibration);
  auto asked = std::make_shared<q::GetCalibrationRequest>();
  calibration->add_option_function<std::string>(
      "--from", [asked](const std::string& day) { asked->set_from(day); },
      "Only scores of this day or later (YYYY-MM-DD)");
  calibration->add_flag_callback(
      "--active-book", [asked] { asked->set_active_book(true); },
      "Only clients with two repeat orders or more, silent for 26 weeks at most");
  calibration->callback([&invocation, asked] {
    invocation.Choose([&invocation, asked] {
      q::GetCalibrationRequest request = *asked;
      *request.mutable_query() = invocation.Book();
      return Print<q::GetCalibrationResponse>(
          invocation, Call<CadenceService>(invocation, &CadenceService::Stub::GetCalibration, request),
          PrintCalibration);
    });
  });
}

}  // namespace mainstay::cli
