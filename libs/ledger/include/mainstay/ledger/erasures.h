// Which clients were erased, and when: what happened to them before is not taken again, whoever sends it. No name is
// kept, only a hash of it.
#pragma once

#include <optional>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"

namespace mainstay::ledger {

class Erasures {
 public:
  explicit constexpr Erasures(stream::TableId table) : table_(table) {}  // The service's own table.

  [[nodiscard]] constexpr stream::TableId table() const { return table_; }
  // REQUIRES: `erased` is about a client, here and below.
  void Mark(stream::Context& context, const InEvent& erased) const;
  // True iff `event` happened no later than its client was erased.
  [[nodiscard]] Result<bool> Covers(stream::Context& context, const InEvent& event) const;
  // When its client was erased; nullopt: never.
  [[nodiscard]] Result<std::optional<Instant>> ErasedAt(stream::Context& context, const InEvent& event) const;

 private:
  stream::TableId table_;
};

}  // namespace mainstay::ledger
