// what-if: a policy tried on the live book. Segmentation says who would move and what the reps would need; cadence,
// what is at stake, whose next call moves and whose level of risk changes.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client_document.h"
#include "commands.h"
#include "invocation.h"
#include "mainstay/base/money.h"
#include "mainstay/query/v1/cadence.grpc.pb.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "money_text.h"
#include "segmentation_settings.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;
using q::CadenceService;
using q::SegmentationService;

struct WhatIfOptions {
  std::optional<std::string> tiers;
  std::vector<std::string> settings;
  std::int64_t minutes = -1;
  std::uint32_t limit = 0;
};

// Neither service knows the other's numbers, so they meet here. Clients without a risk have nothing at stake.
Result<void> JoinAtStake(Invocation& invocation, q::WhatIfResponse& answer) {
  if (answer.moves().empty()) return {};
  q::ListRisksRequest request;
  *request.mutable_query() = invocation.Book();
  request.set_all(true);
  MAINSTAY_TRY_ASSIGN(risks, Call<CadenceService>(invocation, &CadenceService::Stub::ListRisks, request));
  std::map<std::string, const q::Money*> at_stake;
  for (const q::RiskRow& row : risks.rows()) at_stake.emplace(row.client(), &row.at_stake());
  const Currency currency{answer.revenue_moved().currency()};
  Money sum;
  for (q::WhatIfMove& move : *answer.mutable_moves()) {
    const auto found = at_stake.find(move.client());
    if (found == at_stake.end()) continue;
    *move.mutable_at_stake() = *found->second;
    MAINSTAY_TRY_ASSIGN(money, ParseMoney(found->second->amount()));
    sum += money;
  }
  answer.mutable_at_stake_moved()->set_amount(FormatMoney(sum, currency));
  answer.mutable_at_stake_moved()->set_currency(currency.raw());
  return {};
}

// What the policy, and the tiers that move with it, do to the schedules and the levels of risk.
Result<void> JoinCadence(Invocation& invocation, const q::WhatIfRequest& asked, q::WhatIfResponse& answer) {
  q::WhatIfCadenceRequest request;
  *request.mutable_query() = invocation.Book();
  *request.mutable_thresholds() = asked.thresholds();
  for (const q::WhatIfMove& move : answer.moves()) (*request.mutable_tiers())[move.client()] = move.to();
  MAINSTAY_TRY_ASSIGN(said, Call<CadenceService>(invocation, &CadenceService::Stub::WhatIfCadence, request));
  *answer.mutable_cadence() = std::move(*said.mutable_change());
  return {};
}

std::string Slots(bool known, std::int64_t slots) { return known ? Thousands(slots) : "-"; }

void PrintFigures(const q::WhatIfResponse& answer) {
  fmt::print("With tiers {}: {} clients move, {} of revenue{}.\n", answer.tiers(), Thousands(answer.moves_size()),
             Text(answer.revenue_moved()),
             answer.has_at_stake_moved() ? ", " + Text(answer.at_stake_moved()) + " of it at stake" : "");
  fmt::print("Calls a week {} -> {}; minutes a week {} -> {}; slots {} -> {}, free {} -> {}.\n",
             Fixed(answer.calls_per_week_before(), 1), Fixed(answer.calls_per_week_after(), 1),
             Fixed(answer.minutes_per_week_before(), 0), Fixed(answer.minutes_per_week_after(), 0),
             Slots(answer.has_slots_before(), answer.slots_before()),
             Slots(answer.has_slots_after(), answer.slots_after()),
             Slots(answer.has_free_slots_before(), answer.free_slots_before()),
             Slots(answer.has_free_slots_after(), answer.free_slots_after()));
  const q::CadenceChange& cadence = answer.cadence();
  const auto& rows = cadence.schedules();
  const auto moved = std::count_if(rows.begin(), rows.end(),
                                   [](const q::WhatIfSchedule& row) { return row.due_before() != row.due_after(); });
  fmt::print("Touches due {} -> {}, overdue {} -> {}; {} due days move.\n", Thousands(cadence.due_before()),
             Thousands(cadence.due_after()), Thousands(cadence.overdue_before()), Thousands(cadence.overdue_after()),
             Thousands(moved));
  fmt::print("At stake in the book {} -> {}; {} levels of risk change; the review would propose {} -> {} clients.\n",
             Text(cadence.at_stake_before()), Text(cadence.at_stake_after()), Thousands(cadence.levels_size()),
             Thousands(answer.proposed_before()), Thousands(answer.proposed_after()));
}

