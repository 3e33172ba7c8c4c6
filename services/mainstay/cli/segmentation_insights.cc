// whitespace, review, report: what they could buy, whom to serve less, the book on one page.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "client_document.h"
#include "commands.h"
#include "invocation.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "money_text.h"
#include "pareto_answer.h"
#include "report/html.h"
#include "segmentation_settings.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;
using q::SegmentationService;
using Stub = SegmentationService::Stub;

void PrintClientWhitespace(const q::GetWhitespaceResponse& answer, const Terminal& terminal) {
  fmt::print("{}: {} empty cells; potential {} over {} years (bought {} by {}, whitespace {}, discount {})\n",
             answer.client(), Thousands(answer.empty_cells()), Text(answer.potential().total()),
             answer.potential().horizon_years(), Text(answer.potential().bought()), answer.potential().model_version(),
             Text(answer.potential().whitespace()), Percent(answer.potential().discount()));
  Table table({{"next product", Align::kLeft, true},
               {"because of", Align::kLeft, true},
               {"both", Align::kRight},
               {"confidence", Align::kRight},
               {"lift", Align::kRight},
               {"assessed a year", Align::kRight}});
  for (const q::NextProduct& row : answer.next_products()) {
    const bool counted = row.has_because_of();
    table.Add({row.product(), row.because_of(), counted ? Thousands(row.both()) : "-",
               counted ? Percent(row.confidence()) : "-", counted ? Fixed(row.lift(), 2) : "-", Text(row.yearly())});
  }
  std::cout << table.Render(terminal);
}

int Whitespace(Invocation& invocation, const std::string& client, std::uint32_t limit) {
  q::GetWhitespaceRequest request;
  *request.mutable_query() = invocation.Book();
  request.set_client(client);
  request.set_limit(invocation.Limit(limit));
  if (!client.empty()) {
    auto orders = AskForOrderParameters(invocation);
    if (!orders) return invocation.Report(orders.error());
    *request.mutable_orders() = *std::move(orders);
  }
  const auto answer = Call<SegmentationService>(invocation, &Stub::GetWhitespace, request);
  if (!answer) return invocation.Report(answer.error());
  if (invocation.json()) {
    invocation.PrintJson(*answer);
    return kDone;
  }
  if (!client.empty()) {
    PrintClientWhitespace(*answer, invocation.terminal());
    return kDone;
  }
  Table table({{"client", Align::kLeft, true},
               {"tier"},
               {"products held", Align::kRight},
               {"departments", Align::kRight},
               {"locations", Align::kRight},
               {"next best product", Align::kLeft, true}});
  for (const q::WhitespaceRow& row : answer->rows()) {
    table.Add({row.client(), row.tier(), Thousands(row.products()), Thousands(row.departments()),
               Thousands(row.locations()), row.next_best_product()});
  }
  std::cout << table.Render(invocation.terminal());
  const auto list = [](const char* what, const auto& ids) {
    constexpr int kShown = 10;  // All with --json.
    if (ids.empty()) return;
    const auto end = ids.size() > kShown ? ids.begin() + kShown : ids.end();
    fmt::print("{} {}: {}{}\n", Thousands(ids.size()), what, fmt::join(ids.begin(), end, ", "),
               ids.size() > kShown ? " ..." : "");
  };
  list("without a number for their potential", answer->without_potential());
  list("without an assessed potential on file", answer->not_assessed());
  return kDone;
}

// The quarter, and the one before it where there is one.
void PrintFigures(const q::GetReviewResponse& answer, const Terminal& terminal) {
  std::vector<const q::QuarterFigures*> quarters{&answer.figures()};
  std::vector<Column> columns{{""}, {answer.quarter(), Align::kRight}};
  if (answer.has_before()) {
    quarters.push_back(&answer.before());
    columns.push_back({answer.before().quarter(), Align::kRight});
  }
  Table table(std::move(columns));
  const auto add = [&](const char* what, const auto& text) {
    std::vector<std::string> cells{what};
    for (const q::QuarterFigures* quarter : quarters) cells.push_back(text(*quarter));
    table.Add(std::move(cells));
  };
  using Figures = q::QuarterFigures;
  add("paying clients", [](const Figures& f) { return Thousands(f.clients()); });
  add("revenue", [](const Figures& f) { return Text(f.revenue()); });
  add("revenue above the 80 % line", [](const Figures& f) { return Text(f.above_line()); });
  add("clients above it", [](const Figures& f) { return Thousands(f.line_80_clients()); });
  add("slots", [](const Figures& f) { return f.slots() > 0 ? Thousands(f.slots()) : "-"; });
  add("revenue per slot", [](const Figures& f) { return Text(f.revenue_per_slot()); });
  add("new clients", [](const Figures& f) { return Thousands(f.new_clients()) + ", " + Text(f.new_revenue()); });
  add("gone clients", [](const Figures& f) { return Thousands(f.gone_clients()) + ", " + Text(f.gone_revenue()); });
  add("retention", [](const Figures& f) { return f.has_retention() ? Percent(f.retention()) : "-"; });
  std::cout << table.Render(terminal);
  if (answer.capacity().has_erosion_clients()) {
    fmt::print("Without replacement {} clients a quarter go at this rate.\n",
               Fixed(answer.capacity().erosion_clients(), 0));
  }
}

