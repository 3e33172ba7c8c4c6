#include "processor.h"

#include <algorithm>

#include "mainstay/base/hash.h"
#include "mainstay/ledger/order_fact.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/wire/in_event.h"
#include "mainstay/wire/out_event.h"

namespace mainstay::segmentation {
namespace {

using stream::JoinKey;

constexpr std::size_t kSweepStep = 5'000;  // Clients per step of a sweep.
constexpr Duration kImportPatience = std::chrono::hours{24};

bool IsBadData(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kAlreadyExists ||
         error.code == ErrorCode::kNotFound;
}

Result<BookRecord> LoadBook(stream::Context& context, const BookId& id) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kBooks, id.raw()));
  if (!bytes) return BookRecord{};
  return DecodeBook(*bytes);
}

Result<std::optional<ClientRecord>> LoadClient(stream::Context& context, const BookId& book, const ClientId& id) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kClients, JoinKey({book.raw(), id.raw()})));
  if (!bytes) return std::optional<ClientRecord>{};
  MAINSTAY_TRY_ASSIGN(client, DecodeClient(*bytes));
  return std::optional(std::move(client));
}

void Keep(std::optional<Instant>& earliest, Instant at) {
  if (!earliest || at < *earliest) earliest = at;
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
  topology.tables = {kClients, kBooks, kLedger.orders, kLedger.refunds, kLedger.waiting, kLedger.entries};
  return topology;
}

void SegmentationProcessor::OnRollback(stream::Rollback scope) {
  if (scope == stream::Rollback::kBatch) indices_.clear();
  for (const std::string& book : touched_) indices_.erase(book);
  touched_.clear();
}

Result<void> SegmentationProcessor::OnRecord(stream::Context& context, const stream::RecordView& record) {
  touched_.clear();
  const Result<InEvent> event = wire::DecodeInEvent(record.value);
  if (!event) {
    context.DeadLetter(record, event.error());
    return {};
  }
  if (const auto in_time = wire::ValidateTime(*event, FromMs(record.ingest_ms)); !in_time) {
    context.DeadLetter(record, in_time.error());
    return {};
  }
  MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({event->source, event->id.raw()})));
  if (!first) {
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  const Result<void> done = event->client ? OnClientEvent(context, *event) : OnBookEvent(context, *event);
  if (done || !IsBadData(done.error())) return done;
  context.DeadLetter(record, done.error());
  return {};
}

Result<void> SegmentationProcessor::OnBookEvent(stream::Context& context, const InEvent& event) {
  MAINSTAY_TRY_ASSIGN(book, LoadBook(context, event.book));
  if (!book.phase.first_event_at) book.phase.first_event_at = context.Now();
  if (const auto* policy = std::get_if<PolicySet>(&event.data)) {
    if (policy->currency) {
      if (book.currency && *book.currency != *policy->currency) {
        return InvalidField("data.currency", "the book's currency is " + book.currency->raw() + " and cannot change");
      }
      book.currency = policy->currency;
    }
    if (policy->tiers) {
      book.policy = *policy->tiers;
      book.policy_version = event.id.raw();
      book.policy_set_at = event.time;
      context.Put(kBooks, event.book.raw(), Encode(book));
      MAINSTAY_TRY_ASSIGN(index, Index(context, event.book, book));
      touched_.insert(event.book.raw());
      index->SetPolicy(book.policy);
      return StartSweep(context, event.book, TierTrigger::kPolicySet, event.id.raw());
    }
  }
  if (std::holds_alternative<ImportStarted>(event.data)) {
    book.phase.importing = true;
    MAINSTAY_TRY(context.SetTimer(kImportTimer, event.book.raw(), context.Now() + kImportPatience, {}));
  }
  if (std::holds_alternative<ImportFinished>(event.data)) {
    return EndImport(context, event.book, std::move(book), event.id.raw());
  }
  context.Put(kBooks, event.book.raw(), Encode(book));
  return {};
}

