#include "processor.h"

#include <tuple>
#include <utility>
#include <variant>

#include "look.h"
#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/wire/envelope.h"
#include "mainstay/wire/in_event.h"
#include "mainstay/wire/out_event.h"
#include "mainstay/zoneinfo/zoneinfo.h"
#include "referrals.h"
#include "snapshots.h"
#include "sweep.h"
#include "whole_client.h"

namespace mainstay::cadence {
namespace {

constexpr stream::TopicId kSegmentsInput = 2;
constexpr stream::TopicId kInternalInput = 3;
constexpr Duration kImportPatience = std::chrono::hours{24};
constexpr const char* kSegmentation = "mainstay/segmentation";  // Source of the events on `segments`.

bool IsBadData(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kAlreadyExists ||
         error.code == ErrorCode::kNotFound;
}

// Bad data sets the record aside; any other error is the store's.
Result<void> Settle(stream::Context& context, const stream::RecordView& record, const Result<void>& done) {
  if (done || !IsBadData(done.error())) return done;
  context.DeadLetter(record, done.error());
  return {};
}

void AlreadySeen(stream::Context& context) { context.Answer({stream::Verdict::Kind::kAlreadySeen, {}}); }

// What is redriven came from any of the inputs.
bool IsSegment(const stream::RecordView& record) {
  if (record.topic == kSegmentsInput) return true;
  if (record.topic < kInternalInput) return false;
  const Result<wire::EnvelopeHead> head = wire::DecodeEnvelopeHead(record.value);
  return head && head->type.starts_with("mainstay.segment.");
}

EventRef RefOf(const InEvent& event) { return {event.source, event.id}; }

// A timer's decisions are caused by the timer itself: which one, and when.
EventRef RefOf(const stream::Timer& timer) {
  const Hash128 id = HashParts({std::to_string(timer.kind), timer.key, std::to_string(ToMs(timer.at))});
  return {"mainstay/cadence", EventId{id.Hex()}};
}

Result<void> AwaitProgress(stream::Context& context, const BookId& book) {
  return context.SetTimer(kImportTimer, book.raw(), context.Now() + kImportPatience, {});
}

Result<void> EndImport(stream::Context& context, Book& book, const EventRef& cause) {
  if (!book.record.importing) return {};
  book.record.importing = false;
  MAINSTAY_TRY(context.CancelTimer(kImportTimer, book.id.raw()));
  return LookAfterImport(context, book, cause);
}

Result<void> SetPolicy(stream::Context& context, Book& book, const PolicySet& policy, const EventRef& cause) {
  std::optional<Currency>& currency = book.record.currency;
  if (policy.currency && currency && *currency != *policy.currency) {
    return InvalidField("data.currency", "the book's currency is " + currency->raw() + " and cannot change");
  }
  if (policy.currency) currency = policy.currency;
  const std::map<std::string, double> asked = ThresholdsOf(policy);
  const PolicyValues before = book.record.policy;
  MAINSTAY_TRY_ASSIGN(values, WithThresholds(before, asked));
  book.record.policy = values;
  for (const auto& [name, value] : asked) book.record.thresholds[name] = value;
  if (TermsOf(before) != TermsOf(values)) return StartTermsSweep(context, book.id, TermsOf(before), cause);
  const bool new_levels = std::tie(before.elevated, before.high, before.hysteresis) !=
                          std::tie(values.elevated, values.high, values.hysteresis);
  return new_levels ? StartSweep(context, book.id, SweepKind::kRisk, cause) : Result<void>{};
}

Result<void> SetCalendar(stream::Context& context, Book& book, const CalendarSet& set, const InEvent& event) {
  Result<ZoneRules> zone = set.time_zone ? zoneinfo::LoadZone(*set.time_zone) : ZoneRules{};
  if (!zone) {
    Error error = zone.error();
    if (error.code == ErrorCode::kInvalidArgument) error.field = "data.timeZone";
    return tl::unexpected(std::move(error));
  }
  Result<WorkCalendar> calendar = WorkCalendar::Make(set.working_days, set.holidays);
  if (!calendar) return InvalidField("data." + calendar.error().field, calendar.error().message);
  if (!book.record.calendar_set.Accept(event)) return {};
  book.record.time_zone = set.time_zone;
  book.record.calendar = std::move(*calendar);
  return StartSweep(context, book.id, SweepKind::kCalendar, RefOf(event));
}

Result<void> SetRep(stream::Context& context, const BookId& book, const RepSet& set, const InEvent& event) {
  const std::string key = stream::JoinKey({book.raw(), set.rep.raw()});
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kReps, key));
  RepRecord rep;
  if (bytes) {
    MAINSTAY_TRY_ASSIGN(known, DecodeRep(*bytes));
    rep = known;
  }
  if (!rep.set.Accept(event)) return {};
  rep.minutes_per_week = set.minutes_per_week;
  rep.sales = set.role == BookRole::kSales;
  context.Put(kReps, key, Encode(rep));
  return {};
}

