#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "commands.h"
#include "import/importer.h"
#include "import/readers.h"
#include "invocation.h"
#include "mainstay/base/hash.h"
#include "mainstay/query/v1/notification.grpc.pb.h"
#include "mainstay/rpc/json.h"
#include "mainstay/zoneinfo/zoneinfo.h"
#include "publishing.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;

constexpr std::size_t kErrorsShown = 100;

struct Options {
  std::vector<std::string> files;
  std::string format = "auto";
  std::vector<std::string> map;
  std::string time_format;
  std::string time_zone;
  std::string currency;
  std::string errors_file;
  std::string until;
  bool dry_run = false;
};

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, Recovery::kStopTask, std::move(message), {}}; }

Result<import::ReadOptions> ReadOptionsOf(const Options& options, const std::string& book) {
  import::ReadOptions read;
  read.book = BookId{book};
  read.time_format = options.time_format;
  read.currency = options.currency;
  if (options.format == "online-retail") read.format = import::Format::kOnlineRetail;
  if (options.format == "transactions") read.format = import::Format::kTransactions;
  if (options.format == "events") read.format = import::Format::kEvents;
  for (const std::string& pair : options.map) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) return tl::unexpected(Wrong("--map takes field=Column, not '" + pair + "'"));
    read.columns[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  if (!options.time_zone.empty()) MAINSTAY_TRY(zoneinfo::LoadZone(options.time_zone));
  return read;
}

// The zone of times that name none. --time-zone; else the book's, as the files of this call or the system have it.
Result<ZoneRules> ZoneOf(Invocation& invocation, const Options& options, import::Format format, const BookId& book,
                         const import::PreparedImport& events) {
  if (!options.time_zone.empty()) return zoneinfo::LoadZone(options.time_zone);
  if (format == import::Format::kOnlineRetail) return zoneinfo::LoadZone("Europe/London");
  if (const auto zone = import::ZoneSetIn(events, book)) return zoneinfo::LoadZone(*zone);
  // Asking must not make a directory: the file may yet be refused.
  if (invocation.uses_directory() && !std::filesystem::exists(invocation.DataDirectory())) return ZoneRules{};
  q::GetCalendarRequest request;
  request.mutable_query()->set_book(book.raw());
  const auto answer = Call<q::NotificationService>(invocation, &q::NotificationService::Stub::GetCalendar, request);
  if (!answer && answer.error().code == ErrorCode::kNotFound) return ZoneRules{};  // A new book.
  if (!answer) return tl::unexpected(answer.error());
  return zoneinfo::LoadZone(answer->time_zone());
}

Result<import::PreparedImport> ReadAll(Invocation& invocation, const Options& options, import::ReadOptions read) {
  import::PreparedImport prepared;
  std::vector<import::Format> formats(options.files.size(), read.format);
  // Events first, whatever their place: they may say in which zone the other files' times are.
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    if (formats[i] == import::Format::kAuto) {
      MAINSTAY_TRY_ASSIGN(detected, import::DetectFormat(options.files[i]));
      formats[i] = detected;
    }
    if (formats[i] != import::Format::kEvents) continue;
    MAINSTAY_TRY(import::ReadEvents(options.files[i], static_cast<std::uint32_t>(i), prepared));
  }
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    const std::string& path = options.files[i];
    const auto file = static_cast<std::uint32_t>(i);
    if (formats[i] == import::Format::kEvents) continue;
    if (read.book.raw().empty()) return tl::unexpected(Wrong("--book says which book " + path + " belongs to"));
    MAINSTAY_TRY_ASSIGN(zone, ZoneOf(invocation, options, formats[i], read.book, prepared));
    read.zone = zone;
    if (formats[i] == import::Format::kOnlineRetail) {
      MAINSTAY_TRY(import::ReadOnlineRetail(path, file, read, prepared));
    } else {
      MAINSTAY_TRY(import::ReadTransactions(path, file, read, prepared));
    }
  }
  import::SortForPublishing(prepared);
  return prepared;
}