// The ranking of all that was imported becomes everybody's tier, and each change is told once.
Result<void> SegmentationProcessor::EndImport(stream::Context& context, const BookId& id, BookRecord book,
                                              const std::string& cause) {
  book.phase.importing = false;
  book.phase.import_finished = true;
  context.Put(kBooks, id.raw(), Encode(book));
  MAINSTAY_TRY(context.CancelTimer(kImportTimer, id.raw()));
  return StartSweep(context, id, TierTrigger::kMoved, cause);
}

Result<void> SegmentationProcessor::OnClientEvent(stream::Context& context, const InEvent& event) {
  MAINSTAY_TRY_ASSIGN(book, LoadBook(context, event.book));
  const std::string book_before = Encode(book);
  MAINSTAY_TRY_ASSIGN(known, LoadClient(context, event.book, *event.client));
  ClientRecord client = known.value_or(ClientRecord{});
  if (!known || event.time < client.first_event_at) client.first_event_at = event.time;
  const Money before = client.window.trailing;
  if (!book.phase.first_event_at) book.phase.first_event_at = context.Now();
  MAINSTAY_TRY_ASSIGN(changed, Fold(context, event, book, client));
  if (std::string now = Encode(book); now != book_before) context.Put(kBooks, event.book.raw(), std::move(now));
  if (book.phase.importing) {
    MAINSTAY_TRY(context.SetTimer(kImportTimer, event.book.raw(), context.Now() + kImportPatience, {}));
  }
  if (!changed) {
    if (!known) context.Put(kClients, JoinKey({event.book.raw(), event.client->raw()}), Encode(client));
    return {};
  }
  return Rerank(context, event.book, book, *event.client, std::move(client), before, event.id.raw());
}

// Takes one fact into the client; false if nothing about it changed.
Result<bool> SegmentationProcessor::Fold(stream::Context& context, const InEvent& event, BookRecord& book,
                                         ClientRecord& client) {
  if (const auto* registered = std::get_if<ClientRegistered>(&event.data)) {
    Keep(client.registered_at, event.time);
    client.name = registered->attributes.name;
    if (registered->attributes.owner) client.owner = registered->attributes.owner;
    if (registered->attributes.since) client.since = registered->attributes.since;
    return true;
  }
  if (const auto* updated = std::get_if<ClientUpdated>(&event.data)) {
    if (updated->changes.name) client.name = updated->changes.name;
    if (updated->changes.owner) client.owner = updated->changes.owner;
    if (updated->changes.since) client.since = updated->changes.since;
    return true;
  }
  if (const auto* owner = std::get_if<OwnerChanged>(&event.data)) {
    client.owner = owner->owner;
    return true;
  }
  const bool lost = std::holds_alternative<ClientLost>(event.data);
  if (lost || std::holds_alternative<ClientReturned>(event.data)) {
    if (event.time < client.status_changed_at) return false;  // Late: a newer word stands.
    client.lost = lost;
    client.status_changed_at = event.time;
    return true;
  }
  return FoldOrder(context, event, book, client);
}

Result<bool> SegmentationProcessor::FoldOrder(stream::Context& context, const InEvent& event, BookRecord& book,
                                              ClientRecord& client) {
  const ledger::LedgerTables tables(kLedger);
  Result<ledger::Posting> posting;
  MAINSTAY_TRY_ASSIGN(fact, ledger::OrderFactOf(event));
  if (!fact) return false;
  if (book.currency && *book.currency != fact->currency) {
    return InvalidField("data.currency",
                        "the book's currency is " + book.currency->raw() + ", not " + fact->currency.raw());
  }
  book.currency = fact->currency;
  if (const auto* placed = std::get_if<ledger::LedgerOrder>(&fact->fact)) {
    posting = tables.Place(context, event.book, *placed, client.window);
    if (posting && !posting->already_seen) Keep(client.first_order_at, event.time);
  } else if (const auto* correction = std::get_if<ledger::OrderCorrection>(&fact->fact)) {
    posting = tables.Correct(context, event.book, *correction, client.window);
  } else {
    posting = tables.Refund(context, event.book, std::get<ledger::LedgerRefund>(fact->fact), client.window);
  }
  if (!posting) return tl::unexpected(posting.error());
  if (posting->already_seen) context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
  return !posting->already_seen;
}

