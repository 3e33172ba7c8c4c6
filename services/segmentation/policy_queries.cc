#include "policy_queries.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "mainstay/base/hash.h"
#include "mainstay/segmentation/book_index.h"
#include "mainstay/segmentation/capacity.h"
#include "mainstay/segmentation/review.h"
#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/wire/in_event.h"
#include "processor.h"
#include "quarter.h"

namespace mainstay::segmentation {
namespace {

namespace q = query::v1;
using door::SetMoney;
using stream::JoinKey;

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
  TierPolicy tiers;
  PolicyValues values;
  bool decides_tiers = false;  // It names tiers, or other rules of how they follow the ranking.
};

Result<Trial> TrialOf(const BookRecord& book, const q::WhatIfRequest& request) {
  Trial trial{book.policy, book.values, request.has_tiers()};
  if (request.has_tiers()) {
    MAINSTAY_TRY_ASSIGN(asked, ParseTierPolicy(request.tiers()));
    trial.tiers = asked;
  }
  const std::map<std::string, double> thresholds(request.thresholds().begin(), request.thresholds().end());
  MAINSTAY_TRY_ASSIGN(values, WithThresholds(book.values, thresholds));
  trial.values = values;
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
  input.grace_until = client.record.grace_until(trial.values);
  input.rules = RulesOf(trial.values);
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
  return Recommend(client.persona_facts(book.view.at), *book.totals.lines, values, book.currency()).action;
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
      const ReviewFacts facts{*rank, client.record.grace_until(policy), protected_clients.contains(client.id.raw())};
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
void FillEffort(const Book& book, const Trial& trial, std::int64_t cap, const TierCounts& before,
                const TierCounts& after, q::WhatIfResponse& out) {
  const PolicyValues& now = book.record.values;
  const CadenceTerms terms_now = TermsOf(now);
  const CadenceTerms terms = TermsOf(trial.values);
  out.set_calls_per_week_before(CallsPerWeek(before, terms_now));
  out.set_calls_per_week_after(CallsPerWeek(after, terms));
  out.set_calls_per_week_52_before(CallsPerWeekOfYear(before, terms_now));
  out.set_calls_per_week_52_after(CallsPerWeekOfYear(after, terms));
  out.set_minutes_per_week_before(out.calls_per_week_before() * now.minutes_per_call);
  out.set_minutes_per_week_after(out.calls_per_week_after() * trial.values.minutes_per_call);
  const std::int64_t minutes = book.record.minutes_per_week;
  if (const auto slots = SlotsFor(minutes, before, now)) out.set_slots_before(*slots);
  if (const auto slots = SlotsFor(cap, after, trial.values)) out.set_slots_after(*slots);
  if (const auto free = FreeSlots(minutes, before, now)) out.set_free_slots_before(*free);
  if (const auto free = FreeSlots(cap, after, trial.values)) out.set_free_slots_after(*free);
}

void FillFigures(const std::string& quarter, const state::v1::SegmentationQuarter& stored, std::int64_t clients_before,
                 const Currency& currency, q::QuarterFigures& out) {
  const auto money = [&](std::int64_t units, q::Money& to) { SetMoney(Money::FromUnits(units), currency, to); };
  out.set_quarter(quarter);
  out.set_clients(stored.clients());
  money(stored.revenue_units(), *out.mutable_revenue());
  out.set_line_80_clients(stored.line_80_clients());
  money(stored.above_line_units(), *out.mutable_above_line());
  out.set_slots(stored.slots());
  const std::int64_t used = std::min(stored.clients(), stored.slots() > 0 ? stored.slots() : stored.clients());
  if (used > 0) money(stored.revenue_units() / used, *out.mutable_revenue_per_slot());
  out.set_new_clients(stored.new_clients());
  money(stored.new_units(), *out.mutable_new_revenue());
  out.set_gone_clients(stored.gone_clients());
  money(stored.gone_units(), *out.mutable_gone_revenue());
  if (clients_before > 0) {
    out.set_retention(1 - static_cast<double>(stored.gone_clients()) / static_cast<double>(clients_before));
  }
}

using Quarters = std::map<std::string, state::v1::SegmentationQuarter>;

Result<Quarters> ReadQuarters(const Book& book) {
  MAINSTAY_TRY_ASSIGN(entries, EntriesBelow(*book.view.snapshot, kQuarters, book.view.book.raw() + '\0'));
  Quarters quarters;
  for (const auto& [quarter, bytes] : entries) {
    if (!quarters[quarter].ParseFromString(bytes)) return Fail(ErrorCode::kDataLoss, "a stored quarter is damaged");
  }
  return quarters;
}

Result<void> FillProposals(const Book& book, const std::string& quarter, q::GetReviewResponse& out) {
  const std::string prefix = JoinKey({book.view.book.raw(), quarter}) + '\0';
  MAINSTAY_TRY_ASSIGN(reviews, EntriesBelow(*book.view.snapshot, kReviews, prefix));
  for (const auto& [client, bytes] : reviews) {
    state::v1::SegmentationReview stored;
    if (!stored.ParseFromString(bytes)) return Fail(ErrorCode::kDataLoss, "a stored review is damaged");
    q::ReviewProposal& row = *out.add_rows();
    row.set_client(client);
    row.set_proposal(stored.proposal());
    row.set_reason(stored.reason());
    SetMoney(Money::FromUnits(stored.revenue_units()), book.currency(), *row.mutable_revenue());
    if (!stored.has_decision()) continue;
    row.set_decision(stored.decision());
    row.set_by(stored.by());
    if (!stored.why().empty()) row.set_why(stored.why());
    if (!stored.hand_to().empty()) row.set_hand_to(stored.hand_to());
    row.set_decided_at(FormatInstant(FromMs(stored.decided_ms())));
  }
  return {};
}

// Who stands elsewhere now than when the quarter ended; the furthest first, ties by id.
Result<void> FillMovement(const Book& book, const std::string& quarter, q::GetReviewResponse& out) {
  std::vector<q::Movement> moved;
  Result<void> read{};
  MAINSTAY_TRY(book.ForRows([&](const ParetoRow& row) {
    const Result<std::optional<std::string>> bytes =
        book.view.snapshot->Get(kRanks, JoinKey({book.view.book.raw(), row.client.raw(), quarter}));
    if (!bytes) read = tl::unexpected(bytes.error());
    if (!bytes) return false;
    state::v1::SegmentationRank then;
    if (!*bytes || !then.ParseFromString(**bytes) || then.rank() == static_cast<std::int64_t>(row.rank)) return true;
    q::Movement movement;
    movement.set_client(row.client.raw());
    movement.set_rank_before(then.rank());
    movement.set_rank(static_cast<std::int64_t>(row.rank));
    movement.set_tier_before(std::string(TierName(static_cast<Tier>(then.tier()))));
    movement.set_tier(std::string(TierName(row.tier)));
    moved.push_back(std::move(movement));
    return true;
  }));
  MAINSTAY_TRY(read);
  const auto distance = [](const q::Movement& m) { return std::abs(m.rank_before() - m.rank()); };
  std::sort(moved.begin(), moved.end(), [&](const q::Movement& a, const q::Movement& b) {
    return distance(a) != distance(b) ? distance(a) > distance(b) : a.client() < b.client();
  });
  for (q::Movement& movement : moved) {
    const bool up = movement.rank() < movement.rank_before();
    *(up ? out.add_moved_up() : out.add_moved_down()) = std::move(movement);
  }
  return {};
}

void FillCapacity(const Book& book, q::Capacity& out) {
  const TierCounts counts = book.Cadences();
  const PolicyValues& policy = book.record.values;
  const std::int64_t minutes = book.record.minutes_per_week;
  out.set_minutes_per_week(minutes);
  out.set_reps(book.record.reps);
  out.set_calls_per_week(CallsPerWeek(counts, TermsOf(policy)));
  out.set_minutes_needed(out.calls_per_week() * policy.minutes_per_call);
  if (const auto slots = SlotsFor(minutes, counts, policy)) out.set_slots(*slots);
  if (const auto free = FreeSlots(minutes, counts, policy)) out.set_free_slots(*free);
}

}  // namespace

Result<void> AnswerWhatIf(const app::StateReader& state, const stream::Topology& topology,
                          const q::WhatIfRequest& request, q::WhatIfResponse& out) {
  if (request.has_minutes_per_week() && request.minutes_per_week() < 0) {
    return InvalidField("minutes_per_week", "it must not be negative");
  }
  MAINSTAY_TRY_ASSIGN(book, ReadBookWithClients(state, request.query()));
  MAINSTAY_TRY_ASSIGN(trial, TrialOf(book.record, request));
  door::FillHead(topology, book.view, out);
  out.set_tiers(FormatTierPolicy(trial.tiers));
  BookIndex index(trial.tiers);
  for (const KnownClient& client : book.clients) index.Restore(client.id, client.record.window.trailing);
  std::stable_sort(book.clients.begin(), book.clients.end(), [](const KnownClient& a, const KnownClient& b) {
    return a.record.window.trailing > b.record.window.trailing;
  });
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
    if (trial.values != book.record.values) FillPersonaMove(book, trial.values, client, out);
    if (trial.values != book.record.values) FillAdvice(book, trial.values, client, out);
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
  const std::int64_t cap = request.has_minutes_per_week() ? request.minutes_per_week() : book.record.minutes_per_week;
  FillEffort(book, trial, cap, calls_before, calls_after, out);
  return FillProposed(book, trial.values, index, out);
}

Result<void> AnswerReview(const app::StateReader& state, const stream::Topology& topology,
                          const q::GetReviewRequest& request, q::GetReviewResponse& out) {
  MAINSTAY_TRY_ASSIGN(book, ReadBookWithClients(state, request.query()));
  door::FillHead(topology, book.view, out);
  FillCapacity(book, *out.mutable_capacity());
  MAINSTAY_TRY_ASSIGN(quarters, ReadQuarters(book));
  if (quarters.empty() && request.quarter().empty()) return {};
  const auto found = request.quarter().empty() ? std::prev(quarters.end()) : quarters.find(request.quarter());
  if (found == quarters.end()) {
    return Fail(ErrorCode::kNotFound, "no quarter '" + request.quarter() + "' has ended in this book");
  }
  const std::string& quarter = found->first;
  out.set_quarter(quarter);
  const auto earlier = quarters.find(QuarterBefore(quarter));
  const std::int64_t clients_before = earlier == quarters.end() ? 0 : earlier->second.clients();
  FillFigures(quarter, found->second, clients_before, book.currency(), *out.mutable_figures());
  if (earlier != quarters.end()) {
    FillFigures(earlier->first, earlier->second, 0, book.currency(), *out.mutable_before());
    out.mutable_capacity()->set_erosion_clients(static_cast<double>(found->second.gone_clients()));
  }
  MAINSTAY_TRY(FillProposals(book, quarter, out));
  return FillMovement(book, quarter, out);
}

namespace {

constexpr const char* kNurture = "nurture";  // The program, not a rep.

Result<void> PublishOwner(const app::System& system, const std::string& topic, const BookId& book,
                          const state::v1::SegmentationCommand& command, Instant at) {
  const InEvent event{EventId{HashParts({"hand-over", command.id()}).Hex()},
                      "mainstay/segmentation",
                      at,
                      book,
                      ClientId{command.client()},
                      OwnerChanged{RepId{command.hand_to()}}};
  app::Publication publication;
  publication.topic = topic;
  publication.book = book.raw();
  publication.event_time = system.clock->StreamTime() ? at : Instant{};
  publication.value = wire::EncodeInEvent(event);
  std::vector<app::Publication> publications;
  publications.push_back(std::move(publication));
  MAINSTAY_TRY_ASSIGN(acknowledged, system.publisher->Publish(std::move(publications), app::Wait::kProcessed).get());
  const stream::Verdict& verdict = acknowledged.front().verdict;
  return verdict.kind == stream::Verdict::Kind::kRejected ? tl::unexpected(verdict.error) : Result<void>{};
}

}  // namespace

Result<void> PublishDecision(const app::System& system, const stream::Topology& topology,
                             const q::DecideReviewRequest& request, q::DecideReviewResponse& out) {
  MAINSTAY_TRY_ASSIGN(view, door::OpenBook(*system.state, "segmentation", kBooks, request.query()));
  state::v1::SegmentationCommand command;
  command.set_book(view.book.raw());
  command.set_client(request.client());
  command.set_decision(request.decision());
  command.set_by(request.by());
  command.set_why(request.why());
  command.set_hand_to(request.hand_to());
  const std::string position = std::to_string(view.snapshot->meta().transaction);
  // The same decision on the same state is one decision.
  command.set_id(HashParts({command.SerializeAsString(), position}).Hex());
  app::Publication publication;
  publication.topic = topology.inputs[topology.internal];
  publication.book = view.book.raw();
  publication.record_key = kCommandKey;
  publication.event_time = system.clock->StreamTime() ? system.state->Now() : Instant{};
  publication.value = command.SerializeAsString();
  std::vector<app::Publication> publications;
  publications.push_back(std::move(publication));
  MAINSTAY_TRY_ASSIGN(acknowledged, system.publisher->Publish(std::move(publications), app::Wait::kProcessed).get());
  const stream::Verdict& verdict = acknowledged.front().verdict;
  if (verdict.kind == stream::Verdict::Kind::kRejected) return tl::unexpected(verdict.error);
  if (request.decision() == "accept" && request.hand_to() != kNurture) {
    MAINSTAY_TRY(PublishOwner(system, topology.inputs[0], view.book, command, system.state->Now()));
  }
  out.set_book(view.book.raw());
  out.set_client(request.client());
  out.set_verdict(verdict.kind == stream::Verdict::Kind::kAlreadySeen ? "ALREADY_SEEN" : "ACCEPTED");
  return {};
}

}  // namespace mainstay::segmentation
