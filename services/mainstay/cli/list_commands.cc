// gaps, proof: what is missing with which clients, and whether the practice works.
#include <fmt/format.h>

#include <array>
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

struct NamedList {
  const char* title;
  const char* since;
  const q::GapList* list;
};

void PrintGaps(const q::ListGapsResponse& answer, Invocation& invocation) {
  const std::array<NamedList, 5> lists = {
      {{"Sold and forgotten: a sale and no touch since", "sale", &answer.sell_and_forget()},
       {"No survey in 12 months", "last survey", &answer.no_survey()},
       {"No goal on file", "", &answer.no_goal()},
       {"Only one contact touched in 12 months", "contact", &answer.one_contact()},
       {"No offer in 12 months", "last offer", &answer.no_offer()}}};
  const std::uint32_t fits = invocation.Limit(0);
  for (const NamedList& named : lists) {
    fmt::print("{}: {}\n", named.title, Thousands(named.list->count()));
    Table table({{"client", Align::kLeft, true}, {"tier"}, {"owner"}, {named.since}});
    std::uint32_t left = fits / static_cast<std::uint32_t>(lists.size()) + 1;
    for (const q::GapRow& row : named.list->rows()) {
      if (fits != 0 && left-- == 0) break;
      const std::string since = row.has_since() ? row.since().substr(0, 10) : row.has_contact() ? row.contact() : "-";
      table.Add({row.client(), row.tier(), row.owner(), since});
    }
    if (!table.empty()) std::cout << table.Render(invocation.terminal());
    fmt::print("\n");
  }
}

void PrintProof(const q::GetProofResponse& answer, Invocation& invocation) {
  fmt::print("{} emergencies in the past 365 days; {} of them came after a week or more above LOW.\n\n",
             Thousands(answer.emergencies().count()), Thousands(answer.caught().count()));
  Table tiers({{"tier"},
               {"clients", Align::kRight},
               {"competitor calls", Align::kRight},
               {"footholds", Align::kRight},
               {"referrals", Align::kRight}});
  for (const q::TierProof& row : answer.tiers()) {
    tiers.Add({row.tier(), Thousands(row.clients()), Thousands(row.competitor_calls().count()),
               Thousands(row.footholds().count()), Thousands(row.referrals().count())});
  }
  Table ratios({{"source"},
                {"won", Align::kRight},
                {"lost", Align::kRight},
                {"open", Align::kRight},
                {"close ratio", Align::kRight},
                {"between"}});
  for (const q::SourceRatio& row : answer.close_ratios()) {
    ratios.Add({row.source(), Thousands(row.won()), Thousands(row.lost()), Thousands(row.open()),
                Percent(row.close_ratio()),
                fmt::format("{} and {}", Percent(row.interval(0)), Percent(row.interval(1)))});
  }
  std::cout << tiers.Render(invocation.terminal()) << "\n" << ratios.Render(invocation.terminal());
  if (answer.effort().has_present_share()) {
    fmt::print("\nWinning and keeping: {} minutes of touches and deals before a client's first order, {} since ({}).\n",
               Thousands(answer.effort().new_minutes()), Thousands(answer.effort().present_minutes()),
               Percent(answer.effort().present_share()));
  }
}

}  // namespace

void AddListCommands(CLI::App& app, Invocation& invocation) {
  auto* gaps = app.add_subcommand("gaps", "What is missing: touches, surveys, goals, contacts, offers");
  gaps->footer("Example: mainstay gaps --json");
  invocation.AddBookOptions(*gaps);
  gaps->callback([&invocation] {
    invocation.Choose([&invocation] {
      q::ListGapsRequest request;
      *request.mutable_query() = invocation.Book();
      return Print<q::ListGapsResponse>(
          invocation, Call<CadenceService>(invocation, &CadenceService::Stub::ListGaps, request), PrintGaps);
    });
  });
  auto* proof = app.add_subcommand("proof", "Did it work: emergencies foreseen, footholds, referrals, close ratios");
  proof->footer("Example: mainstay proof --book north --json");
  invocation.AddBookOptions(*proof);
  proof->callback([&invocation] {
    invocation.Choose([&invocation] {
      q::GetProofRequest request;
      *request.mutable_query() = invocation.Book();
      return Print<q::GetProofResponse>(
          invocation, Call<CadenceService>(invocation, &CadenceService::Stub::GetProof, request), PrintProof);
    });
  });
}

}  // namespace mainstay::cli
