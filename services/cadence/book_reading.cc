#include "book_reading.h"

#include <algorithm>
#include <utility>

#include "mainstay/cadence/call_list.h"
#include "mainstay/stream/key_builder.h"
#include "risk_event.h"

namespace mainstay::cadence {
namespace {

namespace q = query::v1;

Result<KnownClient> Decoded(const BookReading& reading, std::string id, std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(record, DecodeClient(bytes));
  ZoneRules zone = reading.book.zone;
  if (record.zone) {
    MAINSTAY_TRY_ASSIGN(own, RulesOf(record.zone));
    zone = own;
  }
  return KnownClient{ClientId{std::move(id)}, std::move(record), std::move(zone)};
}

}  // namespace

const Currency& BookReading::currency() const {
  static const Currency kNone{"XXX"};
  return book.record.currency ? *book.record.currency : kNone;
}

Result<BookReading> OpenReading(const app::StateReader& state, const q::BookQuery& query) {
  MAINSTAY_TRY_ASSIGN(view, door::OpenBook(state, "cadence", kBooks, query));
  MAINSTAY_TRY_ASSIGN(bytes, view.snapshot->Get(kBooks, view.book.raw()));
  MAINSTAY_TRY_ASSIGN(book, MakeBook(view.book, bytes.value_or(Encode(BookRecord{}))));
  return BookReading{std::move(view), std::move(book)};
}

Result<std::vector<KnownClient>> ReadClients(const BookReading& reading) {
  std::vector<KnownClient> clients;
  MAINSTAY_TRY(ScanBook(reading, kClients, [&](std::string_view key, std::string_view value) -> Result<void> {
    MAINSTAY_TRY_ASSIGN(client, Decoded(reading, std::string(key), value));
    clients.push_back(std::move(client));
    return {};
  }));
  return clients;
}

Result<KnownClient> ReadClient(const BookReading& reading, const std::string& client) {
  MAINSTAY_TRY_ASSIGN(today, kMergers.Today(*reading.view.snapshot, reading.book.id, ClientId{client}));
  MAINSTAY_TRY_ASSIGN(bytes, reading.view.snapshot->Get(kClients, ClientKey(reading.book.id, today)));
  if (!bytes) return Fail(ErrorCode::kNotFound, "book " + reading.book.id.raw() + " has no client '" + client + "'");
  return Decoded(reading, today.raw(), *bytes);
}

Result<std::map<std::string, RepRecord>> ReadReps(const BookReading& reading) {
  std::map<std::string, RepRecord> reps;
  MAINSTAY_TRY(ScanBook(reading, kReps, [&](std::string_view key, std::string_view value) -> Result<void> {
    MAINSTAY_TRY_ASSIGN(rep, DecodeRep(value));
    reps.emplace(key, rep);
    return {};
  }));
  return reps;
}

Result<void> ScanBook(const BookReading& reading, stream::TableId table, const TakeEntry& take) {
  const std::string prefix = reading.book.id.raw() + '\0';
  Result<void> failed{};
  MAINSTAY_TRY(reading.view.snapshot->Scan(table, prefix, {}, [&](std::string_view key, std::string_view value) {
    failed = take(key.substr(prefix.size()), value);
    return failed.has_value();
  }));
  return failed;
}

Result<std::vector<StoredFact>> ReadBookFacts(const BookReading& reading) {
  std::vector<StoredFact> facts;
  MAINSTAY_TRY(ScanBook(reading, kBookFacts, [&](std::string_view key, std::string_view value) -> Result<void> {
    const std::size_t client_end = key.find('\0');
    const std::size_t source_end = client_end == key.npos ? key.npos : key.find('\n', client_end + 1 + 8);
    if (source_end == key.npos) return Fail(ErrorCode::kDataLoss, "a stored fact of the check-up is damaged");
    MAINSTAY_TRY_ASSIGN(fact, DecodeBookFact(value));
    facts.push_back({ClientId{std::string(key.substr(0, client_end))}, fact.first, fact.second,
                     FromMs(stream::ReadOrderedInt64(key.substr(client_end + 1))),
                     EventId{std::string(key.substr(source_end + 1))}});
    return {};
  }));
  return facts;
}

Result<CheckupEvents> ReadCheckupEvents(const BookReading& reading) {
  MAINSTAY_TRY_ASSIGN(facts, ReadBookFacts(reading));
  CheckupEvents events;
  for (StoredFact& fact : facts) {
    CheckupEvent event{std::move(fact.event), fact.at};
    switch (fact.fact) {
      case BookFact::kLostToCompetition: events.losses_to_competition.push_back(std::move(event)); break;
      case BookFact::kCompetitorCall: events.competitor_calls.push_back(std::move(event)); break;
      case BookFact::kEmergency:
      case BookFact::kForeseenEmergency: events.emergencies.push_back(std::move(event)); break;
      case BookFact::kReferral: events.referrals.push_back(std::move(event)); break;
      case BookFact::kLostOtherwise: break;
    }
  }
  return events;
}

Result<void> ReadEfforts(const BookReading& reading, const std::vector<KnownClient>& clients, const TakeEffort& take) {
  auto client = clients.begin();
  std::vector<Effort> efforts;  // Of this client.
  const auto end_client = [&]() -> Result<void> {
    MAINSTAY_TRY(ReadEffort(client->record.effort, efforts));
    std::sort(efforts.begin(), efforts.end());
    efforts.erase(std::unique(efforts.begin(), efforts.end()), efforts.end());
    for (const Effort& effort : efforts) take(*client, effort);
    efforts.clear();
    ++client;
    return {};
  };
  const auto take_entry = [&](std::string_view key, std::string_view value) -> Result<void> {
    const std::string_view id = key.substr(0, key.find('\0'));
    while (client != clients.end() && client->id.raw() < id) MAINSTAY_TRY(end_client());
    if (client == clients.end() || client->id.raw() != id) return {};
    return ReadEffortEntry(key.substr(std::min(key.size(), id.size() + 1)), value, efforts);
  };
  MAINSTAY_TRY(ScanBook(reading, kEffort, take_entry));
  while (client != clients.end()) MAINSTAY_TRY(end_client());
  return {};
}

bool IsInCallPlan(const ClientRecord& client) { return client.plan.tier != Tier::kNone && client.owner != kNurture; }

std::string OwnerOf(const ClientRecord& client) { return client.owner ? client.owner->raw() : kUnassignedRep; }

ScoredClient ScoreOf(const BookReading& reading, const KnownClient& client) {
  ScoredClient scored;
  scored.facts = FactsOf(client.record, reading.book, client.zone, reading.view.at);
  scored.score = risk::ScoreClient(scored.facts, reading.book.parameters(), reading.view.at);
  scored.value = ValueOf(client.record, scored.facts, scored.score, reading.book);
  scored.at_stake = risk::MoneyAtStake(scored.value, scored.score);
  return scored;
}

void FillRisk(const BookReading& reading, const KnownClient& client, const ScoredClient& scored, q::RiskRow& out) {
  const risk::RiskState& state = client.record.risk;
  const risk::Score& score = scored.score;
  out.set_client(client.id.raw());
  out.set_level(std::string(RiskLevelName(state.level)));
  if (score.probability) out.set_probability(*score.probability);
  if (score.fresh) out.set_fresh(*score.fresh);
  out.set_excess(score.excess);
  if (score.horizon_weeks) out.set_horizon_days(*score.horizon_weeks * 7);
  if (score.p_silent) out.set_p_silent(*score.p_silent);
  out.set_q(score.q);
  if (const auto interval = IntervalOf(scored.facts, score, reading.book)) {
    out.add_interval(interval->low);
    out.add_interval(interval->high);
  }
  door::SetMoney(scored.at_stake, reading.currency(), *out.mutable_at_stake());
  q::ClientValue& value = *out.mutable_value();
  door::SetMoney(scored.value.residual, reading.currency(), *value.mutable_residual());
  door::SetMoney(scored.value.replacement, reading.currency(), *value.mutable_replacement());
  door::SetMoney(scored.value.referral, reading.currency(), *value.mutable_referral());
  for (const RiskReason& reason : ReasonsOf(score, state.open)) {
    q::RiskReason& row = *out.add_reasons();
    row.set_part(reason.part);
    row.set_kind(reason.kind);
    row.set_points(reason.points);
    row.set_text(reason.text);
    for (const EventId& event : reason.events) row.add_event_ids(event.raw());
  }
  if (state.episode) {
    out.set_trigger(std::string(risk::RiskTriggerName(state.episode->trigger)));
    out.set_episode(state.episode->id.raw());
    out.set_sequence(state.episode->sequence);
  }
  out.set_model_version(reading.book.parameters().version);
  out.set_tier(std::string(TierName(client.record.plan.tier)));
}

void FillParameters(const risk::ChurnParameters& parameters, q::ModelParameters& out) {
  out.set_version(parameters.version);
  out.set_k(parameters.model.k);
  out.set_r(parameters.model.r);
  out.set_alpha(parameters.model.alpha);
  out.set_a(parameters.model.a);
  out.set_b(parameters.model.b);
  out.set_c0(parameters.calibration.c0);
  out.set_c1(parameters.calibration.c1);
  for (const risk::CalibrationStep& step : parameters.calibration.steps) {
    q::CalibrationStep& added = *out.add_steps();
    added.set_logit(step.logit);
    added.set_calibrated(step.calibrated);
  }
}

void FillInputs(const BookReading& reading, const ScoredClient& scored, q::ScoreInputs& out) {
  if (scored.facts.orders) {
    out.set_x(scored.facts.orders->statistics.repeats.x);
    out.set_t_x(scored.facts.orders->statistics.repeats.t_x);
    out.set_t(scored.score.age_weeks.value_or(0));
    out.set_horizon_weeks(scored.score.horizon_weeks.value_or(0));
  }
  const risk::ChurnParameters& parameters = reading.book.parameters();
  FillParameters(parameters, *out.mutable_parameters());
  out.set_v0(parameters.v0);
  for (std::size_t i = 0; i < risk::kSignalKinds; ++i) {
    const auto kind = static_cast<risk::SignalKind>(i);
    q::SignalInput& signal = *out.add_signals();
    signal.set_kind(std::string(risk::SignalKindName(kind)));
    signal.set_value(scored.score.signals[i]);
    signal.set_weight(parameters.weights[i]);
    for (const EventId& event : risk::SignalEvents(scored.facts.signals, kind, reading.view.at)) {
      signal.add_event_ids(event.raw());
    }
  }
  out.set_evaluated_at(FormatInstant(reading.view.at));
}

}  // namespace mainstay::cadence
