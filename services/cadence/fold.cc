#include "fold.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "effort.h"
#include "fold_agreements.h"
#include "fold_attention.h"
#include "fold_leads.h"
#include "fold_orders.h"
#include "fold_topics.h"
#include "mainstay/cadence/proof.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/zoneinfo/zoneinfo.h"

namespace mainstay::cadence {
namespace {

using stream::JoinKey;

template <class Event>
[[nodiscard]] const Event* As(const InEvent& event) {
  return std::get_if<Event>(&event.data);
}

void FoldOwner(const std::optional<RepId>& owner, const InEvent& event, ClientRecord& client) {
  if (owner && client.owner_set.Accept(event)) client.owner = owner;
}

Result<void> FoldAttributes(const ClientAttributes& attributes, const InEvent& event, ClientRecord& client) {
  FoldOwner(attributes.owner, event, client);
  if (!attributes.time_zone) return {};
  if (Result<ZoneRules> zone = zoneinfo::LoadZone(*attributes.time_zone); !zone) {
    Error error = zone.error();
    if (error.code == ErrorCode::kInvalidArgument) error.field = "data.timeZone";
    return tl::unexpected(std::move(error));
  }
  if (client.zone_set.Accept(event)) client.zone = attributes.time_zone;
  return {};
}

// Adds a fact for the check-up and the proof.
Result<void> Count(stream::Context& context, const BookId& book, const InEvent& event, BookFact fact,
                   const ClientRecord& client) {
  return KeepForAYear(context, kBookFacts, book, event, EncodeBookFact(fact, client.plan.tier));
}

BookFact EmergencyFact(const ClientRecord& client, Instant at) {
  const auto& episode = client.risk.episode;
  return episode && at - episode->opened_at >= kForeseen ? BookFact::kForeseenEmergency : BookFact::kEmergency;
}

Result<std::pair<std::string, Incident>> LoadIncident(stream::Context& context, const BookId& book,
                                                      const ClientId& client, std::string_view kind,
                                                      const std::string& id) {
  std::string key = JoinKey({book.raw(), client.raw(), kind, id});
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kIncidents, key));
  if (!bytes) return std::pair(std::move(key), Incident{});
  MAINSTAY_TRY_ASSIGN(incident, DecodeIncident(*bytes));
  return std::pair(std::move(key), std::move(incident));
}

// An emergency or a complaint, `kind`, comes up. Gives nullopt if it is known already, else what is known of it.
Result<std::optional<Incident>> Raise(stream::Context& context, const BookId& book, const InEvent& event,
                                      const std::string& kind, const std::string& id, const Hash128& content) {
  MAINSTAY_TRY_ASSIGN(found, LoadIncident(context, book, *event.client, kind, id));
  Incident& incident = found.second;
  if (incident.event) {
    if (incident.content == content) return std::optional<Incident>{};
    return tl::unexpected(Error{ErrorCode::kAlreadyExists, Recovery::kStopTask,
                                kind + " " + id + " is known with other content; give it another id",
                                "data." + kind + "Id"});
  }
  incident.event = event.id;
  incident.at = event.time;
  incident.content = content;
  context.Put(kIncidents, found.first, Encode(incident));
  return std::optional(std::move(incident));
}

// The first resolution stands. A resolution that comes before its incident waits for it.
template <class Event>
Result<Folded> Resolve(stream::Context& context, const BookId& book, const InEvent& event, std::string_view kind,
                       const std::string& id, std::vector<Event>& signals) {
  MAINSTAY_TRY_ASSIGN(found, LoadIncident(context, book, *event.client, kind, id));
  Incident& incident = found.second;
  if (incident.resolved_at && *incident.resolved_at <= event.time) return Folded{true, false};
  incident.resolved_at = event.time;
  context.Put(kIncidents, found.first, Encode(incident));
  for (Event& signal : signals) {
    if (incident.event && signal.event == *incident.event) signal.resolved_at = event.time;
  }
  return Folded{};
}

Hash128 ContentOf(const InEvent& event, const std::optional<std::string>& a, const std::optional<std::string>& b) {
  return HashParts({event.client->raw(), std::to_string(ToMs(event.time)), a ? "1" + *a : "0", b ? "1" + *b : "0"});
}

