// The minutes of touches that a client's plan no longer keeps, each touch once however often and in whatever order it
// comes.
//
// A few wait packed in the client's record, which is written anyway; when they are many they become one entry of
// kEffort below the client, so that a touch does not cost an entry of its own. Packed: a format byte, then of each
// touch its instant (zig-zag varint, ms), 32 bits of a hash of its source and id, its minutes (varint).
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/cadence/plan.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "state.h"

namespace mainstay::cadence {

// Of one touch.
struct Effort {
  Instant at{};
  std::uint32_t touch = 0;  // Tells touches of one instant apart.
  std::int64_t minutes = 0;
  friend auto operator<=>(const Effort&, const Effort&) = default;
};

// Appends what is packed; nothing packed is nothing. Errors: kDataLoss.
[[nodiscard]] Result<void> ReadEffort(std::string_view packed, std::vector<Effort>& to);
// The same of an entry of kEffort, `key` being its part below the client; also of a single touch, as entries were until
// 2026-11.
[[nodiscard]] Result<void> ReadEffortEntry(std::string_view key, std::string_view value, std::vector<Effort>& to);

// Keeps the minutes of a touch that the plan of `client` does not keep.
void KeepEffort(stream::Context& context, const BookId& book, const ClientId& id, const KeptTouch& touch,
                ClientRecord& client);
// What waits in the record `from` is kept for `client`, too. Errors: kDataLoss.
[[nodiscard]] Result<void> MoveEffort(stream::Context& context, const BookId& book, const ClientId& id,
                                      const ClientRecord& from, ClientRecord& client);
// Drops the minutes of touches that are too old for every list, and those that were kept below the client until
// 2026-11 though the plan keeps the touch. `plan` is the client's before the event.
[[nodiscard]] Result<void> DropEffort(stream::Context& context, const BookId& book, const InEvent& event,
                                      const ClientPlan& plan);

}  // namespace mainstay::cadence
