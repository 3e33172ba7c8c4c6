#include "processor.h"

#include <utility>

#include "activity.h"
#include "fold.h"
#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/wire/in_event.h"
#include "quarter.h"
#include "whole_client.h"

namespace mainstay::segmentation {
namespace {

using stream::JoinKey;

constexpr Duration kImportPatience = std::chrono::hours{24};
constexpr Duration kWeek = std::chrono::days{7};

bool IsBadData(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kAlreadyExists ||
         error.code == ErrorCode::kNotFound;
}

// Everything a book needs to be there once it has been heard of.
Result<void> Begin(BookWork& work) {
  BookRecord& book = work.book();
  if (book.phase.first_event_at) return {};
  book.phase.first_event_at = work.context().Now();
  MAINSTAY_TRY(work.context().SetTimer(kWeekTimer, work.id().raw(), work.context().Now() + kWeek, {}));
  return BeginQuarters(work);
}

// As RenewNextProduct, from the recount in memory.
Result<void> Offer(BookWork& work, const Recount& recount, const ClientId& id, const std::vector<std::string>& held,
                   ClientRecord& client) {
  client.next_product = recount.BestFor(held);
  return OfferAssessed(work.context(), work.id(), work.book().currency, id, {held.begin(), held.end()}, client);
}

}  // namespace

stream::Topology MakeTopology(const std::string& prefix) {
  stream::Topology topology;
  topology.service = "segmentation";
  topology.inputs = {prefix + ".client-events", prefix + ".touch-events", prefix + ".segmentation.internal",
                     prefix + ".segmentation.redrive"};
  topology.internal = 2;
  topology.outputs = {prefix + ".segments", prefix + ".segmentation.internal"};
  topology.dead_letter = prefix + ".segmentation.dead-letter";
  for (stream::TableId table = kClients; table <= kLastTable; ++table) topology.tables.push_back(table);
  return topology;
}

void SegmentationProcessor::OnRollback(stream::Rollback scope) {
  live_.Rollback(scope);
  recounts_.clear();
}

Result<void> SegmentationProcessor::OnRecord(stream::Context& context, const stream::RecordView& record) {
  live_.BeginRecord();
  Result<void> done{};
  if (record.topic == 2 && record.key == kCommandKey) {
    done = DecideReview(context, live_, record.value);
  } else {
    const Result<InEvent> event = wire::DecodeInEvent(record.value);
    if (!event) {
      context.DeadLetter(record, event.error());
      return {};
    }
    if (const auto in_time = wire::ValidateTime(*event, FromMs(record.ingest_ms)); !in_time) {
      context.DeadLetter(record, in_time.error());
      return {};
    }
    done = Take(context, *event);
  }
  if (done || !IsBadData(done.error())) return done;
  context.DeadLetter(record, done.error());
  return {};
}

Result<void> SegmentationProcessor::Take(stream::Context& context, const InEvent& event) {
  MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({event.source, event.id.raw()})));
  if (!first) {
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  MAINSTAY_TRY_ASSIGN(work, BookWork::Open(context, live_, event.book));
  MAINSTAY_TRY(Begin(work));
  if (work.book().phase.importing) {
    MAINSTAY_TRY(context.SetTimer(kImportTimer, event.book.raw(), context.Now() + kImportPatience, {}));
  }
  const bool had_currency = work.book().currency.has_value();
  MAINSTAY_TRY(event.client ? OnClientEvent(work, event) : OnBookEvent(work, event));
  if (!had_currency && work.book().currency) MAINSTAY_TRY(TakeEarlyRefunds(work));
  work.PutBook();
  return {};
}

Result<void> SegmentationProcessor::TakeEarlyRefunds(BookWork& work) {
  MAINSTAY_TRY_ASSIGN(refunds,
                      kEarlyRefunds.Release(work.context(), work.id(), *work.book().currency, kInternalOutput));
  for (const InEvent& refund : refunds) MAINSTAY_TRY(OnClientEvent(work, refund));
  return {};
}

Result<void> SegmentationProcessor::OnBookEvent(BookWork& work, const InEvent& event) {
  MAINSTAY_TRY_ASSIGN(follow_up, FoldBookFact(work, event));
  if (follow_up == BookFollowUp::kNewTierPolicy) {
    MAINSTAY_TRY_ASSIGN(live, work.Rankings());
    work.TouchRankings();
    live->SetPolicy(work.book().policy);
    return work.StartSweep("policy", event.id.raw());
  }
  if (follow_up == BookFollowUp::kNewThresholds) return work.StartSweep("persona", event.id.raw());
  if (std::holds_alternative<ImportStarted>(event.data)) {
    work.book().phase.importing = true;
    return work.context().SetTimer(kImportTimer, event.book.raw(), work.context().Now() + kImportPatience, {});
  }
  return std::holds_alternative<ImportFinished>(event.data) ? EndImport(work, event.id.raw()) : Result<void>{};
}

