// what-if: a policy tried on the live book. Segmentation says who would move; cadence, what of theirs is at stake.
#include <fmt/format.h>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

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
  std::string tiers;
  std::vector<std::string> settings;
  std::int64_t minutes = -1;
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

std::string Slots(bool known, std::int64_t slots) { return known ? Thousands(slots) : "-"; }

void PrintWhatIf(const q::WhatIfResponse& answer, const Terminal& terminal) {
  fmt::print("With tiers {}: {} clients move, {} of revenue{}.\n", answer.tiers(), Thousands(answer.moves_size()),
             Text(answer.revenue_moved()),
             answer.has_at_stake_moved() ? ", " + Text(answer.at_stake_moved()) + " of it at stake" : "");
  fmt::print("Calls a week {} -> {}; minutes a week {} -> {}; free slots {} -> {}.\n",
             Fixed(answer.calls_per_week_before(), 1), Fixed(answer.calls_per_week_after(), 1),
             Fixed(answer.minutes_per_week_before(), 0), Fixed(answer.minutes_per_week_after(), 0),
             Slots(answer.has_free_slots_before(), answer.free_slots_before()),
             Slots(answer.has_free_slots_after(), answer.free_slots_after()));
  Table moves(
      {{"client", Align::kLeft, true}, {"from"}, {"to"}, {"revenue", Align::kRight}, {"at stake", Align::kRight}});
  for (const q::WhatIfMove& row : answer.moves()) {
    moves.Add(
        {row.client(), row.from(), row.to(), Text(row.revenue()), row.has_at_stake() ? Text(row.at_stake()) : "-"});
  }
  if (!moves.empty()) std::cout << '\n' << moves.Render(terminal);
  Table personas({{"client", Align::kLeft, true}, {"persona"}, {"would be"}});
  for (const q::WhatIfPersona& row : answer.personas()) personas.Add({row.client(), row.from(), row.to()});
  if (!personas.empty()) std::cout << '\n' << personas.Render(terminal);
}

int WhatIf(Invocation& invocation, const WhatIfOptions& options) {
  q::WhatIfRequest request;
  *request.mutable_query() = invocation.Book();
  if (!options.tiers.empty()) request.set_tiers(options.tiers);
  const auto settings = ParseSettings(options.settings);
  if (!settings) return invocation.Report(settings.error());
  request.mutable_thresholds()->insert(settings->begin(), settings->end());
  if (options.minutes >= 0) request.set_minutes_per_week(options.minutes);
  auto answer = Call<SegmentationService>(invocation, &SegmentationService::Stub::WhatIf, request);
  if (!answer) return invocation.Report(answer.error());
  if (auto joined = JoinAtStake(invocation, *answer); !joined) return invocation.Report(joined.error());
  if (invocation.json()) {
    invocation.PrintJson(*answer);
  } else {
    PrintWhatIf(*answer, invocation.terminal());
  }
  return kDone;
}

}  // namespace

void AddWhatIfCommand(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("what-if", "A policy tried on the live book; nothing is changed");
  command->footer("Example: mainstay what-if --tiers 'split 20/20/60' --minutes-per-week 600");
  invocation.AddBookOptions(*command);
  auto options = std::make_shared<WhatIfOptions>();
  command->add_option("--tiers", options->tiers, "pareto, 'split A/B/C' or revenue");
  command->add_option("--set", options->settings, "Another value of `policy get`, as name=number (may be repeated)");
  command->add_option("--minutes-per-week", options->minutes, "All reps' minutes")->check(CLI::NonNegativeNumber);
  command->callback(
      [&invocation, options] { invocation.Choose([&invocation, options] { return WhatIf(invocation, *options); }); });
}

}  // namespace mainstay::cli