void PrintMovement(const q::GetReviewResponse& answer, const Terminal& terminal) {
  constexpr int kShown = 5;
  if (answer.moved_up().empty() && answer.moved_down().empty()) return;
  fmt::print("\nSince then {} clients moved up and {} down; the furthest:\n", Thousands(answer.moved_up_size()),
             Thousands(answer.moved_down_size()));
  Table table(
      {{"client", Align::kLeft, true}, {"rank then", Align::kRight}, {"now", Align::kRight}, {"tier then"}, {"now"}});
  for (const auto* rows : {&answer.moved_up(), &answer.moved_down()}) {
    for (int i = 0; i < std::min(kShown, rows->size()); ++i) {
      const q::Movement& row = rows->Get(i);
      table.Add({row.client(), Thousands(row.rank_before()), Thousands(row.rank()), row.tier_before(), row.tier()});
    }
  }
  std::cout << table.Render(terminal);
}

void PrintReview(const q::GetReviewResponse& answer, const Terminal& terminal) {
  const q::Capacity& capacity = answer.capacity();
  fmt::print("{} calls and {} minutes a week are needed; {} reps have {} minutes", Fixed(capacity.calls_per_week(), 1),
             Fixed(capacity.minutes_needed(), 0), Thousands(capacity.reps()), Thousands(capacity.minutes_per_week()));
  fmt::print("{}.\n", capacity.has_free_slots() ? fmt::format(", {} free slots", capacity.free_slots()) : "");
  if (!answer.has_quarter()) {
    fmt::print("No quarter has ended yet.\n");
    return;
  }
  std::cout << '\n';
  PrintFigures(answer, terminal);
  PrintMovement(answer, terminal);
  Table table({{"client", Align::kLeft, true},
               {"revenue", Align::kRight},
               {"why", Align::kLeft, true},
               {"decision"},
               {"by"},
               {"handed to"}});
  for (const q::ReviewProposal& row : answer.rows()) {
    table.Add({row.client(), Text(row.revenue()), row.reason(), row.has_decision() ? row.decision() : "open", row.by(),
               row.hand_to()});
  }
  fmt::print("\nProposed for lower service: {} clients.\n", Thousands(answer.rows_size()));
  if (!table.empty()) std::cout << table.Render(terminal);
}

int Review(Invocation& invocation, const std::string& quarter) {
  q::GetReviewRequest request;
  *request.mutable_query() = invocation.Book();
  request.set_quarter(quarter);
  const auto answer = Call<SegmentationService>(invocation, &Stub::GetReview, request);
  if (!answer) return invocation.Report(answer.error());
  if (invocation.json()) {
    invocation.PrintJson(*answer);
  } else {
    PrintReview(*answer, invocation.terminal());
  }
  return kDone;
}

int Decide(Invocation& invocation, q::DecideReviewRequest request) {
  *request.mutable_query() = invocation.Book();
  const auto answer = Call<SegmentationService>(invocation, &Stub::DecideReview, request);
  if (!answer) return invocation.Report(answer.error());
  if (invocation.json()) {
    invocation.PrintJson(*answer);
  } else {
    fmt::print("{}: {} ({})\n", answer->client(), request.decision(), answer->verdict());
  }
  return kDone;
}