Result<BookIndex*> SegmentationProcessor::Index(stream::Context& context, const BookId& id, const BookRecord& book) {
  std::unique_ptr<BookIndex>& index = indices_[id.raw()];
  if (index) return index.get();
  auto rebuilt = std::make_unique<BookIndex>(book.policy);
  const std::string prefix = id.raw() + '\0';
  Result<void> damaged{};
  MAINSTAY_TRY(context.Scan(kClients, prefix, {}, [&](std::string_view key, std::string_view value) {
    const Result<ClientRecord> client = DecodeClient(value);
    if (!client) {
      damaged = tl::unexpected(client.error());
      return false;
    }
    rebuilt->Restore(ClientId{std::string(key.substr(prefix.size()))}, client->window.trailing);
    return true;
  }));
  MAINSTAY_TRY(damaged);
  index = std::move(rebuilt);
  return index.get();
}

Result<void> SegmentationProcessor::Rerank(stream::Context& context, const BookId& book_id, const BookRecord& book,
                                           const ClientId& id, ClientRecord client, Money before,
                                           const std::string& cause) {
  MAINSTAY_TRY_ASSIGN(index, Index(context, book_id, book));
  const Money after = client.window.trailing;
  std::vector<RankTierChange> changes;
  if (before != after) {
    touched_.insert(book_id.raw());
    changes = index->ApplyRevenue(id, before, after);
  }
  MAINSTAY_TRY(
      Decide(context, book_id, book, id, std::move(client), TierTrigger::kMoved, index->RankTierOf(id, after), cause));
  for (const RankTierChange& change : changes) {
    if (change.client == id) continue;
    MAINSTAY_TRY_ASSIGN(other, LoadClient(context, book_id, change.client));
    if (!other) continue;
    MAINSTAY_TRY(
        Decide(context, book_id, book, change.client, std::move(*other), TierTrigger::kMoved, change.to, cause));
  }
  return {};
}

Result<void> SegmentationProcessor::Decide(stream::Context& context, const BookId& book_id, const BookRecord& book,
                                           const ClientId& id, ClientRecord client, TierTrigger trigger, Tier rank_tier,
                                           const std::string& cause) {
  MAINSTAY_TRY_ASSIGN(index, Index(context, book_id, book));
  TierInput input;
  input.trigger = trigger;
  input.now = context.Now();
  input.revenue = client.window.trailing;
  input.rank_tier = rank_tier;
  input.lines = index->lines();
  input.grace_until = client.grace_until();
  input.settling = Settles(book.phase, context.Now());
  const TierDecision decision = DecideTier(client.tier, input);
  client.tier = decision.next;
  const std::string key = JoinKey({book_id.raw(), id.raw()});
  if (decision.check_at) {
    MAINSTAY_TRY(context.SetTimer(kTierTimer, key, *decision.check_at, {}));
  } else {
    MAINSTAY_TRY(context.CancelTimer(kTierTimer, key));
  }
  if (client.tier.tier != client.published_tier && !book.phase.importing) {
    SegmentChanged changed;
    changed.tier = client.tier.tier;
    changed.previous_tier = client.published_tier;
    changed.rank_tier = client.tier.rank_tier;
    changed.revenue = {client.window.trailing, book.currency.value_or(Currency{"XXX"})};
    changed.policy_version = book.policy_version;
    client.published_tier = client.tier.tier;
    const EventId event{HashParts({book_id.raw(), id.raw(), "segment", cause}).Hex()};
    context.Emit(kSegmentsOutput, key, wire::EncodeOutEvent({event, context.Now(), book_id, id, std::move(changed)}));
  }
  context.Put(kClients, key, Encode(client));
  return {};
}