// What the event means for the client's cadence.
Result<void> PlanEvent(ClientWork& work, const InEvent& event, const Folded& folded) {
  const EventRef ref = RefOf(event);
  if (const auto* touched = std::get_if<Touched>(&event.data)) {
    return work.Plan([&](ClientPlan&& plan, const Situation& around) {
      return OnTouch(std::move(plan), around, {ref, event.time, touched->minutes.value_or(0)});
    });
  }
  MAINSTAY_TRY(work.Plan([&](ClientPlan&& plan, const Situation& around) {
    return OnAnyEvent(std::move(plan), around, ref, event.time);
  }));
  if (const auto* retracted = std::get_if<TouchRetracted>(&event.data)) {
    return work.Plan([&](const ClientPlan& plan, const Situation& around) {
      return OnTouchRetracted(plan, around, {event.source, retracted->touch}, ref);
    });
  }
  if (!folded.status_changed) return {};
  const bool lost = std::holds_alternative<ClientLost>(event.data);
  return work.Plan([&](const ClientPlan& plan, const Situation& around) {
    return lost ? OnLost(plan, around) : OnReturned(plan, around, ref);
  });
}

// Once a book's touch data is connected, a timer sees when it no longer is.
Result<void> WatchTouchData(stream::Context& context, Book& book) {
  const std::optional<Instant>& last = book.record.last_touch;
  if (book.record.touch_check || !TouchDataConnected(last, context.Now())) return {};
  book.record.touch_check = *last + kTouchDataWindow + Duration{1};
  return context.SetTimer(kTouchDataTimer, book.id.raw(), *book.record.touch_check, {});
}

}  // namespace

stream::Topology MakeTopology(const std::string& prefix) {
  stream::Topology topology;
  topology.service = "cadence";
  topology.inputs = {prefix + ".client-events", prefix + ".touch-events", prefix + ".segments",
                     prefix + ".cadence.internal", prefix + ".cadence.redrive"};
  topology.internal = kInternalInput;
  topology.outputs = {prefix + ".cadence-events", prefix + ".churn-risk", prefix + ".cadence.internal",
                      prefix + ".model-parameters"};
  topology.dead_letter = prefix + ".cadence.dead-letter";
  topology.tables = {kClients,
                     kBooks,
                     kLedger.orders,
                     kLedger.refunds,
                     kLedger.waiting,
                     kLedger.entries,
                     kReps,
                     kOrderTimes,
                     kIncidents,
                     kBookFacts,
                     kTopics,
                     kLedger.by_client,
                     kAgreements,
                     kMergers.table(),
                     kAttention,
                     kLeads,
                     kEffort,
                     kReferrals,
                     kErasures.table(),
                     kLearning,
                     kSnapshots,
                     kMatured,
                     kLook,
                     kEarlyRefunds.table()};
  return topology;
}

Result<void> CadenceProcessor::OnRecord(stream::Context& context, const stream::RecordView& record) {
  return Settle(context, record, IsSegment(record) ? OnSegmentRecord(context, record) : OnInEvent(context, record));
}

Result<void> CadenceProcessor::OnInEvent(stream::Context& context, const stream::RecordView& record) {
  MAINSTAY_TRY_ASSIGN(event, wire::DecodeInEvent(record.value));
  MAINSTAY_TRY(wire::ValidateTime(event, FromMs(record.ingest_ms)));
  MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({event.source, event.id.raw()})));
  if (!first) {
    AlreadySeen(context);
    return {};
  }
  return event.client ? OnClientEvent(context, event) : OnBookEvent(context, event);
}

Result<void> CadenceProcessor::OnSegmentRecord(stream::Context& context, const stream::RecordView& record) {
  if (record.value.empty()) return {};  // Of an erased client: its ClientErased came here itself.
  MAINSTAY_TRY_ASSIGN(event, wire::DecodeOutEvent(record.value));
  if (!std::holds_alternative<SegmentChanged>(event.data) || !event.client) return {};
  MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({kSegmentation, event.id.raw()})));
  if (!first) {
    AlreadySeen(context);
    return {};
  }
  return OnSegment(context, event);
}