Result<report::ReportData> Gather(Invocation& invocation) {
  report::ReportData data;
  MAINSTAY_TRY_ASSIGN(ranks, ReadPareto(invocation, 0));
  data.pareto = std::move(ranks);
  q::ListClientsRequest clients;
  *clients.mutable_query() = invocation.Book();
  MAINSTAY_TRY_ASSIGN(list, Call<SegmentationService>(invocation, &Stub::ListClients, clients));
  data.clients = std::move(list);
  q::GetReviewRequest review;
  *review.mutable_query() = invocation.Book();
  MAINSTAY_TRY_ASSIGN(quarter, Call<SegmentationService>(invocation, &Stub::GetReview, review));
  data.review = std::move(quarter);
  q::GetWhitespaceRequest whitespace;
  *whitespace.mutable_query() = invocation.Book();
  MAINSTAY_TRY_ASSIGN(space, Call<SegmentationService>(invocation, &Stub::GetWhitespace, whitespace));
  data.whitespace = std::move(space);
  q::GetHealthRequest health;
  *health.mutable_query() = invocation.Book();
  MAINSTAY_TRY_ASSIGN(losses, Call<SegmentationService>(invocation, &Stub::GetHealth, health));
  data.health = std::move(losses);
  q::GetPersonasRequest personas;
  *personas.mutable_query() = invocation.Book();
  MAINSTAY_TRY_ASSIGN(questions, Call<SegmentationService>(invocation, &Stub::GetPersonas, personas));
  data.personas = std::move(questions);
  return data;
}

int Report(Invocation& invocation, const std::string& file) {
  const auto data = Gather(invocation);
  if (!data) return invocation.Report(data.error());
  if (const auto written = WriteWholeFile(file, report::ReportPage(*data)); !written) {
    return invocation.Report(written.error());
  }
  if (!invocation.json()) fmt::print("{}\n", file);
  if (invocation.json()) std::cout << nlohmann::json{{"file", file}}.dump(2) << "\n";
  return kDone;
}

void AddReview(CLI::App& app, Invocation& invocation) {
  auto* review = app.add_subcommand("review", "The quarterly review: proposals, decisions, the quarter's figures");
  review->footer("Example: mainstay review accept acme --hand-to nurture --by ann");
  review->require_subcommand(0, 1);
  invocation.AddBookOptions(*review);
  auto quarter = std::make_shared<std::string>();
  review->add_option("--quarter", *quarter, "A quarter that has ended, such as 2026-Q1 (default: the last one)");
  auto request = std::make_shared<q::DecideReviewRequest>();
  const auto text = [](std::string* target) { return [target](const std::string& value) { *target = value; }; };
  for (const char* decision : {"accept", "protect", "defer"}) {
    auto* decide = review->add_subcommand(decision, "Answer a proposal");
    invocation.AddBookOption(*decide);
    decide->add_option_function<std::string>("CLIENT", text(request->mutable_client()), "The client")->required();
    decide->add_option_function<std::string>("--by", text(request->mutable_by()), "Who decides")->required();
    decide->add_option_function<std::string>("--why", text(request->mutable_why()), "The reason (needed to protect)");
    decide->add_option_function<std::string>("--hand-to", text(request->mutable_hand_to()),
                                             "Who serves the client from now on: a rep, or nurture (needed to accept)");
    decide->callback([&invocation, request, decision] {
      request->set_decision(decision);
      invocation.Choose([&invocation, request] { return Decide(invocation, *request); });
    });
  }
  review->callback([&invocation, review, quarter] {
    if (!review->get_subcommands().empty()) return;
    invocation.Choose([&invocation, quarter] { return Review(invocation, *quarter); });
  });
}

}  // namespace

void AddInsightCommands(CLI::App& app, Invocation& invocation) {
  auto* whitespace = app.add_subcommand("whitespace", "What clients could buy and do not");
  whitespace->footer("Example: mainstay whitespace --client acme");
  invocation.AddBookOptions(*whitespace);
  auto client = std::make_shared<std::string>();
  auto limit = std::make_shared<std::uint32_t>(0);
  whitespace->add_option("--client", *client, "One client, with its empty cells and next products");
  whitespace->add_option("--limit", *limit, "Rows to show (default: what fits; all with --json)");
  whitespace->callback([&invocation, client, limit] {
    invocation.Choose([&invocation, client, limit] { return Whitespace(invocation, *client, *limit); });
  });

  AddReview(app, invocation);
  AddHealthCommand(app, invocation);
  AddPersonasCommand(app, invocation);

  AddWhatIfCommand(app, invocation);

  auto* report = app.add_subcommand("report", "One page about the book, for a browser");
  report->footer("Example: mainstay report --html book.html");
  invocation.AddBookOptions(*report);
  auto file = std::make_shared<std::string>();
  report->add_option("--html", *file, "The file to write")->required();
  report->callback(
      [&invocation, file] { invocation.Choose([&invocation, file] { return Report(invocation, *file); }); });
}

}  // namespace mainstay::cli