Result<void> SegmentationProcessor::StartSweep(stream::Context& context, const BookId& book, TierTrigger trigger,
                                               const std::string& cause) {
  const std::string payload = JoinKey({trigger == TierTrigger::kPolicySet ? "policy" : "moved", cause});
  return context.SetTimer(kSweepTimer, book.raw(), context.Now(), payload + '\0');
}

// One step of a decision for every client of a book. Payload: trigger, cause, the last client done.
Result<void> SegmentationProcessor::Sweep(stream::Context& context, const stream::Timer& timer) {
  const BookId book_id{timer.key};
  const std::vector<std::string_view> payload = stream::SplitKey(timer.payload);
  if (payload.size() != 3) return Fail(ErrorCode::kDataLoss, "a sweep timer is damaged");
  const TierTrigger trigger = payload[0] == "policy" ? TierTrigger::kPolicySet : TierTrigger::kMoved;
  const std::string cause(payload[1]);
  MAINSTAY_TRY_ASSIGN(book, LoadBook(context, book_id));
  MAINSTAY_TRY_ASSIGN(index, Index(context, book_id, book));
  const std::string prefix = book_id.raw() + '\0';
  std::vector<std::pair<std::string, std::string>> step;
  MAINSTAY_TRY(context.Scan(kClients, prefix, prefix + std::string(payload[2]),
                            [&](std::string_view key, std::string_view value) {
                              if (key.substr(prefix.size()) != payload[2]) step.emplace_back(key, value);
                              return step.size() < kSweepStep;
                            }));
  BookRecord sweeping = book;
  sweeping.phase.importing = false;
  // What an import brought is ranked as in a settling book (tier = rank_tier), although the import is over.
  if (trigger == TierTrigger::kMoved) sweeping.phase.import_finished = false;
  if (trigger == TierTrigger::kMoved) sweeping.phase.first_event_at = context.Now();
  for (auto& [key, value] : step) {
    MAINSTAY_TRY_ASSIGN(client, DecodeClient(value));
    const ClientId id{key.substr(prefix.size())};
    const Tier rank_tier = index->RankTierOf(id, client.window.trailing);
    MAINSTAY_TRY(Decide(context, book_id, sweeping, id, std::move(client), trigger, rank_tier, cause));
  }
  if (step.size() < kSweepStep) return {};
  return context.SetTimer(kSweepTimer, timer.key, context.Now(),
                          JoinKey({payload[0], cause, step.back().first.substr(prefix.size())}));
}

Result<void> SegmentationProcessor::OnTimer(stream::Context& context, const stream::Timer& timer) {
  touched_.clear();
  if (timer.kind == kSweepTimer) return Sweep(context, timer);
  const std::vector<std::string_view> parts = stream::SplitKey(timer.key);
  const BookId book_id{std::string(parts[0])};
  MAINSTAY_TRY_ASSIGN(book, LoadBook(context, book_id));
  // A timer's decisions are caused by the timer itself: which one, and when.
  const std::string cause = HashParts({std::to_string(timer.kind), timer.key, std::to_string(ToMs(timer.at))}).Hex();
  if (timer.kind == kImportTimer) return EndImport(context, book_id, std::move(book), cause);
  const ClientId id{std::string(parts.at(1))};
  MAINSTAY_TRY_ASSIGN(client, LoadClient(context, book_id, id));
  if (!client) return {};
  if (timer.kind == kWindowTimer) {
    const Money before = client->window.trailing;
    MAINSTAY_TRY(ledger::LedgerTables(kLedger).OnWindowTimer(context, book_id, id, client->window));
    return Rerank(context, book_id, book, id, std::move(*client), before, cause);
  }
  const Tier rank_tier = client->tier.rank_tier;
  return Decide(context, book_id, book, id, std::move(*client), TierTrigger::kTimer, rank_tier, cause);
}

}  // namespace mainstay::segmentation