// The ranking of all that was imported becomes everybody's tier, and each change is told once.
Result<void> SegmentationProcessor::EndImport(BookWork& work, const std::string& cause) {
  work.book().phase.importing = false;
  work.book().phase.import_finished = true;
  MAINSTAY_TRY(work.context().CancelTimer(kImportTimer, work.id().raw()));
  return work.StartSweep("moved", cause);
}

Result<void> SegmentationProcessor::OnClientEvent(BookWork& work, const InEvent& event) {
  stream::Context& context = work.context();
  ClientId id = *event.client;
  MAINSTAY_TRY_ASSIGN(own, work.Load(id));
  std::optional<ClientRecord> known = std::move(own);
  bool never_erased = known && known->never_erased;
  if (!never_erased) {
    MAINSTAY_TRY_ASSIGN(erased_at, kErasures.ErasedAt(context, event));
    if (erased_at && event.time <= *erased_at) {
      context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
      return {};
    }
    never_erased = !erased_at;
  }
  if (const auto* merged = std::get_if<ClientMerged>(&event.data)) return MergeClient(work, event, *merged);
  if (!known) {  // Who has a record did not go up in another client.
    MAINSTAY_TRY_ASSIGN(today, kMergers.Today(context, event.book, id));
    if (today != id) {
      MAINSTAY_TRY_ASSIGN(into, work.Load(today));
      known = std::move(into);
      never_erased = known && known->never_erased;
      id = std::move(today);
    }
  }
  if (std::holds_alternative<ClientErased>(event.data)) {
    if (id == *event.client) return EraseClient(work, event, id);
    return InvalidField("subject", event.client->raw() + " went up in " + id.raw() + "; erase that one");
  }
  ClientRecord client = known.value_or(ClientRecord{});
  client.never_erased = never_erased;
  if (!known || event.time < client.first_event_at) client.first_event_at = event.time;
  const Standing before = StandingOf(client);
  Activity activity(context, work.id(), work.book(), id, client);
  MAINSTAY_TRY(activity.Advance());
  MAINSTAY_TRY_ASSIGN(changed, FoldClientFact(work, event, id, client));
  if (changed) return work.Rerank(id, std::move(client), before, event.id.raw());
  if (StandingOf(client) != before) return work.Refresh(id, std::move(client), before, event.id.raw());
  if (!known || event.time == client.first_event_at) work.Store(id, client);
  return {};
}

// One step of a decision for every client of a book. Payload: what for, cause, the last client done.
Result<void> SegmentationProcessor::Sweep(BookWork& work, const stream::Timer& timer) {
  const std::vector<std::string_view> payload = stream::SplitKey(timer.payload);
  if (payload.size() != 3) return Fail(ErrorCode::kDataLoss, "a sweep timer is damaged");
  const std::string_view kind = payload[0];
  const std::string cause(payload[1]);
  MAINSTAY_TRY_ASSIGN(live, work.Rankings());
  const BookPhase phase = work.book().phase;
  work.book().phase.importing = false;
  // What an import brought is ranked as in a settling book (tier = rank_tier), although the import is over.
  if (kind == "moved") work.book().phase.import_finished = false;
  if (kind == "moved") work.book().phase.first_event_at = work.context().Now();
  MAINSTAY_TRY_ASSIGN(last,
                      work.ForClientsAfter(payload[2], [&](const ClientId& id, ClientRecord client) -> Result<void> {
                        const Standing before = StandingOf(client);
                        Activity activity(work.context(), work.id(), work.book(), id, client);
                        MAINSTAY_TRY(activity.Advance());
                        if (kind == "persona") return work.Refresh(id, std::move(client), before, cause);
                        MAINSTAY_TRY(work.KeepRanked(id, before, client));
                        const Tier rank_tier = live->index().RankTierOf(id, client.window.trailing);
                        const TierTrigger trigger = kind == "policy" ? TierTrigger::kPolicySet : TierTrigger::kMoved;
                        return work.Decide(id, std::move(client), trigger, rank_tier, cause);
                      }));
  work.book().phase = phase;
  if (last.empty()) return {};
  return work.context().SetTimer(kSweepTimer, timer.key, work.context().Now(), JoinKey({kind, cause, last}));
}

// Counts what is bought together when holdings have changed by a quarter since the last count, and every 13 weeks if
// they have changed at all. Else only personas are decided anew, every week where something happens that ages, every
// fourth where nothing does.
Result<void> SegmentationProcessor::BeginWeek(BookWork& work) {
  stream::Context& context = work.context();
  BookRecord& book = work.book();
  MAINSTAY_TRY(context.SetTimer(kWeekTimer, work.id().raw(), context.Now() + kWeek, {}));
  if (book.phase.importing) return {};
  const std::int64_t change = std::abs(book.holdings - book.counted_holdings);
  const std::int64_t week = DayOf(context.Now()).time_since_epoch().count() / 7;
  const bool counts = change > book.counted_holdings / 4 || (change > 0 && week % 13 == 0);
  const bool ages = book.activity_day && DayOf(context.Now()) - *book.activity_day <= kEffortDays;
  if (!counts && !ages && week % 4 != 0) return {};
  if (!counts) return context.SetTimer(kWeekTimer, work.id().raw(), context.Now(), JoinKey({"decide", ""}));
  return context.SetTimer(kWeekTimer, work.id().raw(), context.Now(), JoinKey({"count", ""}));
}

