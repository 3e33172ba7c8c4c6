// personas: what the book has of each, and the questions they are asked for.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "answering.h"
#include "commands.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "money_text.h"
#include "table.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;

void PrintAnswers(const q::GetPersonasResponse& answer) {
  if (answer.has_all_like_the_best()) {
    const q::AllLikeTheBest& all = answer.all_like_the_best();
    fmt::print("\nIf all were like the best: {} of revenue instead of {}, {} minutes a year instead of {}.\n",
               Text(all.revenue()), Text(all.revenue_now()), Thousands(std::llround(all.minutes())),
               Thousands(all.minutes_now()));
  }
  if (answer.has_draining()) {
    const q::DrainingCost& draining = answer.draining();
    fmt::print(
        "Draining clients take {} minutes more than is usual for their revenue. They leave {}; with others the\n"
        "same minutes would leave {}: they cost the others {} a year.\n",
        Thousands(std::llround(draining.excess_minutes())), Text(draining.contribution()), Text(draining.elsewhere()),
        Text(draining.cost()));
  }
}

void PrintPersonas(const q::GetPersonasResponse& answer, Invocation& invocation) {
  if (answer.personas().empty()) {
    fmt::print("No personas: the book has too few paying clients (policy value persona_min_clients).\n");
    return;
  }
  Table table({{"persona"},
               {"clients", Align::kRight},
               {"revenue", Align::kRight},
               {"share", Align::kRight},
               {"minutes a year", Align::kRight},
               {"share", Align::kRight}});
  for (const q::PersonaTotal& row : answer.personas()) {
    table.Add({row.persona(), Thousands(row.clients()), Text(row.revenue()),
               row.has_share() ? Percent(row.share()) : "-", Thousands(row.minutes()),
               row.has_minutes_share() ? Percent(row.minutes_share()) : "-"});
  }
  std::cout << table.Render(invocation.terminal());
  PrintAnswers(answer);
  if (answer.stagnant().empty()) return;
  Table stagnant({{"stagnant client", Align::kLeft, true}, {"revenue", Align::kRight}, {"last offered something"}});
  const int all = answer.stagnant_size();
  const int limit = static_cast<int>(invocation.Limit(0));
  for (int i = 0; i < (limit == 0 ? all : std::min(all, limit)); ++i) {
    const q::StagnantClient& row = answer.stagnant(i);
    stagnant.Add({row.client(), Text(row.revenue()), row.has_last_offer() ? row.last_offer().substr(0, 10) : "never"});
  }
  std::cout << '\n' << stagnant.Render(invocation.terminal());
  if (limit > 0 && limit < all) fmt::print("and {} more (--json has all)\n", Thousands(all - limit));
}

}  // namespace

void AddPersonasCommand(CLI::App& app, Invocation& invocation) {
  auto* personas =
      app.add_subcommand("personas", "Best, draining and stagnant clients, and what they cost and could be");
  personas->footer("Example: mainstay personas --book north");
  invocation.AddBookOptions(*personas);
  personas->callback([&invocation] {
    invocation.Choose([&invocation] {
      q::GetPersonasRequest request;
      *request.mutable_query() = invocation.Book();
      using Service = q::SegmentationService;
      return Print<q::GetPersonasResponse>(invocation, Call<Service>(invocation, &Service::Stub::GetPersonas, request),
                                           PrintPersonas);
    });
  });
}

}  // namespace mainstay::cli
