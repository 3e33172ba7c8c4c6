#include "book_work.h"

#include <utility>
#include <vector>

#include "mainstay/base/check.h"
#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/wire/out_event.h"
#include "next_best.h"

namespace mainstay::segmentation {

using stream::JoinKey;

Result<LiveBook*> LiveBooks::Find(stream::Context& context, const BookId& id, const BookRecord& book) {
  std::unique_ptr<LiveBook>& live = books_[id.raw()];
  if (live) return live.get();
  auto rebuilt = std::make_unique<LiveBook>(book.policy);
  const std::string prefix = id.raw() + '\0';
  Result<void> damaged{};
  MAINSTAY_TRY(context.Scan(kClients, prefix, {}, [&](std::string_view key, std::string_view value) {
    const Result<ClientRecord> client = DecodeClient(value);
    if (!client) {
      damaged = tl::unexpected(client.error());
      return false;
    }
    rebuilt->Restore(ClientId{std::string(key.substr(prefix.size()))}, StandingOf(*client));
    return true;
  }));
  MAINSTAY_TRY(damaged);
  live = std::move(rebuilt);
  return live.get();
}

Result<void> LiveBooks::Store(stream::Context& context) {
  return clients_.Store(context, [&](const BookId& id) -> Result<LiveBook*> {
    MAINSTAY_TRY_ASSIGN(bytes, context.Get(kBooks, id.raw()));
    MAINSTAY_TRY_ASSIGN(book, bytes ? DecodeBook(*bytes) : Result<BookRecord>{});
    return Find(context, id, book);
  });
}

void LiveBooks::Rollback(stream::Rollback scope) {
  if (scope == stream::Rollback::kBatch) {
    books_.clear();
    clients_.Forget();
  }
  for (const std::string& book : touched_) books_.erase(book);
  touched_.clear();
}

Result<BookWork> BookWork::Open(stream::Context& context, LiveBooks& live, const BookId& id) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kBooks, id.raw()));
  if (!bytes) return BookWork(context, live, id, BookRecord{});
  MAINSTAY_TRY_ASSIGN(book, DecodeBook(*bytes));
  BookWork work(context, live, id, std::move(book));
  work.stored_ = std::move(*bytes);
  return work;
}

void BookWork::PutBook() {
  std::string bytes = Encode(book_);
  if (bytes == stored_) return;
  stored_ = bytes;
  context_->Put(kBooks, id_.raw(), std::move(bytes));
}

std::string BookWork::ClientKey(const ClientId& client) const { return JoinKey({id_.raw(), client.raw()}); }

Result<std::optional<ClientRecord>> BookWork::Load(const ClientId& id) {
  MAINSTAY_TRY_ASSIGN(bytes, context_->Get(kClients, ClientKey(id)));
  if (!bytes) {
    live_->clients().Loaded(id_, id, {});
    return std::optional<ClientRecord>{};
  }
  MAINSTAY_TRY_ASSIGN(client, DecodeClient(*bytes));
  live_->clients().Loaded(id_, id, ContributionOf(client));
  return std::optional(std::move(client));
}

Result<std::string> BookWork::ForClientsAfter(std::string_view after,
                                              const std::function<Result<void>(const ClientId&, ClientRecord)>& visit) {
  const std::string prefix = id_.raw() + '\0';
  std::vector<std::pair<std::string, std::string>> step;
  MAINSTAY_TRY(
      context_->Scan(kClients, prefix, prefix + std::string(after), [&](std::string_view key, std::string_view value) {
        const std::string_view client = key.substr(prefix.size());
        if (client != after) step.emplace_back(client, value);
        return step.size() < kSweepStep;
      }));
  for (const auto& [client, bytes] : step) {
    MAINSTAY_TRY_ASSIGN(record, DecodeClient(bytes));
    live_->clients().Loaded(id_, ClientId{client}, ContributionOf(record));
    MAINSTAY_TRY(visit(ClientId{client}, std::move(record)));
  }
  return step.size() < kSweepStep ? std::string() : step.back().first;
}

Result<void> BookWork::Rerank(const ClientId& id, ClientRecord client, const Standing& before,
                              const std::string& cause) {
  MAINSTAY_TRY_ASSIGN(live, Rankings());
  const Standing after = StandingOf(client);
  if (before != after) TouchRankings();
  const std::vector<RankTierChange> changes = live->Move(id, before, after);
  const Tier rank_tier = live->index().RankTierOf(id, after.revenue);
  MAINSTAY_TRY(Decide(id, std::move(client), TierTrigger::kMoved, rank_tier, cause));
  return DecideOthers(id, changes, cause);
}

