#include "backtest/backtest_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>

#include "backtest/next_product_text.h"
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
  bool next_product = false;
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

struct Question {
  backtest::OrderFile file;
  Day cut{};
  std::int64_t horizon_days = 0;
};

Result<Question> Parse(const Options& options) {
  Question question{{options.file, {}, options.time_format, false}, {}, 0};
  MAINSTAY_TRY_ASSIGN(cut, ParseCut(options.cut));
  MAINSTAY_TRY_ASSIGN(horizon, ParseHorizon(options.horizon));
  question.cut = cut;
  question.horizon_days = horizon;
  for (const std::string& pair : options.map) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) return tl::unexpected(Wrong("--map takes field=Column, not '" + pair + "'"));
    question.file.columns[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return question;
}

void SayUnreadable(const std::string& file, const backtest::RowCounts& counts) {
  if (counts.unreadable == 0) return;
  fmt::print(stderr, "{}: {} rows cannot be read and were left out; the first is {}\n", file, counts.unreadable,
             counts.first_problem);
}

Error NothingKnown(const Options& options) {
  return Wrong("no order is known on " + options.cut + " in " + options.file);
}

auto Reading(const Progress& progress) {
  return [&progress](std::uint64_t rows) {
    progress(fmt::format("reading: {} rows", Thousands(static_cast<long long>(rows))));
  };
}

Result<risk::BacktestReport> Work(const Options& options, backtest::Heading& heading) {
  MAINSTAY_TRY_ASSIGN(question, Parse(options));
  heading.horizon_days = question.horizon_days;
  const Progress progress;
  MAINSTAY_TRY_ASSIGN(read, backtest::ReadOrderDays(question.file, Reading(progress)));
  SayUnreadable(options.file, read.counts);
  progress("fitting the models");
  const std::vector<risk::CutClient> clients = risk::CutAt(read.histories, question.cut);
  if (clients.empty()) return tl::unexpected(NothingKnown(options));
  const std::vector<risk::Observed> observed = risk::ObservedOf(clients);
  const auto start = std::chrono::steady_clock::now();
  const risk::OrderFit fit = risk::FitMbgCnbd(observed, risk::Priors::kNone);
  heading.fit_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  progress("measuring, with bootstrap intervals");
  return risk::RunBacktest(read.histories, fit,
                           {question.cut, question.horizon_days, options.bootstraps, options.seed});
}

Result<segmentation::NextProductReport> SuggestAndCompare(const Options& options, backtest::Heading& heading) {
  MAINSTAY_TRY_ASSIGN(question, Parse(options));
  heading.horizon_days = question.horizon_days;
  const Progress progress;
  MAINSTAY_TRY_ASSIGN(read,
                      backtest::ReadProducts(question.file, question.cut, question.horizon_days, Reading(progress)));
  SayUnreadable(options.file, read.counts);
  const Day end = question.cut + std::chrono::days{question.horizon_days};
  if (end > read.last) {
    return tl::unexpected(Wrong("the horizon ends on " + FormatDay(end) + ", the orders on " + FormatDay(read.last) +
                                "; choose an earlier --cut or a shorter --horizon"));
  }
  progress("counting what is bought together");
  segmentation::NextProductReport report = segmentation::BacktestNextProduct(read.histories);
  if (report.clients == 0) return tl::unexpected(NothingKnown(options));
  return report;
}

int NextProduct(Invocation& invocation, const Options& options) {
  backtest::Heading heading{options.file, options.cut, 0, 0};
  const auto report = SuggestAndCompare(options, heading);
  if (!report) return invocation.Report(report.error());
  if (invocation.json()) {
    std::cout << backtest::ToJson(*report, heading).dump(2) << "\n";
  } else {
    std::cout << backtest::ToText(*report, heading, invocation.terminal());
  }
  return kDone;
}

int Backtest(Invocation& invocation, const Options& options) {
  backtest::Heading heading{options.file, options.cut, 0, 0};
  const Result<risk::BacktestReport> report = Work(options, heading);
  if (!report) return invocation.Report(report.error());
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
  command->add_flag("--next-product", options->next_product,
                    "How often the suggested product was bought, beside popularity and repeat purchase (needs a column "
                    "product)");
  command->callback([&invocation, options] {
    invocation.Choose([&invocation, options] {
      return options->next_product ? NextProduct(invocation, *options) : Backtest(invocation, *options);
    });
  });
}

}  // namespace mainstay::cli
