#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

#include <iostream>
#include <optional>
#include <vector>

#include "client_document.h"
#include "commands.h"
#include "invocation.h"
#include "mainstay/query/v1/cadence.grpc.pb.h"
#include "mainstay/query/v1/event.grpc.pb.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "mainstay/rpc/json.h"
#include "money_text.h"
#include "pareto_answer.h"
#include "pareto_plot.h"
#include "publishing.h"
#include "report/html.h"
#include "risk_text.h"
#include "segmentation_settings.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;
using q::SegmentationService;

// Nobody's minutes are known where no touch was recorded.
bool HasEffort(const q::GetParetoResponse& answer) {
  return std::any_of(answer.tiers().begin(), answer.tiers().end(), [](const auto& t) { return t.has_effort_share(); });
}

void PrintTiers(const q::GetParetoResponse& answer, const Terminal& terminal) {
  const bool effort = HasEffort(answer);
  std::vector<Column> columns{{"tier"},
                              {"clients", Align::kRight},
                              {"revenue", Align::kRight},
                              {"share", Align::kRight},
                              {"expected", Align::kRight},
                              {"deviation", Align::kRight}};
  if (effort) columns.push_back({"effort", Align::kRight});
  Table table(std::move(columns));
  for (const q::TierSummary& tier : answer.tiers()) {
    std::vector<std::string> cells{tier.tier(),
                                   Thousands(tier.clients()),
                                   Text(tier.revenue()),
                                   tier.has_share() ? Percent(tier.share()) : "-",
                                   tier.has_expected_share() ? Percent(tier.expected_share(), 0) : "-",
                                   tier.has_deviation() ? fmt::format("{:+.1f} points", tier.deviation() * 100) : "-"};
    if (effort) cells.push_back(Percent(tier.effort_share()));
    table.Add(std::move(cells));
  }
  std::cout << table.Render(terminal) << "\n";
}

void PrintRows(const q::GetParetoResponse& answer, const Terminal& terminal) {
  const bool effort = HasEffort(answer);
  std::vector<Column> columns{{"rank", Align::kRight},
                              {"client", Align::kLeft, true},
                              {"revenue", Align::kRight},
                              {"share", Align::kRight},
                              {"cumulative", Align::kRight}};
  if (effort) columns.push_back({"effort", Align::kRight});
  columns.push_back({"tier"});
  Table table(std::move(columns));
  for (const q::ParetoRow& row : answer.rows()) {
    std::vector<std::string> cells{Thousands(row.rank()), row.client(), Text(row.revenue()), Percent(row.share(), 2),
                                   Percent(row.cumulative_share())};
    if (effort) cells.push_back(Percent(row.effort_share(), 2));
    cells.push_back(row.tier() == row.rank_tier() ? row.tier() : row.tier() + " (by rank " + row.rank_tier() + ")");
    table.Add(std::move(cells));
  }
  std::cout << table.Render(terminal);
  if (answer.rows_size() < answer.clients()) {
    fmt::print("... {} more (--limit N)\n", Thousands(answer.clients() - answer.rows_size()));
  }
}

void PrintPareto(const q::GetParetoResponse& answer, const std::vector<double>& curve, const Terminal& terminal) {
  fmt::print("Book {}: {} paying {}, {} in the 365 days to {}. Tier policy: {}.\n", answer.book(),
             Thousands(answer.clients()), answer.clients() == 1 ? "client" : "clients", Text(answer.revenue()),
             answer.as_of(), answer.policy());
  if (answer.clients() == 0) return;
  fmt::print("{} ({}) {} 80 % of it.\n\n",
             answer.line_80().clients() == 1 ? "1 client" : Thousands(answer.line_80().clients()) + " clients",
             Percent(answer.line_80().fraction()), answer.line_80().clients() == 1 ? "carries" : "carry");
  std::cout << PlotPareto(curve, static_cast<std::size_t>(answer.line_80().clients()),
                          std::min<std::size_t>(terminal.width - 10, 72), 12)
            << "\n";
  PrintTiers(answer, terminal);
  PrintRows(answer, terminal);
}

int DrawPareto(Invocation& invocation, const std::string& file) {
  const auto answer = ReadPareto(invocation, 0);
  if (!answer) return invocation.Report(answer.error());
  invocation.NoteStanding(answer->as_of());
  const auto written = WriteWholeFile(file, report::ParetoSvg(*answer, true));
  if (!written) return invocation.Report(written.error());
  if (!invocation.json()) fmt::print("{}\n", file);
  if (invocation.json()) invocation.PrintJson(*answer);
  return kDone;
}