Result<void> BookWork::DecideOthers(const ClientId& id, const std::vector<RankTierChange>& changes,
                                    const std::string& cause) {
  for (const RankTierChange& change : changes) {
    if (change.client == id) continue;
    MAINSTAY_TRY_ASSIGN(other, Load(change.client));
    if (!other) continue;
    MAINSTAY_TRY(Decide(change.client, std::move(*other), TierTrigger::kMoved, change.to, cause));
  }
  return {};
}

Result<void> BookWork::Remove(const ClientId& id, ClientRecord client, const Standing& before,
                              const std::string& cause) {
  MAINSTAY_TRY_ASSIGN(live, Rankings());
  TouchRankings();
  const std::vector<RankTierChange> changes = live->Move(id, before, Standing{});
  MAINSTAY_TRY(context_->CancelTimer(kTierTimer, ClientKey(id)));
  client.tier = {};
  Tell(id, client, Published{}, {}, cause);
  context_->Erase(kClients, ClientKey(id));
  return DecideOthers(id, changes, cause);
}

Result<void> BookWork::Decide(const ClientId& id, ClientRecord client, TierTrigger trigger, Tier rank_tier,
                              const std::string& cause) {
  MAINSTAY_TRY_ASSIGN(live, Rankings());
  TierInput input;
  input.trigger = trigger;
  input.now = context_->Now();
  input.revenue = client.window.trailing;
  input.rank_tier = rank_tier;
  input.lines = live->index().lines();
  input.grace_until = client.grace_until(book_.values);
  input.rules = RulesOf(book_.values);
  input.settling = Settles(book_.phase, context_->Now());
  const TierDecision decision = DecideTier(client.tier, input);
  const bool armed = client.tier.differs_since.has_value();  // Only who differs has a timer.
  client.tier = decision.next;
  if (decision.check_at) {
    MAINSTAY_TRY(context_->SetTimer(kTierTimer, ClientKey(id), *decision.check_at, {}));
  } else if (armed) {
    MAINSTAY_TRY(context_->CancelTimer(kTierTimer, ClientKey(id)));
  }
  return Finish(id, std::move(client), cause);
}

Result<void> BookWork::Refresh(const ClientId& id, ClientRecord client, const Standing& before,
                               const std::string& cause) {
  MAINSTAY_TRY(KeepRanked(id, before, client));
  return Finish(id, std::move(client), cause);
}

Result<void> BookWork::KeepRanked(const ClientId& id, const Standing& before, const ClientRecord& client) {
  if (StandingOf(client) == before) return {};
  MAINSTAY_TRY_ASSIGN(live, Rankings());
  TouchRankings();
  live->Move(id, before, StandingOf(client));  // By minutes only: nobody's rank changes.
  return {};
}

// All but the tier is decided, what changed is told, and the client is stored.
Result<void> BookWork::Finish(const ClientId& id, ClientRecord client, const std::string& cause) {
  MAINSTAY_TRY_ASSIGN(live, Rankings());
  PersonaDecision persona = DecidePersona(client.persona_facts(context_->Now()), live->index().ranking().size(),
                                          live->effort_lines(), book_.values);
  Tell(id, client, {client.tier.tier, persona.persona, client.flags(), client.next_product},
       std::move(persona.evidence), cause);
  Store(id, client);
  return {};
}

void BookWork::Store(const ClientId& id, const ClientRecord& client) {
  MAINSTAY_CHECK(live_->clients().Knows(id_, id), "a client is loaded before it is stored");
  context_->Put(kClients, ClientKey(id), Encode(client));
}

void BookWork::Tell(const ClientId& id, ClientRecord& client, Published now, std::vector<Evidence> evidence,
                    const std::string& cause) {
  if (now == client.published || book_.phase.importing) return;
  SegmentChanged changed;
  changed.tier = now.tier;
  changed.previous_tier = client.published.tier;
  changed.rank_tier = client.tier.rank_tier;
  changed.revenue = {client.window.trailing, book_.currency.value_or(Currency{"XXX"})};
  changed.persona = PersonaName(now.persona);
  changed.evidence = std::move(evidence);
  changed.flags = FlagNames(now.flags);
  changed.next_best_product = now.next_product;
  changed.policy_version = book_.policy_version;
  client.published = std::move(now);
  const EventId event{HashParts({id_.raw(), id.raw(), "segment", cause}).Hex()};
  context_->Emit(kSegmentsOutput, ClientKey(id),
                 wire::EncodeOutEvent({event, context_->Now(), id_, id, std::move(changed)}));
}

Result<void> BookWork::StartSweep(std::string_view kind, const std::string& cause) {
  return context_->SetTimer(kSweepTimer, id_.raw(), context_->Now(), JoinKey({kind, cause, ""}));
}

}  // namespace mainstay::segmentation
