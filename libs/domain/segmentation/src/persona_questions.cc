#include "mainstay/segmentation/persona_questions.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace mainstay::segmentation {
namespace {

constexpr std::array<Persona, 4> kPersonas = {Persona::kBest, Persona::kDraining, Persona::kStagnant,
                                              Persona::kUnclassified};

std::optional<double> Part(double part, double all) { return all > 0 ? std::optional(part / all) : std::nullopt; }
double Number(std::int64_t value) { return static_cast<double>(value); }

void AddCost(const PersonaFacts& facts, const EffortLines& lines, const PolicyValues& policy, DrainingCost& cost) {
  // Minutes count from one up, as EffortOf() counts them.
  const double ratio = EffortRatio(EffortOf(facts.minutes, facts.revenue), lines.median);
  const double usual = (Number(facts.minutes) + 1) / ratio - 1;
  cost.excess_minutes += std::max(0.0, Number(facts.minutes) - std::max(0.0, usual));
  const Recommendation advice = Recommend(facts, lines, policy);
  const auto add = [](Money& sum, RevenueSum more) { sum = ClampedMoney(sum.units() + more); };
  add(cost.contribution, advice.contribution.units());
  add(cost.elsewhere, advice.elsewhere.units());
  const RevenueSum loss = RevenueSum{advice.elsewhere.units()} - advice.contribution.units();
  add(cost.cost, std::max<RevenueSum>(loss, 0));
}

}  // namespace

PersonaAnswers AnswerPersonas(std::span<const PersonaClient> clients, const std::optional<EffortLines>& lines,
                              const PolicyValues& policy) {
  PersonaAnswers answers;
  Money revenue;
  std::int64_t minutes = 0;
  std::int64_t with_persona = 0;
  std::array<PersonaTotal, kPersonas.size()> totals;
  for (std::size_t i = 0; i < totals.size(); ++i) totals[i].persona = kPersonas[i];
  for (const PersonaClient& client : clients) {
    revenue += client.facts.revenue;
    minutes += client.facts.minutes;
    const auto place = std::find(kPersonas.begin(), kPersonas.end(), client.persona);
    if (place == kPersonas.end()) continue;
    ++with_persona;
    PersonaTotal& total = totals[static_cast<std::size_t>(place - kPersonas.begin())];
    ++total.clients;
    total.revenue += client.facts.revenue;
    total.minutes += client.facts.minutes;
    if (client.persona == Persona::kDraining && lines) AddCost(client.facts, *lines, policy, answers.draining);
    if (client.persona == Persona::kStagnant) {
      answers.stagnant.push_back({client.id, client.facts.revenue, client.last_offer});
    }
  }
  if (with_persona == 0) return answers;
  for (PersonaTotal& total : totals) {
    total.share = Part(Number(total.revenue.units()), Number(revenue.units()));
    total.minutes_share = Part(Number(total.minutes), Number(minutes));
    answers.totals.push_back(total);
  }
  const PersonaTotal& best = totals[0];
  if (best.clients > 0) {
    const double times = Number(static_cast<std::int64_t>(clients.size())) / Number(best.clients);
    answers.all_like_the_best = AllLikeTheBest{ScaleHalfUp(best.revenue, times), Number(best.minutes) * times};
  }
  std::sort(answers.stagnant.begin(), answers.stagnant.end(), [](const StagnantClient& a, const StagnantClient& b) {
    return std::tie(a.last_offer, a.id) < std::tie(b.last_offer, b.id);  // Absent comes first.
  });
  return answers;
}

}  // namespace mainstay::segmentation
