#include <fmt/format.h>

#include <iostream>

#include "answering.h"
#include "commands.h"
#include "invocation.h"
#include "mainstay/query/v1/cadence.grpc.pb.h"
#include "money_text.h"
#include "risk_text.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;
using q::CadenceService;

void PrintCalls(const q::ListCallsResponse& answer, Invocation& invocation) {
  fmt::print("Calls of {} on {}: {} of {} due, {} of {} minutes\n\n", answer.rep(), answer.day(), answer.rows_size(),
             answer.due(), answer.minutes(), answer.capacity_minutes());
  Table table({{"client", Align::kLeft, true},
               {"tier"},
               {"due"},
               {"overdue", Align::kRight},
               {"expected loss", Align::kRight},
               {"last touch"},
               {"why", Align::kLeft, true},
               {"talk about", Align::kLeft, true}});
  for (const q::CallRow& row : answer.rows()) {
    table.Add(
        {row.client(), row.tier(), row.due(), row.days_overdue() > 0 ? fmt::format("{} days", row.days_overdue()) : "-",
         Text(row.expected_loss()), row.has_last_touch() ? row.last_touch().substr(0, 10) : "never",
         fmt::format("{}", fmt::join(row.reasons(), "; ")), fmt::format("{}", fmt::join(row.talk_about(), "; "))});
  }
  std::cout << table.Render(invocation.terminal());
}

void PrintPlan(const q::CapacityPlan& plan, Invocation& invocation) {
  if (!plan.possible()) {
    fmt::print("\nNo plan: {}.\n", plan.missing_minutes() > 0
                                       ? fmt::format("{} minutes a week are missing", Fixed(plan.missing_minutes(), 0))
                                       : std::string("the reps' free minutes are in too small pieces"));
    return;
  }
  fmt::print("\n{} clients would have to change hands, no fewer:\n\n", plan.moves_size());
  Table moves({{"client", Align::kLeft, true}, {"tier"}, {"from"}, {"to"}});
  for (const q::ClientMove& move : plan.moves()) moves.Add({move.client(), move.tier(), move.from(), move.to()});
  std::cout << moves.Render(invocation.terminal());
}

void PrintWorkload(const q::GetWorkloadResponse& answer, Invocation& invocation) {
  fmt::print("{} calls and {} hours a week (4-week month, 12-week quarter); {} calls a week over a 52-week year\n\n",
             Fixed(answer.calls_per_week(), 2), Fixed(answer.hours_per_week(), 2),
             Fixed(answer.calls_per_week_52(), 2));
  Table tiers({{"tier"}, {"clients", Align::kRight}, {"calls a week", Align::kRight}});
  for (const q::TierWorkload& tier : answer.by_tier()) {
    tiers.Add({tier.tier(), Thousands(tier.clients()), Fixed(tier.calls_per_week(), 2)});
  }
  Table reps(
      {{"rep"}, {"clients", Align::kRight}, {"minutes a week", Align::kRight}, {"capacity", Align::kRight}, {""}});
  for (const q::RepWorkload& rep : answer.reps()) {
    reps.Add({rep.rep(), Thousands(rep.clients()), Fixed(rep.minutes(), 0), Thousands(rep.capacity_minutes()),
              rep.minutes() > static_cast<double>(rep.capacity_minutes()) ? "over capacity" : ""});
  }
  std::cout << tiers.Render(invocation.terminal()) << "\n" << reps.Render(invocation.terminal());
  if (answer.has_plan()) PrintPlan(answer.plan(), invocation);
}

void PrintCheckup(const q::GetCheckupResponse& answer, Invocation& invocation) {
  const auto& days = answer.days_since_touch();
  const auto number = [](bool present, double value) {
    return present ? fmt::format("{:g}", value) : std::string("-");
  };
  Table table({{"question"}, {"answer", Align::kRight}});
  table.Add({"1. How many clients?", Thousands(answer.clients().count())});
  table.Add({"2. Days since the last touch: median", number(days.has_median(), days.median())});
  table.Add({"   90th percentile", number(days.has_p90(), static_cast<double>(days.p90()))});
  table.Add({"   worst", number(days.has_worst(), static_cast<double>(days.worst()))});
  table.Add({"   never touched", Thousands(days.never())});
  table.Add({"3. Lost to the competition in the past year?", Thousands(answer.lost_to_competition().count())});
  table.Add({"4. Competitor calls this year?", Thousands(answer.competitor_calls().count())});
  table.Add({"5. Emergencies in the past year?", Thousands(answer.emergencies().count())});
  table.Add({"6. Referrals in the past year?", Thousands(answer.referrals().count())});
  std::cout << table.Render(invocation.terminal());
  if (!answer.touch_data_connected()) fmt::print("\nTouch data is not connected: no touch in the last 90 days.\n");
}

