#include "mainstay/notification/care.h"

#include <algorithm>

namespace mainstay::notification {
namespace {

ClientCare::Condition& Find(std::vector<ClientCare::Condition>& conditions, std::string_view id) {
  auto at = std::lower_bound(conditions.begin(), conditions.end(), id,
                             [](const auto& condition, std::string_view wanted) { return condition.id < wanted; });
  if (at == conditions.end() || at->id != id) at = conditions.insert(at, {std::string(id), false, false});
  return *at;
}

bool AnyOpen(const std::vector<ClientCare::Condition>& conditions) {
  return std::any_of(conditions.begin(), conditions.end(), [](const auto& c) { return c.opened && !c.closed; });
}

void Latest(std::optional<Instant>& kept, Instant at) {
  if (!kept || *kept < at) kept = at;
}

}  // namespace

void EmergencyRaised(ClientCare& care, std::string_view id) { Find(care.emergencies, id).opened = true; }
void EmergencyResolved(ClientCare& care, std::string_view id) { Find(care.emergencies, id).closed = true; }
void ComplaintMade(ClientCare& care, std::string_view id) { Find(care.complaints, id).opened = true; }
void ComplaintResolved(ClientCare& care, std::string_view id) { Find(care.complaints, id).closed = true; }
void SurveyAnswered(ClientCare& care, int score, Instant at) {
  if (score <= kDetractorScore) Latest(care.last_detractor_at, at);
}
void ClientLost(ClientCare& care, Instant at) { Latest(care.lost_at, at); }
void ClientReturned(ClientCare& care, Instant at) { Latest(care.returned_at, at); }

void ContactMade(ClientCare& care, std::string_view touch, Instant at) {
  if (std::find(care.retractions.begin(), care.retractions.end(), touch) != care.retractions.end()) return;
  const ClientCare::Contact contact{at, std::string(touch)};
  const auto place = std::lower_bound(care.contacts.begin(), care.contacts.end(), contact);
  if (place != care.contacts.end() && *place == contact) return;
  care.contacts.insert(place, contact);
  if (care.contacts.size() > kKeptContacts) care.contacts.erase(care.contacts.begin());
}

void ContactRetracted(ClientCare& care, std::string_view touch) {
  std::erase_if(care.contacts, [&](const auto& contact) { return contact.touch == touch; });
  if (std::find(care.retractions.begin(), care.retractions.end(), touch) != care.retractions.end()) return;
  care.retractions.emplace_back(touch);
  if (care.retractions.size() > kKeptRetractions) care.retractions.erase(care.retractions.begin());
}

std::optional<Instant> LastContact(const ClientCare& care) {
  return care.contacts.empty() ? std::nullopt : std::optional(care.contacts.back().at);
}

void MergeCare(const ClientCare& from, ClientCare& into) {
  const auto join = [](const auto& conditions, auto& all) {
    for (const ClientCare::Condition& condition : conditions) {
      ClientCare::Condition& joined = Find(all, condition.id);
      joined.opened = joined.opened || condition.opened;
      joined.closed = joined.closed || condition.closed;
    }
  };
  join(from.emergencies, into.emergencies);
  join(from.complaints, into.complaints);
  if (from.last_detractor_at) Latest(into.last_detractor_at, *from.last_detractor_at);
  for (const std::string& touch : from.retractions) ContactRetracted(into, touch);
  for (const ClientCare::Contact& contact : from.contacts) ContactMade(into, contact.touch, contact.at);
}

bool HasOpenEmergency(const ClientCare& care) { return AnyOpen(care.emergencies); }
bool HasOpenComplaint(const ClientCare& care) { return AnyOpen(care.complaints); }
bool IsLost(const ClientCare& care) { return care.lost_at && (!care.returned_at || *care.returned_at < *care.lost_at); }

}  // namespace mainstay::notification
