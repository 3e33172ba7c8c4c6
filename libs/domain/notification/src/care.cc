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
void ContactMade(ClientCare& care, Instant at) { Latest(care.last_contact_at, at); }

bool HasOpenEmergency(const ClientCare& care) { return AnyOpen(care.emergencies); }
bool HasOpenComplaint(const ClientCare& care) { return AnyOpen(care.complaints); }
bool IsLost(const ClientCare& care) { return care.lost_at && (!care.returned_at || *care.returned_at < *care.lost_at); }

}  // namespace mainstay::notification