// Potential and prices: said only where the policy moves them.
void PrintPrices(const q::WhatIfResponse& answer) {
  if (answer.has_potential_before()) {
    fmt::print("Potential of the book {} -> {}: {} clients.\n", Text(answer.potential_before()),
               Text(answer.potential_after()), Thousands(answer.potentials_size()));
  }
  const std::string draining_before = Text(answer.draining_before().cost());
  const std::string draining_after = Text(answer.draining_after().cost());
  if (draining_before != draining_after) {
    fmt::print("Draining clients cost the others {} -> {} a year.\n", draining_before, draining_after);
  }
  const q::Economics& before = answer.economics_before();
  const q::Economics& after = answer.economics_after();
  if (before.SerializeAsString() != after.SerializeAsString()) {
    fmt::print("Replacing the {} that went costs {} -> {}, keeping them would have cost {} to {} -> {} to {};\n",
               Thousands(after.gone_clients()), Text(before.replacing()), Text(after.replacing()),
               Text(before.keeping_low()), Text(before.keeping_high()), Text(after.keeping_low()),
               Text(after.keeping_high()));
    fmt::print("five points of retention bring {} -> {}.\n", Text(before.five_points()), Text(after.five_points()));
  }
  if (answer.retention_goal_before() != answer.retention_goal_after()) {
    fmt::print("Goal of retention {} -> {}.\n", Percent(answer.retention_goal_before()),
               Percent(answer.retention_goal_after()));
  }
}

// The first rows of a list, and how many there are more.
template <class Rows, class CellsOf>
void PrintRows(Table table, const Rows& rows, std::size_t limit, const Terminal& terminal, const CellsOf& cells_of) {
  if (rows.empty()) return;
  const auto all = static_cast<std::size_t>(rows.size());
  const std::size_t shown = limit == 0 ? all : std::min(limit, all);
  for (std::size_t i = 0; i < shown; ++i) table.Add(cells_of(rows.Get(static_cast<int>(i))));
  std::cout << '\n' << table.Render(terminal);
  if (shown < all) fmt::print("and {} more (--limit)\n", Thousands(static_cast<long long>(all - shown)));
}

std::string Day(bool known, const std::string& day) { return known ? day : "-"; }