// In a live book the import is bracketed: facts fold, nothing is emitted until its end.
Result<void> Bracket(Invocation& invocation, const import::PreparedImport& prepared, const char* type,
                     const std::string& import_id) {
  std::vector<std::string> books;
  for (const auto& event : prepared.events) {
    if (std::find(books.begin(), books.end(), event.envelope.book) == books.end()) books.push_back(event.envelope.book);
  }
  for (const std::string& book : books) {
    OneEvent event;
    event.type = type;
    event.data = nlohmann::json{{"importId", import_id}}.dump();
    event.id = import_id + ":" + type;
    MAINSTAY_TRY(PublishQuietly(invocation, event, book));
  }
  return {};
}

nlohmann::ordered_json ErrorJson(const import::RowError& error, const std::vector<std::string>& files) {
  return {{"file", files[error.place.file]},
          {"line", error.place.line},
          {"column", error.place.column},
          {"reason", error.reason}};
}

Result<void> WriteErrors(const import::ImportReport& report, const Options& options) {
  if (options.errors_file.empty()) return {};
  std::ofstream out(options.errors_file);
  for (const auto& error : report.errors) out << ErrorJson(error, options.files).dump() << "\n";
  out.flush();
  if (!out) return Fail(ErrorCode::kUnavailable, "cannot write " + options.errors_file);
  return {};
}

void PrintJsonReport(const import::ImportReport& report, const Options& options, double seconds,
                     const std::optional<std::string>& as_of) {
  nlohmann::ordered_json json = {{"rows", report.rows},
                                 {"accepted", report.accepted},
                                 {"duplicates", report.duplicates},
                                 {"rejected", report.rejected},
                                 {"skipped_no_client", report.skipped_no_client},
                                 {"seconds", seconds},
                                 {"rows_per_second", seconds > 0 ? static_cast<double>(report.rows) / seconds : 0.0},
                                 {"errors", nlohmann::ordered_json::array()}};
  for (std::size_t i = 0; i < std::min(report.errors.size(), kErrorsShown); ++i) {
    json["errors"].push_back(ErrorJson(report.errors[i], options.files));
  }
  json["as_of"] = as_of ? nlohmann::ordered_json(*as_of) : nlohmann::ordered_json(nullptr);
  json["position"] = nullptr;  // An import spans shards; every query names its own.
  std::cout << json.dump(2) << "\n";
}

void PrintReport(const import::ImportReport& report, const Options& options, double seconds) {
  fmt::print("{} rows in {:.1f} s ({} rows/s): {} accepted, {} duplicates, {} rejected, {} skipped (no client)\n",
             Thousands(static_cast<long long>(report.rows)), seconds,
             Thousands(static_cast<long long>(static_cast<double>(report.rows) / std::max(seconds, 0.001))),
             Thousands(static_cast<long long>(report.accepted)), Thousands(static_cast<long long>(report.duplicates)),
             Thousands(static_cast<long long>(report.rejected)),
             Thousands(static_cast<long long>(report.skipped_no_client)));
  constexpr std::size_t kForPeople = 10;
  for (std::size_t i = 0; i < std::min(report.errors.size(), kForPeople); ++i) {
    const auto& error = report.errors[i];
    fmt::print("  {}:{}:{}: {}\n", options.files[error.place.file], error.place.line, error.place.column, error.reason);
  }
  if (report.errors.size() > kForPeople) {
    fmt::print("  ... {} more; --errors FILE writes them all\n", report.errors.size() - kForPeople);
  }
}

import::Progress ShowProgress(){if (isatty(STDERR_FILENO) != 1) return [](std::uint64_t, std::uint64_t){};
return [](std::uint64_t done, std::uint64_t total) {
  fmt::print(stderr, "\r{} of {} events{}", Thousands(static_cast<long long>(done)),
             Thousands(static_cast<long long>(total)), done == total ? "\n" : "");
};
}  // namespace

