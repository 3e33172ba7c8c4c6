#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "client_document.h"
#include "commands.h"
#include "doctor.h"
#include "invocation.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "publishing.h"
#include "segmentation_settings.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;
using nlohmann::ordered_json;

int Erase(Invocation& invocation, const std::string& client, bool sure) {
  const auto known = AskAboutClient(invocation, client, false);
  if (!known) return invocation.Report(known.error());
  if (!sure) {
    fmt::print(stderr, "mainstay: this removes everything about client {} of book {} for good; add --yes to do it\n",
               client, known->who.book());
    return kWrongUsage;
  }
  OneEvent event;
  event.type = "mainstay.client.ClientErased.v1";
  event.client = client;
  event.data = "{}";
  return PublishOne(invocation, event);
}

void AddErase(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("erase", "Remove everything about a client, for good");
  command->footer("Example: mainstay erase acme --book north --yes");
  invocation.AddBookOption(*command);
  auto client = std::make_shared<std::string>();
  auto sure = std::make_shared<bool>(false);
  command->add_option("CLIENT", *client, "The client's id")->required();
  command->add_flag("--yes", *sure, "Really do it");
  command->callback([&invocation, client, sure] {
    invocation.Choose([&invocation, client, sure] { return Erase(invocation, *client, *sure); });
  });
}

// RFC 4180: fields with commas, quotes or line ends are quoted.
std::string CsvField(const ordered_json& value) {
  if (value.is_null()) return {};
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

constexpr const char* kCsvHeader =
    "client,name,status,tier,rank_tier,rank,revenue,currency,share,persona,owner,last_touch,next_due,overdue_since,"
    "risk_level,probability,at_stake\n";

std::string CsvRow(const ordered_json& client) {
  const ordered_json& risk = client.at("risk");
  const ordered_json nothing;
  const auto within = [&](const ordered_json& object, const char* name) {
    return object.is_object() && object.contains(name) ? object.at(name) : nothing;
  };
  std::string row;
  const auto add = [&](const ordered_json& value) { row += (row.empty() ? "" : ",") + CsvField(value); };
  for (const char* name : {"client", "name", "status", "tier", "rank_tier", "rank"}) add(within(client, name));
  add(within(within(client, "revenue"), "amount"));
  add(within(within(client, "revenue"), "currency"));
  add(within(client, "share"));
  add(within(within(client, "persona"), "name"));
  for (const char* name : {"owner", "last_touch", "next_due", "overdue_since"}) add(within(client, name));
  add(within(risk, "level"));
  add(within(risk, "probability"));
  add(within(within(risk, "at_stake"), "amount"));
  return row + '\n';
}

struct ExportOptions {
  std::string format = "csv";
  std::string out;
};

int Export(Invocation& invocation, const ExportOptions& options) {
  q::ListClientsRequest request;
  *request.mutable_query() = invocation.Book();
  const auto clients = Call<q::SegmentationService>(invocation, &q::SegmentationService::Stub::ListClients, request);
  if (!clients) return invocation.Report(clients.error());
  const bool csv = options.format == "csv";
  std::string text = csv ? kCsvHeader : "";
  for (const q::ClientSummary& row : clients->rows()) {
    const auto answers = AskAboutClient(invocation, row.client(), false);
    if (!answers) return invocation.Report(answers.error());
    const ordered_json client = ClientJson(*answers);
    text += csv ? CsvRow(client) : client.dump() + '\n';
  }
  if (options.out.empty()) {
    std::cout << text;
    return kDone;
  }
  const auto written = WriteWholeFile(options.out, text);
  if (!written) return invocation.Report(written.error());
  fmt::print(stderr, "{} clients of book {} in {}\n", clients->rows_size(), clients->book(), options.out);
  return kDone;
}

void AddExport(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("export", "Every client of a book, a line each, for a spreadsheet or a program");
  command->footer("Example: mainstay export --book north --out north.csv");
  invocation.AddBookOptions(*command);
  auto options = std::make_shared<ExportOptions>();
  command->add_option("--format", options->format, "csv, or jsonl: everything `client --json` says")
      ->check(CLI::IsMember({"csv", "jsonl"}))
      ->capture_default_str();
  command->add_option("--out", options->out, "The file to write (default: standard output)");
  command->callback(
      [&invocation, options] { invocation.Choose([&invocation, options] { return Export(invocation, *options); }); });
}

std::string Name(Finding::Status status) {
  switch (status) {
    case Finding::Status::kOk: return "ok";
    case Finding::Status::kWarning: return "warning";
    case Finding::Status::kProblem: break;
  }
  return "problem";
}

int Doctor(Invocation& invocation) {
  const std::vector<Finding> findings = Examine(invocation);
  const bool healthy = std::none_of(findings.begin(), findings.end(),
                                    [](const Finding& finding) { return finding.status == Finding::Status::kProblem; });
  if (invocation.json()) {
    ordered_json json = {{"healthy", healthy}, {"checks", ordered_json::array()}};
    for (const Finding& finding : findings) {
      json["checks"].push_back({{"status", Name(finding.status)},
                                {"check", finding.check},
                                {"found", finding.found},
                                {"advice", finding.advice.empty() ? ordered_json() : ordered_json(finding.advice)}});
    }
    std::cout << json.dump(2) << "\n";
  } else {
    for (const Finding& finding : findings) {
      fmt::print("{:<9}{}: {}\n", Name(finding.status), finding.check, finding.found);
      if (!finding.advice.empty()) fmt::print("{:<9}{}\n", "", finding.advice);
    }
  }
  return healthy ? kDone : kRefused;
}

}  // namespace

void AddUpkeepCommands(CLI::App& app, Invocation& invocation) {
  AddErase(app, invocation);
  AddExport(app, invocation);
  auto* doctor = app.add_subcommand("doctor", "What is wrong with this installation, and what to do");
  doctor->footer("Example: mainstay doctor --data var/mainstay");
  doctor->callback([&invocation] { invocation.Choose([&invocation] { return Doctor(invocation); }); });
}

}  // namespace mainstay::cli