void PrintWhatIf(const q::WhatIfResponse& answer, std::size_t limit, const Terminal& terminal) {
  PrintFigures(answer);
  PrintPrices(answer);
  const Column client{"client", Align::kLeft, true};
  PrintRows(Table({client, {"from"}, {"to"}, {"revenue", Align::kRight}, {"at stake", Align::kRight}}), answer.moves(),
            limit, terminal, [](const q::WhatIfMove& row) {
              return std::vector{row.client(), row.from(), row.to(), Text(row.revenue()),
                                 row.has_at_stake() ? Text(row.at_stake()) : "-"};
            });
  PrintRows(Table({client, {"persona"}, {"would be"}}), answer.personas(), limit, terminal,
            [](const q::WhatIfPersona& row) {
              return std::vector{row.client(), row.from(), row.to()};
            });
  PrintRows(
      Table({client, {"recommended"}, {"would be"}}), answer.advice(), limit, terminal, [](const q::WhatIfAdvice& row) {
        return std::vector<std::string>{row.client(), row.has_from() ? row.from() : "-", row.has_to() ? row.to() : "-"};
      });
  PrintRows(Table({client, {"potential", Align::kRight}, {"would be", Align::kRight}}), answer.potentials(), limit,
            terminal, [](const q::WhatIfPotential& row) {
              return std::vector<std::string>{row.client(), Text(row.from()), Text(row.to())};
            });
  PrintRows(Table({client, {"tier"}, {"due"}, {"would be"}, {"overdue"}, {"would be"}, {"at once"}}),
            answer.cadence().schedules(), limit, terminal, [](const q::WhatIfSchedule& row) {
              const char* at_once = row.becomes_overdue() ? "overdue" : row.falls_due() ? "due" : "";
              return std::vector<std::string>{row.client(),
                                              row.tier(),
                                              Day(row.has_due_before(), row.due_before()),
                                              Day(row.has_due_after(), row.due_after()),
                                              Day(row.has_overdue_before(), row.overdue_before()),
                                              Day(row.has_overdue_after(), row.overdue_after()),
                                              at_once};
            });
  PrintRows(Table({client, {"risk"}, {"would be"}}), answer.cadence().levels(), limit, terminal,
            [](const q::WhatIfLevel& row) {
              return std::vector{row.client(), row.from(), row.to()};
            });
  PrintRows(Table({client, {"review", Align::kLeft, true}, {"revenue", Align::kRight}}), answer.proposals(), limit,
            terminal, [](const q::WhatIfProposal& row) {
              return std::vector<std::string>{row.client(),
                                              row.proposed() ? "would be proposed" : "would not be proposed any more",
                                              Text(row.revenue())};
            });
}

int WhatIf(Invocation& invocation, const WhatIfOptions& options) {
  q::WhatIfRequest request;
  *request.mutable_query() = invocation.Book();
  if (options.tiers && options.tiers->empty()) {
    return invocation.Report(InvalidField("--tiers", "it must be pareto, split a/b/c or revenue").value());
  }
  if (options.tiers) request.set_tiers(*options.tiers);
  const auto settings = ParseSettings(options.settings);
  if (!settings) return invocation.Report(settings.error());
  request.mutable_thresholds()->insert(settings->begin(), settings->end());
  if (options.minutes >= 0) request.set_minutes_per_week(options.minutes);
  auto orders = AskForOrderParameters(invocation);
  if (!orders) return invocation.Report(orders.error());
  *request.mutable_orders() = *std::move(orders);
  auto answer = Call<SegmentationService>(invocation, &SegmentationService::Stub::WhatIf, request);
  if (!answer) return invocation.Report(answer.error());
  if (auto joined = JoinAtStake(invocation, *answer); !joined) return invocation.Report(joined.error());
  if (auto joined = JoinCadence(invocation, request, *answer); !joined) return invocation.Report(joined.error());
  if (invocation.json()) {
    invocation.PrintJson(*answer);
  } else {
    PrintWhatIf(*answer, invocation.Limit(options.limit), invocation.terminal());
  }
  return kDone;
}

}  // namespace

void AddWhatIfCommand(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("what-if", "A policy tried on the live book; nothing is changed");
  command->footer(
      "Example: mainstay what-if --tiers 'split 20/20/60' --minutes-per-week 600\n"
      "         mainstay what-if --set interval_a_days=14");
  invocation.AddBookOptions(*command);
  auto options = std::make_shared<WhatIfOptions>();
  command->add_option("--tiers", options->tiers, "pareto, 'split A/B/C' or revenue");
  command->add_option("--set", options->settings, "Another value of `policy get`, as name=number (may be repeated)");
  command->add_option("--minutes-per-week", options->minutes, "All reps' minutes")->check([](const std::string& text) {
    return text.starts_with('-') ? "it must be 0 or more" : std::string();
  });
  command->add_option("--limit", options->limit, "Rows of each list (default: what fits; all with --json)");
  command->callback(
      [&invocation, options] { invocation.Choose([&invocation, options] { return WhatIf(invocation, *options); }); });
}

}  // namespace mainstay::cli
