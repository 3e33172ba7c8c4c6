// A time zone as a value: the rules are loaded outside the domain (libs/zoneinfo) and passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"

namespace mainstay {

using LocalTime = std::chrono::local_time<Duration>;  // Date and time on the wall of some zone.

struct ZoneTransition {
  Instant at;                      // From here on (inclusive) ...
  std::chrono::seconds offset{0};  // ... local time = UTC + offset.
  friend bool operator==(const ZoneTransition&, const ZoneTransition&) = default;
};

// Offsets of one zone from 1970 to 2100; before and after that the nearest known offset holds.
// Immutable, cheap to copy (shares its table), safe to read from any thread.
class ZoneRules {
 public:
  // UTC, with an empty data version.
  ZoneRules();
  // REQUIRES: `transitions` ascending by instant, no instant twice.
  ZoneRules(std::string name, std::string data_version, std::chrono::seconds initial_offset,
            std::vector<ZoneTransition> transitions);

  [[nodiscard]] const std::string& name() const { return table_->name; }
  // Release of the tz database the rules come from, e.g. "2025b". Kept in state next to what was computed with it.
  [[nodiscard]] const std::string& data_version() const { return table_->data_version; }

  [[nodiscard]] std::chrono::seconds OffsetAt(Instant at) const;
  [[nodiscard]] LocalTime ToLocal(Instant at) const;
  // The civil date on the wall at `at`.
  [[nodiscard]] Day LocalDay(Instant at) const;
  // A time the wall shows twice means the first showing (the offset before the change); a time it never shows
  // means the instant of the change, the first one after the gap.
  [[nodiscard]] Instant ToInstant(LocalTime local) const;
  // First instant of the day: 00:00, or where that is skipped the end of the gap. A day the zone skips as a whole
  // starts where the next one starts.
  [[nodiscard]] Instant StartOfDay(Day day) const;
  // The first instant after the day: StartOfDay of the day after, so days are [start, end).
  [[nodiscard]] Instant EndOfDay(Day day) const { return StartOfDay(day + std::chrono::days{1}); }

  friend bool operator==(const ZoneRules& a, const ZoneRules& b) {
    return a.table_ == b.table_ || *a.table_ == *b.table_;
  }

 private:
  struct Table {
    std::string name;
    std::string data_version;
    std::chrono::seconds initial_offset{0};
    std::vector<ZoneTransition> transitions;
    friend bool operator==(const Table&, const Table&) = default;
  };
  std::shared_ptr<const Table> table_;
};

}  // namespace mainstay
