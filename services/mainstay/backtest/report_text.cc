#include "backtest/report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mainstay::backtest {
namespace {

using nlohmann::ordered_json;
using risk::Measure;
using risk::MethodResult;
using risk::SetResult;

constexpr const char* kOrdersOnly =
    "This proves the order part only: the file has no touches, complaints or competitor calls.";

void Put(ordered_json& json, const std::string& name, const std::optional<Measure>& measure) {
  json[name] = measure ? ordered_json(measure->value) : ordered_json(nullptr);
  json["intervals"][name] =
      measure ? ordered_json::array({measure->interval.low, measure->interval.high}) : ordered_json(nullptr);
}

ordered_json BinsJson(const std::vector<risk::ReliabilityBin>& bins) {
  ordered_json rows = ordered_json::array();
  for (const risk::ReliabilityBin& bin : bins) {
    rows.push_back({{"lo", bin.lo},
                    {"hi", bin.hi},
                    {"n", bin.n},
                    {"mean_predicted", bin.mean_predicted},
                    {"observed", bin.observed}});
  }
  return rows;
}

ordered_json MethodJson(const MethodResult& method) {
  ordered_json json = {{"name", method.name}, {"n", method.n}};
  ordered_json measures = ordered_json::object();
  measures["intervals"] = ordered_json::object();
  Put(measures, "auc", method.auc);
  Put(measures, "log_loss", method.log_loss);
  Put(measures, "brier", method.brier);
  Put(measures, "ece", method.ece);
  Put(measures, "calibration_slope", method.calibration_slope);
  Put(measures, "precision_at_rule", method.precision_at_rule);
  Put(measures, "recall_at_rule", method.recall_at_rule);
  Put(measures, "top_decile_lift", method.top_decile_lift);
  Put(measures, "captured_revenue", method.captured_revenue);
  const ordered_json intervals = measures["intervals"];
  measures.erase("intervals");
  json.update(measures);
  json["intervals"] = intervals;
  return json;
}

const MethodResult* Find(const SetResult& set, const std::string& name) {
  for (const MethodResult& method : set.methods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

// What the figures mean: does the model beat the simple rules?
std::string Verdict(const SetResult& set) {
  const MethodResult* model = Find(set, "p_silent");
  std::string text = set.name + ":";
  for (const char* name : {"recency", "gap_ratio", "rfm"}) {
    const MethodResult* rule = Find(set, name);
    if (model == nullptr || rule == nullptr || !model->auc || !rule->auc) {
      return set.name + ": one label only, nothing can be ranked.";
    }
    const double ours = model->auc->value, theirs = rule->auc->value;
    const bool overlap =
        model->auc->interval.low <= rule->auc->interval.high && rule->auc->interval.low <= model->auc->interval.high;
    text += fmt::format(" {} {} (AUC {:.3f} against {:.3f}{}).", name,
                        theirs >= ours ? "WINS over p_silent" : "loses to p_silent", theirs, ours,
                        overlap ? ", intervals overlap" : "");
  }
  return text;
}

std::string Cell(const std::optional<Measure>& measure) {
  return measure ? fmt::format("{:.3f}", measure->value) : "-";
}
std::string CellWithInterval(const std::optional<Measure>& measure) {
  if (!measure) return "-";
  return fmt::format("{:.3f} [{:.3f} {:.3f}]", measure->value, measure->interval.low, measure->interval.high);
}

std::string Plot(const std::vector<risk::ReliabilityBin>& bins) {
  constexpr int kWidth = 50, kHeight = 12;
  std::vector<std::string> grid(kHeight + 1, std::string(kWidth + 1, ' '));
  const auto put = [&](double x, double y, char sign) {
    const auto row = static_cast<std::size_t>(std::lround((1 - y) * kHeight));
    grid[row][static_cast<std::size_t>(std::lround(x * kWidth))] = sign;
  };
  for (int i = 0; i <= kWidth; ++i) put(i / double{kWidth}, i / double{kWidth}, '.');
  for (const risk::ReliabilityBin& bin : bins) put(bin.mean_predicted, bin.observed, bin.n < 30 ? 'o' : 'O');
  std::string text;
  for (std::size_t row = 0; row < grid.size(); ++row) {
    text += row == 0 ? "  1 |" : row == kHeight ? "  0 |" : "    |";
    text += grid[row].substr(0, grid[row].find_last_not_of(' ') + 1) + "\n";
  }
  return text + "    +" + std::string(kWidth + 1, '-') +
         "\n     0   predicted (across) against observed (up); o: fewer than 30 clients   1\n";
}

std::string SetText(const SetResult& set, const cli::Terminal& terminal) {
  std::string text =
      fmt::format("\n{}: {} clients, {} fell silent, {} flagged by the rule (silence over 2x own gap)\n", set.name,
                  cli::Thousands(set.n), cli::Percent(set.base_rate), cli::Thousands(set.flagged));
  using cli::Align;
  cli::Table table({{"method", Align::kLeft, true},
                    {"n", Align::kRight},
                    {"AUC [90 %]", Align::kRight},
                    {"log-loss", Align::kRight},
                    {"Brier", Align::kRight},
                    {"ECE", Align::kRight},
                    {"slope", Align::kRight},
                    {"precision", Align::kRight},
                    {"recall", Align::kRight},
                    {"lift", Align::kRight},
                    {"revenue", Align::kRight}});
  for (const MethodResult& m : set.methods) {
    table.Add({m.name, cli::Thousands(m.n), CellWithInterval(m.auc), Cell(m.log_loss), Cell(m.brier), Cell(m.ece),
               Cell(m.calibration_slope), Cell(m.precision_at_rule), Cell(m.recall_at_rule), Cell(m.top_decile_lift),
               Cell(m.captured_revenue)});
  }
  text += table.Render(terminal);
  text += "\nHow reliable is p_silent?\n" + Plot(set.reliability);
  cli::Table bins(
      {{"predicted"}, {"clients", Align::kRight}, {"mean predicted", Align::kRight}, {"observed", Align::kRight}});
  for (const risk::ReliabilityBin& bin : set.reliability) {
    bins.Add({fmt::format("{:.1f} - {:.1f}", bin.lo, bin.hi), cli::Thousands(bin.n),
              fmt::format("{:.3f}", bin.mean_predicted), fmt::format("{:.3f}", bin.observed)});
  }
  return text + bins.Render(terminal);
}

std::string Panel(const SetResult& set, double left) {
  constexpr double kSize = 320, kTop = 50;
  const auto x = [&](double p) { return left + p * kSize; };
  const auto y = [&](double p) { return kTop + (1 - p) * kSize; };
  std::string svg = fmt::format(
      "<rect x='{0}' y='{1}' width='{2}' height='{2}' fill='none' stroke='#888'/>"
      "<line x1='{3}' y1='{4}' x2='{5}' y2='{6}' stroke='#bbb' stroke-dasharray='4'/>"
      "<text x='{0}' y='{7}'>{8}, {9} clients</text>\n",
      left, kTop, kSize, x(0), y(0), x(1), y(1), kTop - 10, set.name, set.n);
  const auto dots = [&](const std::vector<risk::ReliabilityBin>& bins, const char* colour) {
    for (const risk::ReliabilityBin& bin : bins) {
      svg += fmt::format(
          "<circle cx='{:.1f}' cy='{:.1f}' r='{:.1f}' fill='{}' fill-opacity='.7'><title>{} clients: predicted {:.3f}, "
          "observed {:.3f}</title></circle>\n",
          x(bin.mean_predicted), y(bin.observed),
          3 + 12 * std::sqrt(static_cast<double>(bin.n) / static_cast<double>(std::max<std::int64_t>(set.n, 1))),
          colour, bin.n, bin.mean_predicted, bin.observed);
    }
  };
  dots(set.reliability, "#1f5fa8");
  dots(set.reliability_calibrated, "#d9822b");
  return svg;
}

}  // namespace

ordered_json ToJson(const risk::BacktestReport& report, const Heading& heading) {
  ordered_json json = {{"data", heading.file}, {"cut", heading.cut}, {"horizon_days", heading.horizon_days}};
  json["clients"] = report.clients;
  json["data_end"] = FormatDay(report.data_end);
  json["sets"] = ordered_json::array();
  for (const SetResult& set : report.sets) {
    ordered_json methods = ordered_json::array();
    for (const MethodResult& method : set.methods) methods.push_back(MethodJson(method));
    json["sets"].push_back({{"name", set.name},
                            {"n", set.n},
                            {"base_rate", set.base_rate},
                            {"flagged_by_rule", set.flagged},
                            {"methods", methods},
                            {"reliability", BinsJson(set.reliability)},
                            {"reliability_calibrated", BinsJson(set.reliability_calibrated)},
                            {"verdict", Verdict(set)}});
  }
  const risk::OrderModel& model = report.fit.model;
  json["fit"] = {{"model", fmt::format("MBG/CNBD-{}", model.k)},
                 {"params", {{"r", model.r}, {"alpha", model.alpha}, {"a", model.a}, {"b", model.b}}},
                 {"log_likelihood", report.fit.log_likelihood},
                 {"seconds", heading.fit_seconds},
                 {"ln_standard_errors", report.fit.ln_deviation},
                 {"no_attrition_identified", report.fit.no_attrition}};
  json["note"] = kOrdersOnly;
  return json;
}

std::string ToText(const risk::BacktestReport& report, const Heading& heading, const cli::Terminal& terminal) {
  const risk::OrderModel& model = report.fit.model;
  std::string text = fmt::format(
      "{}: known up to {}, held against the {} days after it (the data end on {})\n"
      "MBG/CNBD-{} fitted to {} clients in {:.3f} s: r {:.4g}, alpha {:.4g} weeks, a {:.4g}, b {:.4g}, log-likelihood "
      "{:.2f}\n",
      heading.file, heading.cut, heading.horizon_days, FormatDay(report.data_end), model.k,
      cli::Thousands(report.clients), heading.fit_seconds, model.r, model.alpha, model.a, model.b,
      report.fit.log_likelihood);
  if (report.fit.no_attrition) text += "No attrition identified: these orders do not tell that anybody leaves.\n";
  for (const SetResult& set : report.sets) text += SetText(set, terminal);
  text += "\n";
  for (const SetResult& set : report.sets) text += Verdict(set) + "\n";
  return text + kOrdersOnly + "\n";
}

std::string ToSvg(const risk::BacktestReport& report, const Heading& heading) {
  std::string svg =
      "<svg xmlns='http://www.w3.org/2000/svg' width='760' height='430' font-family='sans-serif' font-size='13'>\n"
      "<rect width='760' height='430' fill='white'/>\n";
  double left = 40;
  for (const SetResult& set : report.sets) {
    svg += Panel(set, left);
    left += 360;
  }
  return svg + fmt::format(
                   "<text x='40' y='395'>Predicted (across) against observed (up): no order in {} days after {}.</text>"
                   "<text x='40' y='415'><tspan fill='#1f5fa8'>p_silent</tspan>, <tspan fill='#d9822b'>calibrated on "
                   "the window before</tspan>; dots on the dashed line are true.</text>\n</svg>\n",
                   heading.horizon_days, heading.cut);
}

}  // namespace mainstay::backtest
