#include "client_work.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include "agreements.h"
#include "effort.h"
#include "mainstay/base/hash.h"
#include "mainstay/risk/next_crossing.h"
#include "mainstay/wire/out_event.h"
#include "risk_event.h"
#include "snapshots.h"

namespace mainstay::cadence {
namespace {

constexpr std::chrono::days kRaisedAfterImport{30};

std::string_view FactName(const CadenceFact& fact) {
  if (std::holds_alternative<TouchFellDue>(fact)) return "touch-fell-due";
  if (std::holds_alternative<TouchBecameOverdue>(fact)) return "touch-became-overdue";
  return "touch-cleared";
}

const EpisodeId& EpisodeOf(const CadenceFact& fact) {
  return std::visit([](const auto& alternative) -> const EpisodeId& { return alternative.plan.episode; }, fact);
}

// True if no instant can change the level as long as nothing happens.
bool TimeChangesNothing(const risk::ClientFacts& facts) {
  return !facts.orders && !facts.contract && risk::OnlyLateness(facts.signals);
}

Result<void> ErasePrefix(stream::Context& context, stream::TableId table, const std::string& prefix) {
  std::vector<std::string> keys;
  MAINSTAY_TRY(context.Scan(table, prefix, {}, [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  }));
  for (const std::string& key : keys) context.Erase(table, key);
  return {};
}

}  // namespace

void TakePlan(Decision&& decision, ClientRecord& client) {
  client.plan = std::move(decision.next);
  const ClientPlan& plan = client.plan;
  for (const CadenceFact& fact : decision.facts) {
    const bool overdue = std::holds_alternative<TouchBecameOverdue>(fact);
    // The base may move on while the episode stays, so what the episode cites is kept from its beginning.
    if (overdue && plan.episode && plan.episode->id == EpisodeOf(fact) && plan.base) {
      client.overdue_event = plan.base->cause.id;
    }
  }
  if (!plan.episode || !plan.episode->overdue_since) client.overdue_event.reset();
}

risk::RiskDecision DecideRisk(const Book& book, const ClientId& id, const ClientRecord& client,
                              const risk::ClientFacts& facts, const risk::ChurnCurve& curve, Instant now,
                              const risk::RiskCause& cause) {
  return risk::Evaluate({book.id, id}, client.risk, curve.StandingAt(now), risk::RuleConditions(facts.signals),
                        book.record.levels(), now, cause);
}

ClientWork::ClientWork(stream::Context& context, const Book& book, ClientId id, std::string stored)
    : context_(context),
      book_(book),
      id_(std::move(id)),
      key_(ClientKey(book.id, id_)),
      stored_(std::move(stored)),
      record_(std::make_unique<ClientRecord>()) {}

Result<ClientWork> ClientWork::Load(stream::Context& context, const Book& book, ClientId id) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kClients, ClientKey(book.id, id)));
  if (!bytes) return ClientWork(context, book, std::move(id), {});
  return Of(context, book, std::move(id), std::move(*bytes));
}

Result<ClientWork> ClientWork::Of(stream::Context& context, const Book& book, ClientId id, std::string stored) {
  ClientWork work(context, book, std::move(id), std::move(stored));
  MAINSTAY_TRY(DecodeClient(work.stored_, *work.record_));
  return work;
}

Situation ClientWork::Around() const {
  return {book_.id,
          id_,
          zone_,
          book_.record.calendar,
          context_.Now(),
          record_->owner,
          book_.record.importing,
          TouchDataConnected(book_.record.last_touch, context_.Now()),
          book_.terms()};
}

// A client's or book's other zone, or a new release of the zone data, moves the days not yet reached.
Result<void> ClientWork::RefreshZone() {
  if (record_->zone) {
    MAINSTAY_TRY_ASSIGN(own, RulesOf(record_->zone));
    zone_ = own;
  } else {
    zone_ = book_.zone;
  }
  const bool computed = record_->plan.base.has_value();
  if (computed && (record_->plan.zone != zone_.name() || record_->plan.zone_data_version != zone_.data_version())) {
    Take(OnCalendarOrZoneChanged(record_->plan, Around()));
  }
  return {};
}

void ClientWork::Take(Decision&& decision) {
  plan_timer_ = decision.next_timer;
  planned_ = true;
  facts_.insert(facts_.end(), decision.facts.begin(), decision.facts.end());
  for (const KeptTouch& touch : decision.displaced) KeepEffort(context_, book_.id, id_, touch, *record_);
  TakePlan(std::move(decision), *record_);
}

void ClientWork::TellPlan() {
  for (CadenceFact& fact : facts_) {
    const EventId event{HashParts({book_.id.raw(), id_.raw(), FactName(fact), EpisodeOf(fact).raw()}).Hex()};
    OutEvent out{event, context_.Now(), book_.id, id_, {}};
    std::visit([&](auto& alternative) { out.data = std::move(alternative); }, fact);
    context_.Emit(kCadenceEventsOutput, book_.id.raw(), wire::EncodeOutEvent(out));
  }
  facts_.clear();
}

void ClientWork::TellRisk(const risk::RiskChange& change, const risk::ClientFacts& facts, const risk::Score* score) {
  const EventId event{
      HashParts({book_.id.raw(), id_.raw(), "risk", change.episode.raw(), std::to_string(change.sequence)}).Hex()};
  context_.Emit(kChurnRiskOutput, book_.id.raw(),
                wire::EncodeOutEvent(
                    {event, context_.Now(), book_.id, id_, MakeRiskChanged(change, facts, score, *record_, book_)}));
}