int Pareto(Invocation& invocation, std::uint32_t asked) {
  const std::uint32_t limit = invocation.Limit(asked);
  auto answer = ReadPareto(invocation, invocation.json() ? limit : 0);  // People get the curve too: every row.
  if (!answer) return invocation.Report(answer.error());
  invocation.NoteStanding(answer->as_of());
  if (invocation.json()) {
    invocation.PrintJson(*answer);
    return kDone;
  }
  std::vector<double> curve;
  for (const q::ParetoRow& row : answer->rows()) curve.push_back(row.cumulative_share());
  if (limit != 0 && answer->rows_size() > static_cast<int>(limit)) {
    answer->mutable_rows()->DeleteSubrange(static_cast<int>(limit), answer->rows_size() - static_cast<int>(limit));
  }
  PrintPareto(*answer, curve, invocation.terminal());
  return kDone;
}

struct ClientsOptions {
  std::string tier;
  std::string persona;
  std::string status;
  std::uint32_t limit = 0;
};

int Clients(Invocation& invocation, const ClientsOptions& options) {
  q::ListClientsRequest request;
  *request.mutable_query() = invocation.Book();
  request.set_tier(options.tier);
  request.set_persona(options.persona);
  request.set_status(options.status);
  request.set_limit(invocation.Limit(options.limit));
  const auto answer = Call<SegmentationService>(invocation, &SegmentationService::Stub::ListClients, request);
  if (!answer) return invocation.Report(answer.error());
  if (invocation.json()) {
    invocation.PrintJson(*answer);
    return kDone;
  }
  Table table({{"rank", Align::kRight},
               {"client", Align::kLeft, true},
               {"name", Align::kLeft, true},
               {"tier"},
               {"persona"},
               {"status"},
               {"revenue", Align::kRight},
               {"owner"}});
  for (const q::ClientSummary& row : answer->rows()) {
    table.Add({row.has_rank() ? Thousands(row.rank()) : "-", row.client(), row.name(), row.tier(), row.persona().name(),
               row.status(), Text(row.revenue()), row.owner()});
  }
  std::cout << table.Render(invocation.terminal());
  return kDone;
}

void PrintSpace(const q::GetClientResponse& who) {
  const q::Whitespace& space = who.whitespace();
  const auto list = [](const char* what, const auto& ids) {
    if (!ids.empty()) fmt::print("buys nothing of {} {}: {}\n", ids.size(), what, fmt::join(ids, ", "));
  };
  list("products", space.products());
  list("departments", space.departments());
  list("locations", space.locations());
  if (!space.flags().empty()) fmt::print("flags {}\n", fmt::join(space.flags(), ", "));
  if (who.has_next_best_product()) fmt::print("next best product {}\n", who.next_best_product());
}

void PrintClient(const q::GetClientResponse& who, const q::GetCadenceResponse& when, const Terminal& terminal) {
  fmt::print("{}{} (book {}): tier {}, {}, rank {}, {} in 12 months", who.client(),
             who.name().empty() ? "" : " " + who.name(), who.book(), who.tier(), who.status(),
             who.has_rank() ? Thousands(who.rank()) : "-", Text(who.revenue()));
  if (who.has_share()) fmt::print(" ({} of the book)", Percent(who.share(), 2));
  fmt::print("\nowner {}, last touch {}, next due {}{}\n", who.owner(),
             when.has_last_touch() ? when.last_touch() : "never", when.has_next_due() ? when.next_due() : "-",
             when.has_overdue_since() ? ", overdue since " + when.overdue_since() : "");
  if (who.persona().has_name()) fmt::print("persona {}\n", who.persona().name());
  for (const q::Evidence& evidence : who.persona().evidence()) {
    fmt::print("  {} {:.2f} (threshold {:.2f})\n", evidence.rule(), evidence.value(), evidence.threshold());
  }
  if (who.has_recommendation()) fmt::print("{}: {}\n", who.recommendation().action(), who.recommendation().text());
  if (who.has_potential()) fmt::print("potential {}\n", Text(who.potential()));
  PrintSpace(who);
  PrintRisk(when.risk(), terminal);
  if (when.has_inputs()) PrintInputs(when.inputs(), terminal);
}

int Client(Invocation& invocation, const std::string& id, bool explain) {
  const auto answers = AskAboutClient(invocation, id, explain);
  if (!answers) return invocation.Report(answers.error());
  if (invocation.json()) {
    std::cout << ClientJson(*answers).dump(2) << "\n";
  } else {
    PrintClient(answers->who, answers->when, invocation.terminal());
  }
  return kDone;
}

int GetPolicy(Invocation& invocation) {
  q::GetPolicyRequest request;
  *request.mutable_query() = invocation.Book();
  const auto answer = Call<SegmentationService>(invocation, &SegmentationService::Stub::GetPolicy, request);
  if (!answer) return invocation.Report(answer.error());
  if (invocation.json()) {
    invocation.PrintJson(*answer);
  } else {
    fmt::print("tiers: {}   (set by {})\n", answer->tiers(), answer->version());
    Table table({{"name"}, {"value", Align::kRight}, {""}, {"what", Align::kLeft, true}});
    for (const q::PolicyValue& value : answer->values()) {
      table.Add({value.name(), fmt::format("{}", value.value()), value.is_default() ? "default" : "set", value.text()});
    }
    std::cout << table.Render(invocation.terminal());
  }
  return kDone;
}

