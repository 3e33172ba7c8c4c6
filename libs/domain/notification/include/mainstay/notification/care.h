// What must be quiet before a client may be offered anything: help first.
//
// A fold of facts that converges: the same facts in any order (also late, also repeated) give the same answers.
// Pure; one value per client, held by the caller.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"

namespace mainstay::notification {

inline constexpr std::size_t kKeptContacts = 16;
inline constexpr std::size_t kKeptRetractions = 16;
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
  // A touch of any role. `touch` tells it from all others: event ids are unique with their source only.
  struct Contact {
    Instant at;
    std::string touch;
    friend auto operator<=>(const Contact&, const Contact&) = default;
  };
  std::vector<Contact> contacts;         // Sorted; the newest kKeptContacts that were not taken back.
  std::vector<std::string> retractions;  // Touches taken back, the newest kKeptRetractions of them last.
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
void ContactMade(ClientCare& care, std::string_view touch, Instant at);
// Takes a touch back, also one that is still to come. Of more than kKeptContacts touches the older ones are forgotten
// and do not come back.
void ContactRetracted(ClientCare& care, std::string_view touch);
[[nodiscard]] std::optional<Instant> LastContact(const ClientCare& care);
// `from` becomes one client with `into`: all that is known of it counts for `into`. Losses do not: a client that goes
// on under another name was not lost.
void MergeCare(const ClientCare& from, ClientCare& into);

[[nodiscard]] bool HasOpenEmergency(const ClientCare& care);
[[nodiscard]] bool HasOpenComplaint(const ClientCare& care);
// Lost and not returned at that time or later.
[[nodiscard]] bool IsLost(const ClientCare& care);

}  // namespace mainstay::notification