Result<void> CadenceProcessor::OnSegment(stream::Context& context, const OutEvent& event) {
  MAINSTAY_TRY_ASSIGN(book, books_.Load(context, event.book));
  MAINSTAY_TRY_ASSIGN(work, ClientWork::Load(context, book, *event.client));
  // Whatever made segmentation speak of a client came here before it: this one was erased since.
  if (!work.known()) return {};
  const Tier tier = std::get<SegmentChanged>(event.data).tier;
  MAINSTAY_TRY(work.Plan([&](const ClientPlan& plan, const Situation& around) {
    return OnTierChanged(plan, around, tier, {kSegmentation, event.id});
  }));
  if (!book.known) context.Put(kBooks, book.id.raw(), Encode(book.record));
  return work.Finish(risk::EventCause(event.id));
}

Result<void> CadenceProcessor::OnBookEvent(stream::Context& context, const InEvent& event) {
  MAINSTAY_TRY_ASSIGN(book, books_.Load(context, event.book));
  const bool had_currency = book.record.currency.has_value();
  if (const auto* policy = std::get_if<PolicySet>(&event.data)) {
    MAINSTAY_TRY(SetPolicy(context, book, *policy, RefOf(event)));
  } else if (const auto* calendar = std::get_if<CalendarSet>(&event.data)) {
    MAINSTAY_TRY(SetCalendar(context, book, *calendar, event));
  } else if (const auto* rep = std::get_if<RepSet>(&event.data)) {
    MAINSTAY_TRY(SetRep(context, book.id, *rep, event));
  } else if (std::holds_alternative<ImportStarted>(event.data)) {
    book.record.importing = true;
    MAINSTAY_TRY(AwaitProgress(context, book.id));
  } else if (std::holds_alternative<ImportFinished>(event.data)) {
    MAINSTAY_TRY(EndImport(context, book, RefOf(event)));
  }
  context.Put(kBooks, book.id.raw(), Encode(book.record));
  return !had_currency && book.record.currency ? TakeEarlyRefunds(context, book) : Result<void>{};
}

Result<void> CadenceProcessor::TakeEarlyRefunds(stream::Context& context, const Book& book) {
  MAINSTAY_TRY_ASSIGN(refunds, kEarlyRefunds.Release(context, book.id, *book.record.currency, kInternalOutput));
  for (const InEvent& refund : refunds) MAINSTAY_TRY(OnClientEvent(context, refund));
  return {};
}

// What is said of a client that went up in another one is about that one.
Result<void> CadenceProcessor::OnClientEvent(stream::Context& context, const InEvent& said) {
  MAINSTAY_TRY_ASSIGN(erased, kErasures.Covers(context, said));
  if (erased) {
    AlreadySeen(context);
    return {};
  }
  if (const auto* merged = std::get_if<ClientMerged>(&said.data)) {
    MAINSTAY_TRY_ASSIGN(book, books_.Load(context, said.book));
    MAINSTAY_TRY(MergeClient(context, book, said, *merged));
    return book.record.importing ? AwaitProgress(context, book.id) : Result<void>{};
  }
  MAINSTAY_TRY_ASSIGN(today, kMergers.Today(context, said.book, *said.client));
  if (today == *said.client) return OnTodaysClient(context, said);
  if (std::holds_alternative<ClientErased>(said.data)) {
    return InvalidField("subject", said.client->raw() + " went up in " + today.raw() + "; erase that one");
  }
  InEvent event = said;
  event.client = std::move(today);
  return OnTodaysClient(context, event);
}

