#include "whole_client.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "activity.h"
#include "mainstay/stream/key_builder.h"
#include "next_best.h"
#include "purchases.h"
#include "quarter.h"

namespace mainstay::segmentation {
namespace {

using stream::JoinKey;

Result<std::vector<std::pair<std::string, std::string>>> EntriesBelow(stream::Context& context, stream::TableId table,
                                                                      const std::string& prefix) {
  std::vector<std::pair<std::string, std::string>> entries;
  MAINSTAY_TRY(context.Scan(table, prefix, {}, [&](std::string_view key, std::string_view value) {
    entries.emplace_back(key.substr(prefix.size()), value);
    return true;
  }));
  return entries;
}

// What a review proposed or decided about a client that is no more.
Result<void> ForgetReviews(BookWork& work, const ClientId& id) {
  MAINSTAY_TRY_ASSIGN(quarters, EntriesBelow(work.context(), kQuarters, work.id().raw() + '\0'));
  for (const auto& [quarter, value] : quarters) {
    work.context().Erase(kReviews, JoinKey({work.id().raw(), quarter, id.raw()}));
  }
  return {};
}

// What lies below book\0client in a table: erased, and put below `into` where that has nothing of the kind.
Result<void> MoveEntries(stream::Context& context, stream::TableId table, const BookId& book, const ClientId& from,
                         const ClientId* into) {
  const std::string prefix = JoinKey({book.raw(), from.raw()}) + '\0';
  MAINSTAY_TRY_ASSIGN(entries, EntriesBelow(context, table, prefix));
  for (auto& [rest, value] : entries) {
    context.Erase(table, prefix + rest);
    if (into == nullptr) continue;
    const std::string key = JoinKey({book.raw(), into->raw()}) + '\0' + rest;
    MAINSTAY_TRY_ASSIGN(known, context.Get(table, key));
    if (!known) context.Put(table, key, std::move(value));
  }
  return {};
}

void KeepEarliest(std::optional<Instant>& into, const std::optional<Instant>& from) {
  if (from && (!into || *from < *into)) into = from;
}
void KeepLatest(std::optional<Instant>& into, const std::optional<Instant>& from) {
  if (from && (!into || *from > *into)) into = from;
}

// What a record says by itself; what it counts follows from the tables. Whether the survivor is lost is its own word,
// in all three services.
void MergeRecord(const ClientRecord& from, ClientRecord& into) {
  into.first_event_at = std::min(into.first_event_at, from.first_event_at);
  KeepEarliest(into.registered_at, from.registered_at);
  KeepEarliest(into.first_order_at, from.first_order_at);
  if (from.since && (!into.since || *from.since < *into.since)) into.since = from.since;
  for (const auto& [attribute, stamp] : from.said) into.said.try_emplace(attribute, stamp);
  if (!into.owner) into.owner = from.owner;
  if (!into.name) into.name = from.name;
  if (!into.employees) into.employees = from.employees;
  if (!into.annual_revenue) into.annual_revenue = from.annual_revenue;
  KeepLatest(into.last_touch_at, from.last_touch_at);
  KeepLatest(into.last_referral_at, from.last_referral_at);
  KeepLatest(into.last_offer_at, from.last_offer_at);
  KeepLatest(into.last_survey_at, from.last_survey_at);
  into.has_goal = into.has_goal || from.has_goal;
}

// The newer assessment of potential stands.
Result<void> MergePotential(BookWork& work, const ClientId& from_id, const ClientRecord& from, const ClientId& into_id,
                            ClientRecord& into) {
  const bool takes = from.potential_at && (!into.potential_at || *from.potential_at > *into.potential_at);
  if (takes) {
    MAINSTAY_TRY(MoveEntries(work.context(), kPotential, work.id(), into_id, nullptr));
    into.potential_at = from.potential_at;
    into.potential_years = from.potential_years;
  }
  return MoveEntries(work.context(), kPotential, work.id(), from_id, takes ? &into_id : nullptr);
}

// Whom a person keeps from the review, he keeps from it under the other name.
Result<void> MoveProtection(BookWork& work, const ClientId& from, const ClientId& into) {
  stream::Context& context = work.context();
  MAINSTAY_TRY_ASSIGN(why, context.Get(kProtected, work.ClientKey(from)));
  if (!why) return {};
  context.Erase(kProtected, work.ClientKey(from));
  MAINSTAY_TRY_ASSIGN(known, context.Get(kProtected, work.ClientKey(into)));
  if (!known) context.Put(kProtected, work.ClientKey(into), std::move(*why));
  return {};
}

Result<void> MoveEverything(BookWork& work, const ClientId& from_id, ClientRecord& from, const ClientId& into_id,
                            ClientRecord& into) {
  stream::Context& context = work.context();
  const ledger::LedgerTables tables(kLedger);
  Purchases purchases(context, work.id(), work.book(), from_id, from);
  MAINSTAY_TRY(purchases.MoveTo(into_id, into));
  MAINSTAY_TRY_ASSIGN(postings, tables.Merge(context, work.id(), from_id, into_id, into.window));
  Purchases merged(context, work.id(), work.book(), into_id, into);
  for (const ledger::Posting& posting : postings) MAINSTAY_TRY(merged.Apply(posting, nullptr));
  Activity activity(context, work.id(), work.book(), from_id, from);
  MAINSTAY_TRY(activity.MoveTo(into_id, into));
  MAINSTAY_TRY(MergePotential(work, from_id, from, into_id, into));
  MAINSTAY_TRY(MoveEntries(context, kPlaces, work.id(), from_id, &into_id));
  MAINSTAY_TRY(MoveEntries(context, kRanks, work.id(), from_id, &into_id));
  MAINSTAY_TRY(MoveProtection(work, from_id, into_id));
  MAINSTAY_TRY(kEarlyRefunds.Move(context, work.id(), from_id, &into_id));
  MAINSTAY_TRY(ForgetReviews(work, from_id));
  MergeRecord(from, into);
  return RenewNextProduct(context, work.id(), work.book().currency, into_id, into);
}

// An empty record takes what a compacted topic keeps of a key: the client's segment, its last proposal and decision.
void EraseFromSegments(BookWork& work, const ClientId& id) {
  work.context().Emit(kSegmentsOutput, work.ClientKey(id), {});
  for (const std::string_view what : {kProposed, kDecided}) {
    work.context().Emit(kSegmentsOutput, ReviewKey(work.id(), id, what), {});
  }
}

}  // namespace

Result<void> MergeClient(BookWork& work, const InEvent& event, const ClientMerged& merged) {
  const ClientId& from_id = *event.client;
  MAINSTAY_TRY_ASSIGN(survivor, kMergers.Merge(work.context(), event, merged.into));
  if (!survivor) {
    work.context().Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  const ClientId& into_id = *survivor;
  MAINSTAY_TRY_ASSIGN(from, work.Load(from_id));
  MAINSTAY_TRY_ASSIGN(known, work.Load(into_id));
  ClientRecord into = known.value_or(ClientRecord{});
  if (!known) into.first_event_at = event.time;
  const Standing into_before = StandingOf(into);
  if (from) {
    const Standing from_before = StandingOf(*from);
    MAINSTAY_TRY(MoveEverything(work, from_id, *from, into_id, into));
    MAINSTAY_TRY(work.Remove(from_id, std::move(*from), from_before, event.id.raw()));
    // Removing may have decided the other one anew.
    MAINSTAY_TRY_ASSIGN(now, work.Load(into_id));
    if (now) {
      into.tier = now->tier;
      into.published = now->published;
    }
  }
  return work.Rerank(into_id, std::move(into), into_before, event.id.raw());
}

Result<void> EraseClient(BookWork& work, const InEvent& event, const ClientId& id) {
  stream::Context& context = work.context();
  kErasures.Mark(context, event);
  MAINSTAY_TRY_ASSIGN(client, work.Load(id));
  if (!client) return {};
  const Standing before = StandingOf(*client);
  const ledger::LedgerTables tables(kLedger);
  MAINSTAY_TRY_ASSIGN(orders, tables.OrdersOf(context, work.id(), id));
  Purchases purchases(context, work.id(), work.book(), id, *client);
  MAINSTAY_TRY(purchases.Erase(orders));
  MAINSTAY_TRY(tables.Erase(context, work.id(), id));
  MAINSTAY_TRY(kEarlyRefunds.Move(context, work.id(), id, nullptr));
  Activity activity(context, work.id(), work.book(), id, *client);
  MAINSTAY_TRY(activity.Erase());
  for (const stream::TableId table : {kPlaces, kPotential, kRanks}) {
    MAINSTAY_TRY(MoveEntries(context, table, work.id(), id, nullptr));
  }
  context.Erase(kProtected, work.ClientKey(id));
  MAINSTAY_TRY(ForgetReviews(work, id));
  MAINSTAY_TRY_ASSIGN(gone, kMergers.Forget(context, work.id(), id));
  for (const ClientId& one : gone) EraseFromSegments(work, one);
  client->window = {};
  MAINSTAY_TRY(work.Remove(id, std::move(*client), before, event.id.raw()));
  EraseFromSegments(work, id);
  return {};
}

}  // namespace mainstay::segmentation
