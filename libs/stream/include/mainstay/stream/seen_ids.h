// The ids of events that a transaction has seen for the first time: one for every event, so each takes little room.
//
// The last ones can be taken back, as an overlay's writes can. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/stream/ports.h"

namespace mainstay::stream {

class SeenIds {
 public:
  // An entry and its slots.
  static constexpr std::size_t kEntryBytes = 40;

  // When the id was seen, as of the last Add.
  [[nodiscard]] std::optional<std::int64_t> Find(const Hash128& id) const;
  // Also of an id that is there: the new time hides the one before.
  void Add(const Hash128& id, std::int64_t at_ms);
  // Takes back what was added since there were `size` entries.
  void TakeBack(std::size_t size);
  void Clear();
  // Entries, hidden ones included.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // Every id once, with its last time, in the order in which they came.
  [[nodiscard]] std::vector<SeenId> All() const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Entry {
    SeenId seen;
    std::uint32_t hides = kNone;
  };
  // Where the id is, or the free slot where it belongs. REQUIRES: a free slot.
  [[nodiscard]] std::size_t SlotOf(const Hash128& id) const;
  void Grow();

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // Places of entries; a power of two, at most half taken.
};

}  // namespace mainstay::stream