void ClientWork::CloseEpisode(const risk::RiskCause& cause) {
  const risk::RiskDecision closed = risk::CloseRisk(record_->risk, cause);
  record_->risk = closed.next;
  for (const risk::RiskChange& change : closed.facts) TellRisk(change, {}, nullptr);
}

std::optional<Instant> ClientWork::EvaluateRisk(const risk::RiskCause& cause) {
  if (book_.record.importing) return std::nullopt;
  if (record_->plan.lost) {
    CloseEpisode(cause);
    return std::nullopt;
  }
  const Instant now = context_.Now();
  const risk::ClientFacts facts = FactsOf(*record_, book_, zone_, now);
  const risk::ChurnCurve curve(facts, book_.parameters());
  const auto next_look = [&] {
    return TimeChangesNothing(facts) ? std::nullopt
                                     : std::optional(risk::NextCrossing(curve, record_->risk, book_.record.levels(),
                                                                        now, record_->risk_timer));
  };
  // Most inputs find a client at LOW and leave it there, which the next crossing, looked for anyway, shows.
  if (record_->risk == risk::RiskState{}) {
    const std::optional<Instant> next = next_look();
    if (next && *next > now) return next;
  }
  risk::RiskDecision decision = DecideRisk(book_, id_, *record_, facts, curve, now, cause);
  record_->risk = std::move(decision.next);
  if (!decision.facts.empty()) {
    const risk::Score score = curve.At(now);
    for (const risk::RiskChange& change : decision.facts) TellRisk(change, facts, &score);
  }
  return next_look();
}

void ClientWork::TakeOverHistory() {
  const Instant from = context_.Now() - kRaisedAfterImport;
  std::optional<Instant>& rules_from = record_->signals.rules_from;
  rules_from = std::max(rules_from.value_or(from), from);
  if (record_->risk.episode || record_->plan.lost) return;
  const risk::ClientFacts facts = FactsOf(*record_, book_, zone_, context_.Now());
  const risk::ChurnCurve curve(facts, book_.parameters());
  record_->risk =
      risk::Evaluate({book_.id, id_}, record_->risk, curve.StandingAt(from), risk::RuleConditions(facts.signals),
                     book_.record.levels(), from, risk::TimerCause(record_->last_order.event, from))
          .next;
}

Result<void> ClientWork::Finish(const risk::RiskCause& cause) {
  MAINSTAY_TRY(RefreshZone());
  TellPlan();
  MAINSTAY_TRY(DecideAgreements());
  const std::optional<Instant> risk_timer = EvaluateRisk(cause);
  if (planned_) MAINSTAY_TRY(SyncTimer(kPlanTimer, record_->plan_timer, plan_timer_));
  MAINSTAY_TRY(SyncTimer(kRiskTimer, record_->risk_timer, risk_timer));
  Store();
  return {};
}

Result<void> ClientWork::DecideAgreements() {
  if (!record_->has_agreements || book_.record.importing) return {};
  MAINSTAY_TRY_ASSIGN(agreements, LoadAgreements(context_, book_.id, id_));
  const Situation around = Around();
  const Instant quiet_before = record_->signals.rules_from.value_or(Instant::min());
  AgreementDecision decision =
      Decide(std::move(agreements), around, record_->plan.tier, quiet_before, record_->signals.missed_reviews);
  for (AgreementFact& fact : decision.facts) {
    context_.Emit(kCadenceEventsOutput, book_.id.raw(),
                  wire::EncodeOutEvent({std::move(fact.id), context_.Now(), book_.id, id_, std::move(fact.data)}));
  }
  risk::Normalise(record_->signals, context_.Now());
  MAINSTAY_TRY(StoreAgreements(context_, book_.id, id_, decision.next));
  return SyncTimer(kAgreementTimer, record_->agreement_timer, decision.next_timer);
}

void ClientWork::Store() {
  std::string bytes = Encode(*record_);
  if (bytes != stored_) context_.Put(kClients, key_, std::move(bytes));
}

Result<void> ClientWork::SyncTimer(stream::TimerKind kind, std::optional<Instant>& armed,
                                   std::optional<Instant> wanted) {
  if (armed == wanted) return {};
  armed = wanted;
  return wanted ? context_.SetTimer(kind, key_, *wanted, {}) : context_.CancelTimer(kind, key_);
}

Result<void> ClientWork::Erase(const risk::RiskCause& cause) {
  TellPlan();
  CloseEpisode(cause);
  DropSnapshots(context_, book_.id, id_);
  for (const stream::TimerKind kind : {kWindowTimer, kPlanTimer, kRiskTimer, kAgreementTimer}) {
    MAINSTAY_TRY(context_.CancelTimer(kind, key_));
  }
  const std::string prefix = ClientPrefix(book_.id, id_);
  for (const stream::TableId table : {kOrderTimes, kIncidents, kBookFacts, kTopics, kLeads, kEffort, kReferrals}) {
    MAINSTAY_TRY(ErasePrefix(context_, table, prefix));
  }
  MAINSTAY_TRY(ledger::LedgerTables(kLedger).Erase(context_, book_.id, id_));
  context_.Erase(kAgreements, key_);
  context_.Erase(kAttention, key_);
  context_.Erase(kClients, key_);
  return {};
}

}  // namespace mainstay::cadence
