#include "persona_query.h"

#include <vector>

namespace mainstay::segmentation {
namespace {

namespace q = query::v1;
using door::SetMoney;

void FillTotals(const PersonaAnswers& answers, const Currency& currency, q::GetPersonasResponse& out) {
  for (const PersonaTotal& total : answers.totals) {
    q::PersonaTotal& row = *out.add_personas();
    row.set_persona(std::string(PersonaName(total.persona)));
    row.set_clients(total.clients);
    SetMoney(total.revenue, currency, *row.mutable_revenue());
    if (total.share) row.set_share(*total.share);
    row.set_minutes(total.minutes);
    if (total.minutes_share) row.set_minutes_share(*total.minutes_share);
  }
}

void FillStagnant(const PersonaAnswers& answers, const Currency& currency, q::GetPersonasResponse& out) {
  for (const StagnantClient& client : answers.stagnant) {
    q::StagnantClient& row = *out.add_stagnant();
    row.set_client(client.id.raw());
    SetMoney(client.revenue, currency, *row.mutable_revenue());
    if (client.last_offer) row.set_last_offer(FormatInstant(*client.last_offer));
  }
}

}  // namespace

PersonaClient PersonaClientOf(const Book& book, const KnownClient& client, const PolicyValues& policy) {
  const ClientRecord& record = client.record;
  return {client.id, book.PersonaOf(record, policy).persona, record.persona_facts(book.view.at), record.last_offer_at};
}

void FillDraining(const PersonaAnswers& answers, const Currency& currency, q::DrainingCost& out) {
  out.set_excess_minutes(answers.draining.excess_minutes);
  SetMoney(answers.draining.contribution, currency, *out.mutable_contribution());
  SetMoney(answers.draining.elsewhere, currency, *out.mutable_elsewhere());
  SetMoney(answers.draining.cost, currency, *out.mutable_cost());
}

Result<void> AnswerPersonaQuestions(const app::StateReader& state, const stream::Topology& topology,
                                    const q::GetPersonasRequest& request, q::GetPersonasResponse& out) {
  MAINSTAY_TRY_ASSIGN(book, ReadBook(state, request.query()));
  door::FillHead(topology, book.view, out);
  std::vector<PersonaClient> clients;
  Money revenue;
  std::int64_t minutes = 0;
  MoneyOfAll all;
  MAINSTAY_TRY(ForClients(book.view, [&](const KnownClient& client) {
    all.Add(client.record);
    if (!all.Fits()) return false;
    if (client.record.window.trailing <= Money{}) return true;
    clients.push_back(PersonaClientOf(book, client, book.record.values));
    revenue += client.record.window.trailing;
    minutes += client.record.minutes;
    return true;
  }));
  MAINSTAY_TRY(all.Fits());
  const PersonaAnswers answers = AnswerPersonas(clients, book.totals.lines, book.record.values);
  const Currency& currency = book.currency();
  FillTotals(answers, currency, out);
  FillStagnant(answers, currency, out);
  if (answers.all_like_the_best) {
    q::AllLikeTheBest& best = *out.mutable_all_like_the_best();
    SetMoney(answers.all_like_the_best->revenue, currency, *best.mutable_revenue());
    SetMoney(revenue, currency, *best.mutable_revenue_now());
    best.set_minutes(answers.all_like_the_best->minutes);
    best.set_minutes_now(minutes);
  }
  if (answers.HasDraining()) FillDraining(answers, currency, *out.mutable_draining());
  return {};
}

}  // namespace mainstay::segmentation