void PrintRisks(const q::ListRisksResponse& answer, Invocation& invocation) {
  Table table({{"client", Align::kLeft, true},
               {"tier"},
               {"level"},
               {"trigger"},
               {"leaves", Align::kRight},
               {"fresh", Align::kRight},
               {"at stake", Align::kRight},
               {"why", Align::kLeft, true}});
  for (const q::RiskRow& row : answer.rows()) {
    table.Add({row.client(), row.tier(), row.level(), row.trigger(),
               row.has_probability() ? Percent(row.probability()) : "-", row.has_fresh() ? Percent(row.fresh()) : "-",
               Text(row.at_stake()), ReasonsText(row, 3)});
  }
  if (table.empty()) {
    fmt::print("No client is above LOW.\n");
  } else {
    std::cout << table.Render(invocation.terminal());
  }
}

void AddCalls(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("calls", "Whom a rep calls on a day, most expensive loss first");
  command->footer("Example: mainstay calls --rep ann --day 2026-01-05");
  invocation.AddBookOptions(*command);
  struct Options {
    std::string rep;
    std::string day;
    std::uint32_t limit = 0;
    bool all = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("--rep", options->rep, "The rep ('unassigned' for clients without owner)")->required();
  command->add_option("--day", options->day, "YYYY-MM-DD (default: the book's today)");
  command->add_option("--limit", options->limit, "Rows to show");
  command->add_flag("--all", options->all, "Also what does not fit the rep's minutes");
  command->callback([&invocation, options] {
    invocation.Choose([&invocation, options] {
      q::ListCallsRequest request;
      *request.mutable_query() = invocation.Book();
      request.set_rep(options->rep);
      request.set_day(options->day);
      request.set_all(options->all);
      auto answer = Call<CadenceService>(invocation, &CadenceService::Stub::ListCalls, request);
      const int limit = static_cast<int>(invocation.Limit(options->limit));
      if (answer && limit > 0 && answer->rows_size() > limit) {
        answer->mutable_rows()->DeleteSubrange(limit, answer->rows_size() - limit);
      }
      return Print<q::ListCallsResponse>(invocation, answer, PrintCalls);
    });
  });
}

void AddRisks(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("risks", "Who is about to leave and why, most money at stake first");
  command->footer("Example: mainstay risks --level HIGH --json");
  invocation.AddBookOptions(*command);
  struct Options {
    std::string level;
    std::uint32_t limit = 0;
    bool all = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("--level", options->level, "Only this level")->check(CLI::IsMember({"LOW", "ELEVATED", "HIGH"}));
  command->add_option("--limit", options->limit, "Rows to show (default: what fits; all with --json)");
  command->add_flag("--all", options->all, "Everyone, LOW ones too");
  command->callback([&invocation, options] {
    invocation.Choose([&invocation, options] {
      q::ListRisksRequest request;
      *request.mutable_query() = invocation.Book();
      request.set_level(options->level);
      request.set_all(options->all);
      request.set_limit(invocation.Limit(options->limit));
      return Print<q::ListRisksResponse>(
          invocation, Call<CadenceService>(invocation, &CadenceService::Stub::ListRisks, request), PrintRisks);
    });
  });
}

}  // namespace

void AddCadenceCommands(CLI::App& app, Invocation& invocation) {
  AddCalls(app, invocation);
  auto* workload = app.add_subcommand("workload", "Calls and hours a week, against the reps' capacity");
  workload->footer("Example: mainstay workload --book north");
  invocation.AddBookOptions(*workload);
  workload->callback([&invocation] {
    invocation.Choose([&invocation] {
      q::GetWorkloadRequest request;
      *request.mutable_query() = invocation.Book();
      return Print<q::GetWorkloadResponse>(
          invocation, Call<CadenceService>(invocation, &CadenceService::Stub::GetWorkload, request), PrintWorkload);
    });
  });
  auto* checkup = app.add_subcommand("checkup", "The six questions about a book");
  checkup->footer("Example: mainstay checkup --json");
  invocation.AddBookOptions(*checkup);
  checkup->callback([&invocation] {
    invocation.Choose([&invocation] {
      q::GetCheckupRequest request;
      *request.mutable_query() = invocation.Book();
      return Print<q::GetCheckupResponse>(
          invocation, Call<CadenceService>(invocation, &CadenceService::Stub::GetCheckup, request), PrintCheckup);
    });
  });
  AddRisks(app, invocation);
  AddAgreementCommands(app, invocation);
  AddListCommands(app, invocation);
}

}  // namespace mainstay::cli
