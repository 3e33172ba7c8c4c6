// What a file reader makes of its files: events ready to publish, and what it had to refuse.
//
// Counts are source rows: every row of a file ends in exactly one of accepted, duplicates, rejected, skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/wire/envelope.h"
#include "mainstay/wire/in_event.h"

namespace mainstay::import {

struct RowPlace {
  std::uint32_t file = 0;    // Index of the file.
  std::uint64_t line = 0;    // 1-based physical line.
  std::uint32_t column = 1;  // 1-based.
};

struct RowError {
  RowPlace place;
  std::string reason;
};

struct PreparedEvent {
  wire::Envelope envelope;
  wire::InTopic topic = wire::InTopic::kClientEvents;
  RowPlace place;           // Of its first row.
  std::uint32_t rows = 1;   // How many source rows it carries.
  std::string source_line;  // Of a JSON line: to find the column of a late error; else empty.
};

struct PreparedImport {
  std::vector<PreparedEvent> events;
  std::vector<RowError> errors;
  std::uint64_t rows = 0;
  std::uint64_t rejected = 0;
  std::uint64_t skipped_no_client = 0;
};

// Sorts by (time, topic, client, source, id): the order of a file's rows never changes the result.
void SortForPublishing(PreparedImport& prepared);

// The zone that the newest CalendarSet of `book` among the events names ("UTC" if it names none); nullopt without one.
[[nodiscard]] std::optional<std::string> ZoneSetIn(const PreparedImport& prepared, const BookId& book);

// Checks `event` as the door will and adds it, or the reason why not.
void AddChecked(PreparedImport& prepared, PreparedEvent event);
void Reject(PreparedImport& prepared, RowPlace place, std::uint32_t rows, std::string reason);

}  // namespace mainstay::import