// Payload: empty at the beginning; then the phase and the last client done.
Result<void> SegmentationProcessor::OnWeek(BookWork& work, const stream::Timer& timer, const std::string& cause) {
  stream::Context& context = work.context();
  if (timer.payload.empty()) return BeginWeek(work);
  const std::vector<std::string_view> payload = stream::SplitKey(timer.payload);
  if (payload.size() != 2) return Fail(ErrorCode::kDataLoss, "a weekly timer is damaged");
  const auto next = [&](std::string_view phase, std::string_view cursor) {
    return context.SetTimer(kWeekTimer, work.id().raw(), context.Now(), JoinKey({phase, cursor}));
  };
  auto recount = recounts_.find(work.id().raw());
  if (payload[0] == "count") {
    std::string cursor(payload[1]);
    if (recount == recounts_.end() || cursor.empty()) {
      cursor.clear();  // What was counted so far is lost: from the beginning.
      MAINSTAY_TRY_ASSIGN(begun, Recount::Begin(context, work.id(), work.book().buyers));
      recounts_.erase(work.id().raw());
      recount = recounts_.emplace(work.id().raw(), std::move(begun)).first;
    }
    MAINSTAY_TRY_ASSIGN(last, recount->second.Add(context, work.id(), cursor));
    if (!last.empty()) return next("count", last);
    MAINSTAY_TRY(recount->second.Store(context, work.id()));
    return next("offer", "");
  }
  const bool offers = payload[0] == "offer";
  if (offers && recount == recounts_.end()) return next("count", "");
  Holdings held;
  if (offers) {
    MAINSTAY_TRY_ASSIGN(after, HoldingsAfter(context, work.id(), payload[1]));
    held = std::move(after);
  }
  MAINSTAY_TRY_ASSIGN(last,
                      work.ForClientsAfter(payload[1], [&](const ClientId& id, ClientRecord client) -> Result<void> {
                        const Standing before = StandingOf(client);
                        Activity activity(context, work.id(), work.book(), id, client);
                        MAINSTAY_TRY(activity.Advance());
                        const auto products = held.find(id);
                        if (products != held.end()) {
                          MAINSTAY_TRY(Offer(work, recount->second, id, products->second, client));
                        }
                        return work.Refresh(id, std::move(client), before, cause);
                      }));
  if (!last.empty()) return next(payload[0], last);
  if (offers) work.book().counted_holdings = work.book().holdings;
  if (offers) recounts_.erase(recount);
  const Instant week_later = context.Now() + kWeek;
  return context.SetTimer(kWeekTimer, work.id().raw(), week_later, {});
}

Result<void> SegmentationProcessor::OnClientTimer(BookWork& work, const stream::Timer& timer, const ClientId& id,
                                                  const std::string& cause) {
  MAINSTAY_TRY_ASSIGN(client, work.Load(id));
  if (!client) return {};
  const Standing before = StandingOf(*client);
  Activity activity(work.context(), work.id(), work.book(), id, *client);
  MAINSTAY_TRY(activity.Advance());
  if (timer.kind == kWindowTimer) {
    MAINSTAY_TRY(ledger::LedgerTables(kLedger).OnWindowTimer(work.context(), work.id(), id, client->window));
    return work.Rerank(id, std::move(*client), before, cause);
  }
  MAINSTAY_TRY(work.KeepRanked(id, before, *client));
  const Tier rank_tier = client->tier.rank_tier;
  return work.Decide(id, std::move(*client), TierTrigger::kTimer, rank_tier, cause);
}

Result<void> SegmentationProcessor::OnTimer(stream::Context& context, const stream::Timer& timer) {
  live_.BeginRecord();
  const std::vector<std::string_view> parts = stream::SplitKey(timer.key);
  MAINSTAY_TRY_ASSIGN(work, BookWork::Open(context, live_, BookId{std::string(parts[0])}));
  // A timer's decisions are caused by the timer itself: which one, and when.
  const std::string cause = HashParts({std::to_string(timer.kind), timer.key, std::to_string(ToMs(timer.at))}).Hex();
  Result<void> done{};
  switch (timer.kind) {
    case kSweepTimer: done = Sweep(work, timer); break;
    case kImportTimer: done = EndImport(work, cause); break;
    case kWeekTimer: done = OnWeek(work, timer, cause); break;
    case kQuarterTimer: done = OnQuarter(work, timer); break;
    default: done = OnClientTimer(work, timer, ClientId{std::string(parts.at(1))}, cause);
  }
  MAINSTAY_TRY(done);
  work.PutBook();
  return {};
}

}  // namespace mainstay::segmentation
