// Who spoke last: facts end in the same state whatever order they arrive in.
#pragma once

#include <compare>
#include <utility>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/events.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay {

// When something was last said, and by which event: a newer word stands, of equally old ones that of the larger id.
struct Stamp {
  Instant at = Instant::min();
  EventId event;
  friend auto operator<=>(const Stamp&, const Stamp&) = default;

  // False: `said` is older than what stands.
  [[nodiscard]] bool Accept(const InEvent& said) {
    Stamp next{said.time, said.id};
    if (next < *this) return false;
    *this = std::move(next);
    return true;
  }
};

}  // namespace mainstay