Result<Folded> FoldIncident(stream::Context& context, const BookId& book, const InEvent& event, ClientRecord& client) {
  risk::SignalFacts& signals = client.signals;
  if (const auto* raised = As<EmergencyRaised>(event)) {
    const Hash128 content = ContentOf(event, raised->summary, raised->severity);
    MAINSTAY_TRY_ASSIGN(incident, Raise(context, book, event, "emergency", raised->emergency.raw(), content));
    if (!incident) return Folded{true, false};
    signals.emergencies.push_back({event.id, event.time, {}, incident->resolved_at});
    MAINSTAY_TRY(Count(context, book, event, EmergencyFact(client, event.time), client));
  } else if (const auto* made = As<ComplaintMade>(event)) {
    const Hash128 content = ContentOf(event, made->summary, {});
    MAINSTAY_TRY_ASSIGN(incident, Raise(context, book, event, "complaint", made->complaint.raw(), content));
    if (!incident) return Folded{true, false};
    signals.complaints.push_back({event.id, event.time, incident->resolved_at});
  } else if (const auto* handled = As<EmergencyResolved>(event)) {
    return Resolve(context, book, event, "emergency", handled->emergency.raw(), signals.emergencies);
  } else if (const auto* resolved = As<ComplaintResolved>(event)) {
    return Resolve(context, book, event, "complaint", resolved->complaint.raw(), signals.complaints);
  } else {
    return Folded{};
  }
  risk::Normalise(signals, context.Now());
  return Folded{};
}

Result<void> FoldCounted(stream::Context& context, const BookId& book, const InEvent& event, ClientRecord& client) {
  if (As<CompetitorCalled>(event) != nullptr) {
    client.signals.competitor_calls.push_back({event.id, event.time});
    risk::Normalise(client.signals, context.Now());
    return Count(context, book, event, BookFact::kCompetitorCall, client);
  }
  if (As<ReferralGiven>(event) != nullptr) return Count(context, book, event, BookFact::kReferral, client);
  const auto* lost = As<ClientLost>(event);
  if (lost == nullptr) return {};
  const bool competition = lost->reason == LossReason::kCompetitor;
  return Count(context, book, event, competition ? BookFact::kLostToCompetition : BookFact::kLostOtherwise, client);
}

// What was taken back, before or after it came, says nothing.
void FoldSentiment(const InEvent& event, Instant now, ClientRecord& client) {
  std::vector<risk::Sentiment>& sentiments = client.signals.sentiments;
  if (const auto* retracted = As<TouchRetracted>(event)) {
    std::erase_if(sentiments, [&](const risk::Sentiment& s) {
      return s.event == retracted->touch && (s.source.empty() || s.source == event.source);
    });
    return;
  }
  const auto* touched = As<Touched>(event);
  if (touched == nullptr || !touched->sentiment || IsRetracted(client.plan, {event.source, event.id})) return;
  sentiments.push_back({event.id, event.time, *touched->sentiment, event.source});
  risk::Normalise(client.signals, now);
}

Folded FoldStatus(const InEvent& event, ClientRecord& client) {
  const bool returned = As<ClientReturned>(event) != nullptr;
  if (!returned && As<ClientLost>(event) == nullptr) return {};
  if (!client.status_set.Accept(event)) return {};
  if (returned) {
    // What happened before a client came back is no news about it.
    std::optional<Instant>& rules_from = client.signals.rules_from;
    rules_from = std::max(rules_from.value_or(event.time), event.time);
  }
  return {false, true};
}

}  // namespace

Result<Folded> FoldFacts(stream::Context& context, Book& book, const InEvent& event, ClientRecord& client) {
  if (const auto* registered = As<ClientRegistered>(event)) {
    MAINSTAY_TRY(FoldAttributes(registered->attributes, event, client));
  }
  if (const auto* updated = As<ClientUpdated>(event)) MAINSTAY_TRY(FoldAttributes(updated->changes, event, client));
  if (const auto* owner = As<OwnerChanged>(event)) FoldOwner(owner->owner, event, client);
  if (As<Touched>(event) != nullptr) {
    book.record.last_touch = std::max(book.record.last_touch.value_or(event.time), event.time);
  }
  MAINSTAY_TRY_ASSIGN(order, FoldOrder(context, book, event, client));
  if (order.already_seen) return order;
  MAINSTAY_TRY_ASSIGN(incident, FoldIncident(context, book.id, event, client));
  if (incident.already_seen) return incident;
  MAINSTAY_TRY(FoldCounted(context, book.id, event, client));
  MAINSTAY_TRY_ASSIGN(agreed, FoldAgreements(context, book.id, event, client));
  if (agreed.already_seen) return agreed;
  MAINSTAY_TRY(FoldTopics(context, book.id, event));
  MAINSTAY_TRY(FoldAttention(context, book.id, event, client.plan));
  MAINSTAY_TRY(FoldLeads(context, book, event, client));
  MAINSTAY_TRY(DropEffort(context, book.id, event, client.plan));
  FoldSentiment(event, context.Now(), client);
  return FoldStatus(event, client);
}

}  // namespace mainstay::cadence