Result<void> CadenceProcessor::OnTodaysClient(stream::Context& context, const InEvent& event) {
  MAINSTAY_TRY_ASSIGN(book, books_.Load(context, event.book));
  const std::optional<Currency> currency = book.record.currency;
  const std::optional<Instant> last_touch = book.record.last_touch;
  const std::optional<Instant> touch_check = book.record.touch_check;
  const std::pair referrals(book.record.referrals_won, book.record.referrals_lost);
  MAINSTAY_TRY_ASSIGN(work, ClientWork::Load(context, book, *event.client));
  const risk::RiskCause cause = risk::EventCause(event.id);
  if (std::holds_alternative<ClientErased>(event.data)) {
    kErasures.Mark(context, event);
    MAINSTAY_TRY(ForgetReferrals(context, book, work.id()));
    MAINSTAY_TRY(kMergers.Forget(context, book.id, work.id()));
    MAINSTAY_TRY(kEarlyRefunds.Move(context, book.id, work.id(), nullptr));
    return work.Erase(cause);
  }
  if (!work.known()) MAINSTAY_TRY(TakeReferral(context, book, work));
  MAINSTAY_TRY_ASSIGN(folded, FoldFacts(context, book, event, work.record()));
  if (folded.already_seen) {
    AlreadySeen(context);
    return {};
  }
  MAINSTAY_TRY(PlanEvent(work, event, folded));
  MAINSTAY_TRY(work.Finish(cause));
  MAINSTAY_TRY(FollowReferral(context, book, event, cause));
  if (folded.status_changed) MAINSTAY_TRY(TellReferred(context, book, work.id(), cause));
  MAINSTAY_TRY(WatchTouchData(context, book));
  bool armed = false;
  if (work.record().order_days.statistics()) {
    MAINSTAY_TRY_ASSIGN(now_armed, ArmModelTimer(context, book));
    armed = now_armed;
  }
  if (folded.status_changed && work.record().plan.lost) MAINSTAY_TRY(LabelAtOnce(context, book.id, work.id()));
  if (armed || !book.known || currency != book.record.currency || last_touch != book.record.last_touch ||
      touch_check != book.record.touch_check ||
      referrals != std::pair(book.record.referrals_won, book.record.referrals_lost)) {
    context.Put(kBooks, book.id.raw(), Encode(book.record));
  }
  if (!currency && book.record.currency) MAINSTAY_TRY(TakeEarlyRefunds(context, book));
  if (book.record.importing) return AwaitProgress(context, book.id);
  const bool connected =
      TouchDataConnected(book.record.last_touch, context.Now()) && !TouchDataConnected(last_touch, context.Now());
  return connected ? StartSweep(context, book.id, SweepKind::kRisk, RefOf(event)) : Result<void>{};
}

Result<void> CadenceProcessor::OnTouchDataTimer(stream::Context& context, Book book, const EventRef& cause) {
  book.record.touch_check.reset();
  MAINSTAY_TRY(WatchTouchData(context, book));
  context.Put(kBooks, book.id.raw(), Encode(book.record));
  if (book.record.touch_check || book.record.importing) return {};
  return StartSweep(context, book.id, SweepKind::kRisk, cause);
}

Result<void> CadenceProcessor::OnTimer(stream::Context& context, const stream::Timer& timer) {
  if (timer.kind == kWindowTimer || timer.kind == kPlanTimer || timer.kind == kRiskTimer ||
      timer.kind == kAgreementTimer) {
    return OnClientTimer(context, timer);
  }
  MAINSTAY_TRY_ASSIGN(book, books_.Load(context, BookId{timer.key}));
  if (timer.kind == kSweepTimer) return Sweep(context, book, timer);
  if (timer.kind == kModelTimer) return OnModelTimer(context, std::move(book), RefOf(timer));
  if (timer.kind == kLookTimer) return OnLookTimer(context, std::move(book), timer);
  if (timer.kind == kTouchDataTimer) return OnTouchDataTimer(context, std::move(book), RefOf(timer));
  MAINSTAY_TRY(EndImport(context, book, RefOf(timer)));
  context.Put(kBooks, book.id.raw(), Encode(book.record));
  return {};
}

Result<void> CadenceProcessor::OnClientTimer(stream::Context& context, const stream::Timer& timer) {
  const std::vector<std::string_view> parts = stream::SplitKey(timer.key);
  if (parts.size() != 2) return Fail(ErrorCode::kDataLoss, "a client's timer is damaged");
  MAINSTAY_TRY_ASSIGN(book, books_.Load(context, BookId{std::string(parts[0])}));
  MAINSTAY_TRY_ASSIGN(work, ClientWork::Load(context, book, ClientId{std::string(parts[1])}));
  if (!work.known()) return {};
  ClientRecord& client = work.record();
  if (timer.kind == kWindowTimer) {
    MAINSTAY_TRY(ledger::LedgerTables(kLedger).OnWindowTimer(context, book.id, work.id(), client.window));
    work.Store();
    return {};
  }
  if (timer.kind == kPlanTimer) client.plan_timer.reset();
  if (timer.kind == kRiskTimer) client.risk_timer.reset();
  if (timer.kind == kAgreementTimer) client.agreement_timer.reset();
  if (timer.kind == kPlanTimer) {
    MAINSTAY_TRY(
        work.Plan([](const ClientPlan& plan, const Situation& around) { return cadence::OnTimer(plan, around); }));
  }
  return work.Finish(risk::TimerCause(client.last_order.event, context.Now()));
}

}  // namespace mainstay::cadence
