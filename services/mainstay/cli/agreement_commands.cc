// goals, renewals: what was agreed with clients, and how it stands.
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>

#include "answering.h"
#include "commands.h"
#include "invocation.h"
#include "mainstay/query/v1/cadence.grpc.pb.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;
using q::CadenceService;

std::string Number(bool present, double value) { return present ? fmt::format("{:g}", value) : std::string("-"); }

std::string ReviewText(const q::ClientReviews& reviews) {
  if (reviews.has_overdue_since()) return fmt::format("was due on {}, overdue", reviews.next_due());
  if (reviews.due()) return fmt::format("due since {}", reviews.next_due());
  return reviews.has_next_due() ? fmt::format("next on {}", reviews.next_due()) : std::string("-");
}

void PrintReviews(const q::ListGoalsResponse& answer, Invocation& invocation) {
  Table table({{"client", Align::kLeft, true},
               {"tier"},
               {"review"},
               {"last held"},
               {"our actions", Align::kLeft, true},
               {"their actions", Align::kLeft, true},
               {"promises kept"}});
  for (const q::ClientReviews& row : answer.reviews()) {
    const bool held = row.held_size() > 0;
    const q::PromiseCounts& promises = row.promises();
    std::string last = held ? row.held(0).held_at().substr(0, 10) : "never";
    if (held && !row.held(0).with_management()) last += " (without management)";
    table.Add(
        {row.client(), row.tier(), ReviewText(row), last,
         held ? fmt::format("{}", fmt::join(row.held(0).our_actions(), "; ")) : "",
         held ? fmt::format("{}", fmt::join(row.held(0).their_actions(), "; ")) : "",
         promises.made() == 0 ? "-" : fmt::format("{} of {}", promises.kept() + promises.exceeded(), promises.made())});
  }
  if (!table.empty()) std::cout << "\n" << table.Render(invocation.terminal());
}

void PrintGoals(const q::ListGoalsResponse& answer, Invocation& invocation) {
  Table table({{"client", Align::kLeft, true},
               {"goal", Align::kLeft, true},
               {"status"},
               {"target", Align::kRight},
               {"by"},
               {"measured", Align::kRight},
               {"planned", Align::kRight},
               {"progress", Align::kRight},
               {""}});
  for (const q::GoalRow& row : answer.rows()) {
    table.Add({row.client(), row.title(), row.status(), fmt::format("{:g} {}", row.target(), row.unit()),
               row.target_date(), Number(row.has_measured(), row.measured()),
               Number(row.has_projected(), row.projected()), row.has_progress() ? Fixed(row.progress(), 1) + " %" : "-",
               row.behind_plan() ? "behind plan" : ""});
  }
  if (table.empty()) {
    fmt::print("No goal is on file.\n");
  } else {
    std::cout << table.Render(invocation.terminal());
  }
  PrintReviews(answer, invocation);
}

void PrintRenewals(const q::ListRenewalsResponse& answer, Invocation& invocation) {
  Table table({{"client", Align::kLeft, true},
               {"contract", Align::kLeft, true},
               {"tier"},
               {"owner"},
               {"value", Align::kRight},
               {"ends"},
               {"days left", Align::kRight},
               {"status"},
               {"renewed", Align::kRight}});
  for (const q::RenewalRow& row : answer.rows()) {
    table.Add({row.client(), row.contract(), row.tier(), row.owner(),
               MoneyText(row.value().amount(), row.value().currency()), row.end(), Thousands(row.days_left()),
               row.status(), Thousands(row.renewals())});
  }
  if (table.empty()) {
    fmt::print("No contract ends in that time.\n");
  } else {
    std::cout << table.Render(invocation.terminal());
  }
}

}  // namespace

void AddAgreementCommands(CLI::App& app, Invocation& invocation) {
  auto* goals = app.add_subcommand("goals", "Goals against their original projection, reviews, promises");
  goals->footer("Example: mainstay goals --client acme --json");
  invocation.AddBookOptions(*goals);
  auto client = std::make_shared<std::string>();
  goals->add_option("--client", *client, "Only this client's");
  goals->callback([&invocation, client] {
    invocation.Choose([&invocation, client] {
      q::ListGoalsRequest request;
      *request.mutable_query() = invocation.Book();
      request.set_client(*client);
      return Print<q::ListGoalsResponse>(
          invocation, Call<CadenceService>(invocation, &CadenceService::Stub::ListGoals, request), PrintGoals);
    });
  });
  auto* renewals = app.add_subcommand("renewals", "Contracts that end soon, next one first");
  renewals->footer("Example: mainstay renewals --within 90");
  invocation.AddBookOptions(*renewals);
  struct Options {
    std::int32_t within = 180;
    bool all = false;
  };
  auto options = std::make_shared<Options>();
  renewals->add_option("--within", options->within, "Days to look ahead (default: 180)")->check(CLI::Range(1, 36500));
  renewals->add_flag("--all", options->all, "All contracts, expired and ended ones too");
  renewals->callback([&invocation, options] {
    invocation.Choose([&invocation, options] {
      q::ListRenewalsRequest request;
      *request.mutable_query() = invocation.Book();
      request.set_within_days(options->within);
      request.set_all(options->all);
      return Print<q::ListRenewalsResponse>(
          invocation, Call<CadenceService>(invocation, &CadenceService::Stub::ListRenewals, request), PrintRenewals);
    });
  });
}

}  // namespace mainstay::cli