int SetPolicy(Invocation& invocation, const std::optional<std::string>& tiers,
              const std::vector<std::string>& settings) {
  if (!tiers && settings.empty()) {
    return invocation.Report(InvalidField("--tiers", "say what to set: --tiers, --set name=number, or both").value());
  }
  nlohmann::json data = nlohmann::json::object();
  if (tiers) data["tiers"] = *tiers;
  const auto values = ParseSettings(settings);
  if (!values) return invocation.Report(values.error());
  for (const auto& [name, value] : *values) data["thresholds"][name] = value;
  OneEvent event;
  event.type = "mainstay.book.PolicySet.v1";
  event.data = data.dump();
  event.from_options = true;
  return PublishOne(invocation, event);
}

}  // namespace

void AddSegmentationCommands(CLI::App& app, Invocation& invocation) {
  AddInsightCommands(app, invocation);
  auto* pareto = app.add_subcommand("pareto", "Who matters most: ranks, shares, the 80 % line, tiers");
  pareto->footer("Example: mainstay pareto --book north --limit 20");
  invocation.AddStandingBookOptions(*pareto);
  auto pareto_limit = std::make_shared<std::uint32_t>(0);
  pareto->add_option("--limit", *pareto_limit, "Rows to show (default: what fits; all with --json)");
  auto svg = std::make_shared<std::string>();
  pareto->add_option("--svg", *svg, "Draw the curve into this file");
  pareto->callback([&invocation, pareto_limit, svg] {
    invocation.Choose([&invocation, pareto_limit, svg] {
      return svg->empty() ? Pareto(invocation, *pareto_limit) : DrawPareto(invocation, *svg);
    });
  });

  auto* clients = app.add_subcommand("clients", "The clients of a book, best first");
  clients->footer("Example: mainstay clients --tier A");
  invocation.AddBookOptions(*clients);
  auto options = std::make_shared<ClientsOptions>();
  clients->add_option("--tier", options->tier, "Only this tier")->check(CLI::IsMember({"A", "B", "C", "NONE"}));
  clients->add_option("--persona", options->persona, "Only this persona")
      ->check(CLI::IsMember({"best", "draining", "stagnant", "unclassified"}));
  clients
      ->add_option("--status", options->status,
                   "Only this status; WIN_BACK: lapsed or lost, whom nobody calls any more")
      ->check(CLI::IsMember({"PAYING", "NEW", "LAPSED", "LOST", "WIN_BACK"}));
  clients->add_option("--limit", options->limit, "Rows to show (default: what fits; all with --json)");
  clients->callback(
      [&invocation, options] { invocation.Choose([&invocation, options] { return Clients(invocation, *options); }); });

  auto* client = app.add_subcommand("client", "One client: tier, cadence, risk and its reasons");
  client->footer("Example: mainstay client acme --explain");
  invocation.AddBookOptions(*client);
  auto id = std::make_shared<std::string>();
  auto explain = std::make_shared<bool>(false);
  client->add_option("ID", *id, "The client's id")->required();
  client->add_flag("--explain", *explain, "Add every input of the risk score");
  client->callback([&invocation, id, explain] {
    invocation.Choose([&invocation, id, explain] { return Client(invocation, *id, *explain); });
  });

  auto* policy = app.add_subcommand("policy", "Show or set the policy of a book");
  policy->footer("Example: mainstay policy set --book north --tiers 'split 20/20/60'");
  policy->require_subcommand(1);
  auto* get = policy->add_subcommand("get", "Show the policy");
  invocation.AddStandingBookOptions(*get);
  get->callback([&invocation] { invocation.Choose([&invocation] { return GetPolicy(invocation); }); });
  auto* set = policy->add_subcommand("set", "Set it (publishes PolicySet)");
  set->footer("Example: mainstay policy set --book north --tiers 'split 20/20/60'");
  invocation.AddBookOption(*set);
  auto tiers = std::make_shared<std::optional<std::string>>();
  auto settings = std::make_shared<std::vector<std::string>>();
  set->add_option("--tiers", *tiers, "pareto, 'split A/B/C' or revenue");
  set->add_option("--set", *settings, "Another value, as name=number (may be repeated)");
  set->callback([&invocation, tiers, settings] {
    invocation.Choose([&invocation, tiers, settings] { return SetPolicy(invocation, *tiers, *settings); });
  });
}

}  // namespace mainstay::cli
