#include "backtest/backtest_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>

#include "backtest/read_histories.h"
#include "backtest/report_text.h"
#include "cli/invocation.h"
#include "import/civil_time.h"

namespace mainstay::cli {
namespace {

struct Options {
  std::string file;
  std::string cut;
  std::string horizon = "91d";
  std::vector<std::string> map;
  std::string time_format;
  std::string svg;
  std::uint64_t seed = 1;
  int bootstraps = 200;
};

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, Recovery::kStopTask, std::move(message), {}}; }

// "91d" or "13w".
Result<std::int64_t> ParseHorizon(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(end, text.data() + text.size());
  constexpr std::int64_t kMost = 3'650;
  const std::int64_t days = unit == "w" ? 7 * number : number;
  if (code != std::errc{} || (unit != "d" && unit != "w") || number < 1 || number > kMost || days > kMost) {
    return tl::unexpected(Wrong("--horizon takes days or weeks such as 91d or 13w, not '" + text + "'"));
  }
  return days;
}

Result<Day> ParseCut(const std::string& text) {
  const Result<Instant> at = import::ParseFileTime(text, "", ZoneRules{});
  if (!at || text.size() != 10)
    return tl::unexpected(Wrong("--cut takes a day such as 2011-09-09, not '" + text + "'"));
  return std::chrono::floor<std::chrono::days>(*at);
}

class Progress {
 public:
  void operator()(const std::string& text) const {
    if (shown_) fmt::print(stderr, "\r\033[K{}", text);
  }
  ~Progress() {
    if (shown_) fmt::print(stderr, "\r\033[K");
  }

 private:
  bool shown_ = isatty(STDERR_FILENO) == 1;
};

Result<risk::BacktestReport> Work(const Options& options, risk::BacktestOptions& wanted, double& seconds) {
  MAINSTAY_TRY_ASSIGN(cut, ParseCut(options.cut));
  MAINSTAY_TRY_ASSIGN(horizon, ParseHorizon(options.horizon));
  wanted = {cut, horizon, options.bootstraps, options.seed};
  std::map<std::string, std::string> columns;
  for (const std::string& pair : options.map) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) return tl::unexpected(Wrong("--map takes field=Column, not '" + pair + "'"));
    columns[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  const Progress progress;
  MAINSTAY_TRY_ASSIGN(read,
                      backtest::ReadOrderDays(options.file, columns, options.time_format, [&](std::uint64_t rows) {
                        progress(fmt::format("reading: {} rows", Thousands(static_cast<long long>(rows))));
                      }));
  if (read.unreadable > 0) {
    fmt::print(stderr, "{}: {} rows cannot be read and were left out; the first is {}\n", options.file, read.unreadable,
               read.first_problem);
  }
  progress("fitting the models");
  const std::vector<risk::CutClient> clients = risk::CutAt(read.histories, cut);
  if (clients.empty()) return tl::unexpected(Wrong("no order is known on " + options.cut + " in " + options.file));
  const std::vector<risk::Observed> observed = risk::ObservedOf(clients);
  const auto start = std::chrono::steady_clock::now();
  const risk::OrderFit fit = risk::FitMbgCnbd(observed, risk::Priors::kNone);
  seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  progress("measuring, with bootstrap intervals");
  return risk::RunBacktest(read.histories, fit, wanted);
}

int Backtest(Invocation& invocation, const Options& options) {
  risk::BacktestOptions wanted;
  backtest::Heading heading{options.file, options.cut, 0, 0};
  const Result<risk::BacktestReport> report = Work(options, wanted, heading.fit_seconds);
  if (!report) return invocation.Report(report.error());
  heading.horizon_days = wanted.horizon_days;
  if (!options.svg.empty()) {
    std::ofstream file(options.svg);
    file << backtest::ToSvg(*report, heading);
    file.close();
    if (!file) {
      return invocation.Report(
          {ErrorCode::kUnavailable, Recovery::kStopTask, "cannot write " + options.svg + " (--svg)", {}});
    }
  }
  if (invocation.json()) {
    std::cout << backtest::ToJson(*report, heading).dump(2) << "\n";
  } else {
    std::cout << backtest::ToText(*report, heading, invocation.terminal());
  }
  return kDone;
}

}  // namespace

void AddBacktestCommand(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("backtest", "How true the churn probabilities would have been on your own orders");
  command->footer("Example: mainstay backtest orders.csv --cut 2011-09-09 --horizon 91d --svg reliability.svg");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->file, "Orders: CSV (client, time, amount) or Online Retail, plain or gzip")
      ->required();
  command->add_option("--cut", options->cut, "The last day that is known, YYYY-MM-DD")->required();
  command->add_option("--horizon", options->horizon, "How far to look ahead, in days or weeks")->capture_default_str();
  command->add_option("--map", options->map, "field=Column for other titles (may be repeated)");
  command->add_option("--time-format", options->time_format, "Of times that are not ISO, e.g. '%d/%m/%Y %H:%M'");
  command->add_option("--svg", options->svg, "Write the reliability plot to this file");
  command->add_option("--seed", options->seed, "Of the bootstrap")->capture_default_str();
  command->add_option("--bootstraps", options->bootstraps, "Draws for the 90 % intervals")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command->callback(
      [&invocation, options] { invocation.Choose([&invocation, options] { return Backtest(invocation, *options); }); });
}

}  // namespace mainstay::cli
