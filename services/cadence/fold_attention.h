// What was asked, offered, and with whom we spoke at one client: what the lists of gaps and the review need.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/cadence/kept_touches.h"
#include "mainstay/cadence/plan.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "state.h"

namespace mainstay::cadence {

inline constexpr std::size_t kKeptSurveys = 64;       // The newest of a client.
inline constexpr std::size_t kKeptContacts = 64;      // Those touched last.
inline constexpr std::size_t kTouchesOfAContact = 4;  // So many may be taken back.

struct Survey {
  SurveyId id;
  std::optional<ContactId> contact;
  Instant at{};
  std::int32_t score = 0;
};

struct ContactTouches {
  ContactId contact;
  KeptTouches touches;  // Newest first, never empty.
};

struct Attention {
  std::optional<Instant> last_offer;
  std::vector<Survey> surveys;           // By time, then survey and contact: one answer of each contact to each.
  std::vector<ContactTouches> contacts;  // By id.
};

[[nodiscard]] Result<Attention> DecodeAttention(std::string_view bytes);

// OfferMade, SurveyAnswered, touches of named contacts and their retraction; other events are nothing to it. `plan`
// is the client's before the event.
[[nodiscard]] Result<void> FoldAttention(stream::Context& context, const BookId& book, const InEvent& event,
                                         const ClientPlan& plan);
// What is kept of `from` is `into`'s.
[[nodiscard]] Result<void> MergeAttention(stream::Context& context, const BookId& book, const ClientId& from,
                                          const ClientId& into);

}  // namespace mainstay::cadence