Result<import::ImportReport> Publish(Invocation& invocation, import::PreparedImport prepared, const Options& options) {
  MAINSTAY_TRY_ASSIGN(channel, invocation.Channel());
  MAINSTAY_TRY_ASSIGN(clock, GetClock(invocation));
  const bool live = clock.clock() == "wall";
  const std::string import_id =
      HashParts({std::to_string(std::chrono::system_clock::now().time_since_epoch().count()), options.files.front()})
          .Hex();
  import::PreparedImport outline;  // Which books the bracket names.
  if (live) {
    MAINSTAY_TRY(Bracket(invocation, prepared, "mainstay.book.ImportStarted.v1", import_id));
    for (const auto& event : prepared.events) {
      outline.events.emplace_back();
      outline.events.back().envelope.book = event.envelope.book;
    }
  }
  MAINSTAY_TRY_ASSIGN(report, import::PublishImport(std::move(prepared), channel, ShowProgress()));
  if (live) MAINSTAY_TRY(Bracket(invocation, outline, "mainstay.book.ImportFinished.v1", import_id));
  if (!live) MAINSTAY_TRY(AdvanceClock(invocation, options.until));
  return report;
}

// Everything acknowledged is kept by the log, so the process may simply end; the person is told what to do.
void EndOnInterrupt(int) {
  constexpr char kMessage[] = "\nmainstay: interrupted; nothing is lost: run the same import again to finish it\n";
  (void)!write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  _exit(130);
}

int Import(Invocation& invocation, const Options& options) {
  std::signal(SIGINT, EndOnInterrupt);
  std::signal(SIGTERM, EndOnInterrupt);
  const auto start = std::chrono::steady_clock::now();
  invocation.AllowNewDirectory("data");
  const auto read = ReadOptionsOf(options, invocation.book());
  if (!read) return invocation.Report(read.error());
  auto prepared = ReadAll(invocation, options, *read);
  if (!prepared) {
    Error error = prepared.error();
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kUnavailable;  // A file that cannot be opened.
    return invocation.Report(error);
  }
  Result<import::ImportReport> report;
  if (options.dry_run) {
    report = import::DryRunReport(std::move(*prepared));
  } else {
    report = Publish(invocation, std::move(*prepared), options);
  }
  if (!report) return invocation.Report(report.error());
  std::optional<std::string> as_of;
  if (!options.dry_run) {
    if (const auto clock = GetClock(invocation); clock && clock->has_as_of()) as_of = clock->as_of();
    invocation.Close();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (const auto written = WriteErrors(*report, options); !written) return invocation.Report(written.error());
  if (invocation.json()) {
    PrintJsonReport(*report, options, seconds, as_of);
  } else {
    PrintReport(*report, options, seconds);
  }
  return report->rejected > 0 ? kRefused : kDone;
}

}  // namespace mainstay::cli

void AddImportCommand(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("import", "Read files of orders or events into a book, with a report");
  command->footer(
      "Into a new --data directory the file is replayed with the `data` clock: every timer fires when it would have.\n"
      "Example: mainstay import orders.csv --book north --map client=CustomerID,time=Date --currency EUR");
  invocation.AddBookOption(*command);
  auto options = std::make_shared<Options>();
  command->add_option("FILES", options->files, "Files, plain or gzip")->required();
  command->add_option("--format", options->format, "What the files are")
      ->check(CLI::IsMember({"auto", "online-retail", "transactions", "events"}));
  command->add_option("--map", options->map, "field=Column,... for CSV with other titles")->delimiter(',');
  command->add_option("--time-format", options->time_format, "Of times that are not ISO, e.g. '%d/%m/%Y %H:%M'");
  command->add_option("--time-zone", options->time_zone, "Of times that name no zone (default: the book's)");
  command->add_option("--currency", options->currency, "Of rows that name none");
  command->add_option("--errors", options->errors_file, "Write every refused row to this file, as JSON lines");
  command->add_option("--until", options->until, "With the `data` clock: let it run on to this time");
  command->add_flag("--dry-run", options->dry_run, "Read and check only");
  command->callback(
      [&invocation, options] { invocation.Choose([&invocation, options] { return Import(invocation, *options); }); });
}

}  // namespace mainstay::cli
