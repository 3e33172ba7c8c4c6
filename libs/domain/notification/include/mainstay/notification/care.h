// What must be quiet before a client may be offered anything: help first.
//
// A fold of facts that converges: the same facts in any order (also late, also repeated) give the same answers.
// Pure; one value per client, held by the caller.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"

namespace mainstay::notification {

inline constexpr int kDetractorScore = 6;  // NPS: 0..6 are detractors.

struct ClientCare {
  // One emergency or complaint; both halves may come in either order.
  struct Condition {
    std::string id;
    bool opened = false;
    bool closed = false;
    friend bool operator==(const Condition&, const Condition&) = default;
  };
  std::vector<Condition> emergencies;  // Sorted by id.
  std::vector<Condition> complaints;   // Sorted by id.
  std::optional<Instant> last_detractor_at;
  std::optional<Instant> lost_at;
  std::optional<Instant> returned_at;
  std::optional<Instant> last_contact_at;  // Latest touch, of any role.
  bool erased = false;
  friend bool operator==(const ClientCare&, const ClientCare&) = default;
};

void EmergencyRaised(ClientCare& care, std::string_view id);
void EmergencyResolved(ClientCare& care, std::string_view id);
void ComplaintMade(ClientCare& care, std::string_view id);
void ComplaintResolved(ClientCare& care, std::string_view id);
void SurveyAnswered(ClientCare& care, int score, Instant at);
void ClientLost(ClientCare& care, Instant at);
void ClientReturned(ClientCare& care, Instant at);
void ContactMade(ClientCare& care, Instant at);

[[nodiscard]] bool HasOpenEmergency(const ClientCare& care);
[[nodiscard]] bool HasOpenComplaint(const ClientCare& care);
// Lost and not returned at that time or later.
[[nodiscard]] bool IsLost(const ClientCare& care);

}  // namespace mainstay::notification
