// What personas are asked for: what if all clients were like the best, what do draining ones cost the others, what part
// of the revenue is stagnant, and when was a stagnant client last offered something better. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/segmentation/persona.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::segmentation {

// A paying client.
struct PersonaClient {
  ClientId id;
  Persona persona = Persona::kNone;
  PersonaFacts facts;
  std::optional<Instant> last_offer;
};

struct PersonaTotal {
  Persona persona = Persona::kNone;
  std::int64_t clients = 0;
  Money revenue;
  std::int64_t minutes = 0;               // In 365 days.
  std::optional<double> share{};          // Of the revenue of all.
  std::optional<double> minutes_share{};  // Of the minutes of all; absent where nobody took any.
};

// Every paying client with the mean revenue and the mean minutes of the best ones.
struct AllLikeTheBest {
  Money revenue;
  double minutes = 0;
};

// What draining clients take from the others.
struct DrainingCost {
  double excess_minutes = 0;  // Beyond those of the book's median effort for their revenue.
  Money contribution;         // What they leave: margin less the cost of their minutes.
  Money elsewhere;            // What their minutes leave with clients of the median effort.
  Money cost;                 // elsewhere - contribution, of each where it is above zero.
};

struct StagnantClient {
  ClientId id;
  Money revenue;
  std::optional<Instant> last_offer;
};

struct PersonaAnswers {
  std::vector<PersonaTotal> totals;                 // Best, draining, stagnant, unclassified; empty without personas.
  std::optional<AllLikeTheBest> all_like_the_best;  // Absent without a best client.
  DrainingCost draining;
  std::vector<StagnantClient> stagnant;  // Those that were never offered anything, then longest ago; then by id.
  [[nodiscard]] bool HasDraining() const { return !totals.empty() && totals[1].clients > 0; }
};

// `clients`: every paying client of a book, in any order, with `lines` their efforts' lines.
[[nodiscard]] PersonaAnswers AnswerPersonas(std::span<const PersonaClient> clients,
                                            const std::optional<EffortLines>& lines, const PolicyValues& policy);

}  // namespace mainstay::segmentation
