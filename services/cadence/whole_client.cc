#include "whole_client.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "agreements.h"
#include "client_work.h"
#include "effort.h"
#include "fold_attention.h"
#include "fold_leads.h"
#include "fold_orders.h"
#include "referrals.h"

namespace mainstay::cadence {
namespace {

// What lies below the client in a table goes below `into`, unless that has the same already.
Result<void> MoveEntries(stream::Context& context, stream::TableId table, const std::string& from,
                         const std::string& into) {
  std::vector<std::pair<std::string, std::string>> entries;
  MAINSTAY_TRY(context.Scan(table, from, {}, [&](std::string_view key, std::string_view value) {
    entries.emplace_back(key.substr(from.size()), value);
    return true;
  }));
  for (auto& [rest, value] : entries) {
    context.Erase(table, from + rest);
    MAINSTAY_TRY_ASSIGN(known, context.Get(table, into + rest));
    if (!known) context.Put(table, into + rest, std::move(value));
  }
  return {};
}

template <class Event>
void Append(const std::vector<Event>& from, std::vector<Event>& into) {
  into.insert(into.end(), from.begin(), from.end());
}

void MergeSignals(const risk::SignalFacts& from, Instant now, risk::SignalFacts& into) {
  Append(from.complaints, into.complaints);
  Append(from.emergencies, into.emergencies);
  Append(from.competitor_calls, into.competitor_calls);
  Append(from.contacts, into.contacts);
  Append(from.missed_reviews, into.missed_reviews);
  Append(from.sentiments, into.sentiments);
  if (from.rules_from) into.rules_from = std::max(into.rules_from.value_or(*from.rules_from), *from.rules_from);
  risk::Normalise(into, now);
}

Result<void> MergeRecords(stream::Context& context, const Book& book, ClientWork& from, ClientWork& into) {
  ClientRecord& gone = from.record();
  ClientRecord& stays = into.record();
  if (!stays.owner) {
    stays.owner = gone.owner;
    stays.owner_set = gone.owner_set;
  }
  if (!stays.zone) {
    stays.zone = gone.zone;
    stays.zone_set = gone.zone_set;
  }
  MergeSignals(gone.signals, context.Now(), stays.signals);
  MAINSTAY_TRY(MoveEffort(context, book.id, into.id(), gone, stays));
  MAINSTAY_TRY(MoveOrders(context, book, from.id(), into.id(), stays));
  MAINSTAY_TRY(MergeAttention(context, book.id, from.id(), into.id()));
  if (!gone.has_agreements) return {};
  MAINSTAY_TRY_ASSIGN(theirs, LoadAgreements(context, book.id, from.id()));
  MAINSTAY_TRY_ASSIGN(ours, LoadAgreements(context, book.id, into.id()));
  MergeAgreements(std::move(theirs), ours);
  stays.has_agreements = true;
  stays.contracts = RunningContracts(ours.contracts);
  return StoreAgreements(context, book.id, into.id(), ours);
}

}  // namespace

Result<void> MergeClient(stream::Context& context, Book& book, const InEvent& event, const ClientMerged& merged) {
  const ClientId& from_id = *event.client;
  MAINSTAY_TRY_ASSIGN(survivor, kMergers.Merge(context, event, merged.into));
  if (!survivor) {
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  const ClientId& into_id = *survivor;
  if (!book.known) context.Put(kBooks, book.id.raw(), Encode(book.record));
  const risk::RiskCause cause = risk::EventCause(event.id);
  const EventRef ref{event.source, event.id};
  MAINSTAY_TRY_ASSIGN(from, ClientWork::Load(context, book, from_id));
  MAINSTAY_TRY_ASSIGN(into, ClientWork::Load(context, book, into_id));
  const ClientPlan theirs = from.record().plan;
  if (from.known()) {
    MAINSTAY_TRY(MergeRecords(context, book, from, into));
    const std::string old_prefix = ClientPrefix(book.id, from_id);
    for (const stream::TableId table : {kIncidents, kBookFacts, kTopics, kLeads, kEffort, kReferrals}) {
      MAINSTAY_TRY(MoveEntries(context, table, old_prefix, ClientPrefix(book.id, into_id)));
    }
    MAINSTAY_TRY(kEarlyRefunds.Move(context, book.id, from_id, &into_id));
    MAINSTAY_TRY_ASSIGN(referrals, CountReferrals(context, book.id, into_id));
    into.record().referrals = referrals;
    MAINSTAY_TRY(from.Plan([](const ClientPlan& plan, const Situation& around) { return OnLost(plan, around); }));
    MAINSTAY_TRY(from.Erase(cause));
  }
  MAINSTAY_TRY(into.Plan(
      [&](const ClientPlan& plan, const Situation& around) { return OnAnyEvent(plan, around, ref, event.time); }));
  MAINSTAY_TRY(
      into.Plan([&](const ClientPlan& plan, const Situation& around) { return OnMerged(plan, around, theirs, ref); }));
  MAINSTAY_TRY(TakeReferral(context, book, into));
  MAINSTAY_TRY(into.Finish(cause));
  return TellReferred(context, book, into_id, cause);
}

}  // namespace mainstay::cadence
