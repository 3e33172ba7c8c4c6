#include "what_if.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "health_query.h"
#include "mainstay/segmentation/book_index.h"
#include "mainstay/segmentation/capacity.h"
#include "mainstay/segmentation/review.h"
#include "persona_query.h"
#include "potential_answer.h"

namespace mainstay::segmentation {
namespace {

namespace q = query::v1;
using door::SetMoney;

// Clients and revenue of each tier.
struct TierSums {
  std::array<std::size_t, 4> clients{};
  std::array<Money, 4> revenue{};

  void Add(Tier tier, Money money) {
    ++clients[static_cast<std::size_t>(tier)];
    if (tier != Tier::kNone) revenue[static_cast<std::size_t>(tier)] += money;
  }
};

void FillSums(const TierSums& sums, const Currency& currency, google::protobuf::RepeatedPtrField<q::TierSummary>& out) {
  const Money all = sums.revenue[1] + sums.revenue[2] + sums.revenue[3];
  for (const Tier tier : {Tier::kA, Tier::kB, Tier::kC}) {
    const auto i = static_cast<std::size_t>(tier);
    q::TierSummary& row = *out.Add();
    row.set_tier(std::string(TierName(tier)));
    row.set_clients(static_cast<std::int64_t>(sums.clients[i]));
    SetMoney(sums.revenue[i], currency, *row.mutable_revenue());
    if (all > Money{}) row.set_share(static_cast<double>(sums.revenue[i].units()) / static_cast<double>(all.units()));
  }
}

// A policy tried on a book, against the one it has.
struct Trial {
  BookRecord record;           // The book's, with what is tried.
  bool decides_tiers = false;  // It names tiers, or other rules of how they follow the ranking.
  [[nodiscard]] const PolicyValues& values() const { return record.values; }
};

Result<Trial> TrialOf(const BookRecord& book, const q::WhatIfRequest& request) {
  Trial trial{book, request.has_tiers()};
  if (request.has_tiers()) {
    MAINSTAY_TRY_ASSIGN(asked, ParseTierPolicy(request.tiers()));
    trial.record.policy = asked;
  }
  const std::map<std::string, double> thresholds(request.thresholds().begin(), request.thresholds().end());
  MAINSTAY_TRY_ASSIGN(values, WithThresholds(book.values, thresholds));
  trial.record.values = values;
  for (const auto& [name, value] : thresholds) trial.record.thresholds[name] = value;
  trial.decides_tiers |= RulesOf(values) != RulesOf(book.values);
  return trial;
}

// Exactly what the processor does with a PolicySet that decides tiers, client by client.
Tier TierUnder(const Book& book, const Trial& trial, const BookIndex& index, const KnownClient& client) {
  if (!trial.decides_tiers) return client.record.tier.tier;
  TierInput input;
  input.trigger = TierTrigger::kPolicySet;
  input.now = book.view.at;
  input.revenue = client.record.window.trailing;
  input.rank_tier = index.RankTierOf(client.id, input.revenue);
  input.lines = index.lines();
  input.grace_until = client.record.grace_until(trial.values());
  input.rules = RulesOf(trial.values());
  input.settling = Settles(book.record.phase, book.view.at);
  return DecideTier(client.record.tier, input).next.tier;
}

void FillPersonaMove(const Book& book, const PolicyValues& values, const KnownClient& client, q::WhatIfResponse& out) {
  const Persona from = book.PersonaOf(client.record).persona;
  const Persona to = book.PersonaOf(client.record, values).persona;
  if (from == to) return;
  q::WhatIfPersona& row = *out.add_personas();
  row.set_client(client.id.raw());
  row.set_from(std::string(PersonaName(from)));
  row.set_to(std::string(PersonaName(to)));
}

// What is recommended for a draining client; empty for any other.
std::string AdviceUnder(const Book& book, const PolicyValues& values, const ClientRecord& client) {
  if (book.PersonaOf(client, values).persona != Persona::kDraining) return {};
  return Recommend(client.persona_facts(book.view.at), *book.totals.lines, values).action;
}

void FillAdvice(const Book& book, const PolicyValues& values, const KnownClient& client, q::WhatIfResponse& out) {
  const std::string from = AdviceUnder(book, book.record.values, client.record);
  const std::string to = AdviceUnder(book, values, client.record);
  if (from == to) return;
  q::WhatIfAdvice& row = *out.add_advice();
  row.set_client(client.id.raw());
  if (!from.empty()) row.set_from(from);
  if (!to.empty()) row.set_to(to);
}

// Whom the review would propose if the quarter ended now.
Result<void> FillProposed(const Book& book, const PolicyValues& values, const BookIndex& index,
                          q::WhatIfResponse& out) {
  MAINSTAY_TRY_ASSIGN(shielded, EntriesBelow(*book.view.snapshot, kProtected, book.view.book.raw() + '\0'));
  std::set<std::string> protected_clients;
  for (auto& [client, why] : shielded) protected_clients.insert(std::move(client));
  for (const KnownClient& client : book.clients) {
    const Money revenue = client.record.window.trailing;
    const auto rank = index.RankOf(client.id, revenue);
    if (!rank) continue;
    const auto proposes = [&](const PolicyValues& policy) {
      const ReviewFacts facts{*rank, client.record.grace_until(policy), protected_clients.contains(client.id.raw()),
                              client.record.is_served()};
      return ProposesLowerService(facts, index.ranking().size(), book.view.at, policy);
    };
    const bool before = proposes(book.record.values);
    const bool after = proposes(values);
    out.set_proposed_before(out.proposed_before() + before);
    out.set_proposed_after(out.proposed_after() + after);
    if (before == after) continue;
    q::WhatIfProposal& row = *out.add_proposals();
    row.set_client(client.id.raw());
    row.set_proposed(after);
    SetMoney(revenue, book.currency(), *row.mutable_revenue());
  }
  return {};
}

// What the tiers ask of the reps, and how many clients their minutes serve.
Result<void> FillEffort(const Book& book, const Trial& trial, std::optional<std::int64_t> cap, const TierCounts& before,
                        const TierCounts& after, q::WhatIfResponse& out) {
  const PolicyValues& now = book.record.values;
  const CadenceTerms terms_now = TermsOf(now);
  const CadenceTerms terms = TermsOf(trial.values());
  out.set_calls_per_week_before(CallsPerWeek(before, terms_now));
  out.set_calls_per_week_after(CallsPerWeek(after, terms));
  out.set_calls_per_week_52_before(CallsPerWeekOfYear(before, terms_now));
  out.set_calls_per_week_52_after(CallsPerWeekOfYear(after, terms));
  out.set_minutes_per_week_before(out.calls_per_week_before() * now.minutes_per_call);
  out.set_minutes_per_week_after(out.calls_per_week_after() * trial.values().minutes_per_call);
  MAINSTAY_TRY_ASSIGN(minutes, book.Minutes());
  const std::int64_t tried = cap.value_or(minutes.per_week);
  if (const auto slots = SlotsFor(minutes.per_week, before, now)) out.set_slots_before(*slots);
  if (const auto slots = SlotsFor(tried, after, trial.values())) out.set_slots_after(*slots);
  if (const auto free = FreeSlots(minutes.per_week, before, now)) out.set_free_slots_before(*free);
  if (const auto free = FreeSlots(tried, after, trial.values())) out.set_free_slots_after(*free);
  return {};
}

// Whom the tiers lose and gain, client by client, and what that asks of the reps.
Result<void> FillMoves(const Book& book, const Trial& trial, const BookIndex& index, std::optional<std::int64_t> cap,
                       q::WhatIfResponse& out) {
  TierSums before;
  TierSums after;
  TierCounts calls_before;
  TierCounts calls_after;
  Money moved;
  for (const KnownClient& client : book.clients) {
    const Money revenue = client.record.window.trailing;
    const Tier from = client.record.tier.tier;
    const Tier to = TierUnder(book, trial, index, client);
    before.Add(from, revenue);
    after.Add(to, revenue);
    calls_before.Add(book.CadenceOf(client.record, from));
    calls_after.Add(book.CadenceOf(client.record, to));
    if (from == to) continue;
    moved += revenue;
    q::WhatIfMove& row = *out.add_moves();
    row.set_client(client.id.raw());
    row.set_from(std::string(TierName(from)));
    row.set_to(std::string(TierName(to)));
    SetMoney(revenue, book.currency(), *row.mutable_revenue());
  }
  FillSums(before, book.currency(), *out.mutable_before());
  FillSums(after, book.currency(), *out.mutable_after());
  SetMoney(moved, book.currency(), *out.mutable_revenue_moved());
  return FillEffort(book, trial, cap, calls_before, calls_after, out);
}

// What draining clients take from the others; nothing if there is none.
std::optional<q::DrainingCost> DrainingUnder(const Book& book, const PolicyValues& values) {
  std::vector<PersonaClient> paying;
  for (const KnownClient& client : book.clients) {
    if (client.record.window.trailing > Money{}) paying.push_back(PersonaClientOf(book, client, values));
  }
  const PersonaAnswers answers = AnswerPersonas(paying, book.totals.lines, values);
  if (!answers.HasDraining()) return std::nullopt;
  q::DrainingCost cost;
  FillDraining(answers, book.currency(), cost);
  return cost;
}

// What is the same for whoever moves: prices and goals.
void FillPrices(const Book& book, const Trial& trial, q::WhatIfResponse& out) {
  if (const auto cost = DrainingUnder(book, book.record.values)) *out.mutable_draining_before() = *cost;
  if (const auto cost = DrainingUnder(book, trial.values())) *out.mutable_draining_after() = *cost;
  const BookHealth health = HealthOf(book);
  FillEconomics(book, book.record, health, *out.mutable_economics_before());
  FillEconomics(book, trial.record, health, *out.mutable_economics_after());
  out.set_retention_goal_before(book.record.values.retention_goal);
  out.set_retention_goal_after(trial.values().retention_goal);
}

// Lifetime potential, if the policy looks further ahead or discounts otherwise.
Result<void> FillPotentials(const Book& book, const PolicyValues& values, const VersionedExpectation& model,
                            q::WhatIfResponse& out) {
  const PolicyValues& now = book.record.values;
  if (now.discount == values.discount && now.horizon_years == values.horizon_years) return {};
  Money before;
  Money after;
  for (const KnownClient& client : book.clients) {
    Money open;
    if (client.record.potential_at) {
      MAINSTAY_TRY_ASSIGN(cells, ReadClientCells(book, client.id));
      open = cells.OpenYearly();
    }
    const auto from = PotentialOf(client.record, open, book.view.at, model.expected, now).total();
    const auto to = PotentialOf(client.record, open, book.view.at, model.expected, values).total();
    if (const auto sum = CheckedAdd(before, from.value_or(Money{}))) before = *sum;
    if (const auto sum = CheckedAdd(after, to.value_or(Money{}))) after = *sum;
    if (from == to) continue;
    q::WhatIfPotential& row = *out.add_potentials();
    row.set_client(client.id.raw());
    if (from) SetMoney(*from, book.currency(), *row.mutable_from());
    if (to) SetMoney(*to, book.currency(), *row.mutable_to());
  }
  SetMoney(before, book.currency(), *out.mutable_potential_before());
  SetMoney(after, book.currency(), *out.mutable_potential_after());
  return {};
}

}  // namespace

Result<void> AnswerWhatIf(const app::StateReader& state, const stream::Topology& topology,
                          const q::WhatIfRequest& request, q::WhatIfResponse& out) {
  if (request.has_minutes_per_week() && request.minutes_per_week() < 0) {
    return InvalidField("minutes_per_week", "it must not be negative");
  }
  MAINSTAY_TRY_ASSIGN(book, ReadBookWithClients(state, request.query()));
  MAINSTAY_TRY_ASSIGN(trial, TrialOf(book.record, request));
  MAINSTAY_TRY_ASSIGN(model, ExpectationOf(book, request));
  door::FillHead(topology, book.view, out);
  out.set_tiers(FormatTierPolicy(trial.record.policy));
  BookIndex index(trial.record.policy);
  for (const KnownClient& client : book.clients) index.Restore(client.id, client.record.window.trailing);
  FillPrices(book, trial, out);  // Health asks for the clients by id; the lists below are by rank.
  std::stable_sort(book.clients.begin(), book.clients.end(), [](const KnownClient& a, const KnownClient& b) {
    return a.record.window.trailing > b.record.window.trailing;
  });
  std::optional<std::int64_t> cap;
  if (request.has_minutes_per_week()) cap = request.minutes_per_week();
  MAINSTAY_TRY(FillMoves(book, trial, index, cap, out));
  for (const KnownClient& client : book.clients) {
    FillPersonaMove(book, trial.values(), client, out);
    FillAdvice(book, trial.values(), client, out);
  }
  MAINSTAY_TRY(FillPotentials(book, trial.values(), model, out));
  return FillProposed(book, trial.values(), index, out);
}

}  // namespace mainstay::segmentation
