#include "prepared_import.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "mainstay/wire/cloud_event.h"

namespace mainstay::import {

void SortForPublishing(PreparedImport& prepared) {
  const auto key = [](const PreparedEvent& event) {
    const wire::Envelope& e = event.envelope;
    return std::tie(e.time, event.topic, e.client, e.source, e.id);
  };
  std::sort(prepared.events.begin(), prepared.events.end(),
            [&](const PreparedEvent& a, const PreparedEvent& b) { return key(a) < key(b); });
}

void Reject(PreparedImport& prepared, RowPlace place, std::uint32_t rows, std::string reason) {
  prepared.rejected += rows;
  prepared.errors.push_back({place, std::move(reason)});
}

std::optional<std::string> ZoneSetIn(const PreparedImport& prepared, const BookId& book) {
  const wire::Envelope* newest = nullptr;
  for (const PreparedEvent& event : prepared.events) {
    const wire::Envelope& envelope = event.envelope;
    if (envelope.type != "mainstay.book.CalendarSet.v1" || envelope.book != book.raw()) continue;
    if (newest == nullptr || std::tie(newest->time, newest->id) < std::tie(envelope.time, envelope.id)) {
      newest = &envelope;
    }
  }
  if (newest == nullptr) return std::nullopt;
  const auto decoded = wire::DecodeInEvent(*newest);
  const auto* calendar = decoded ? std::get_if<CalendarSet>(&decoded->data) : nullptr;
  return calendar == nullptr ? std::nullopt : std::optional(calendar->time_zone.value_or("UTC"));
}

void AddChecked(PreparedImport& prepared, PreparedEvent event) {
  const Result<wire::InTopic> topic = wire::TopicOfType(event.envelope.type);
  Error error;
  if (topic) {
    const auto decoded = wire::DecodeInEvent(event.envelope);
    if (decoded) {
      event.topic = *topic;
      prepared.events.push_back(std::move(event));
      return;
    }
    error = decoded.error();
  } else {
    error = topic.error();
  }
  if (!event.source_line.empty()) {
    event.place.column = static_cast<std::uint32_t>(wire::ErrorColumn(event.source_line, error));
  }
  Reject(prepared, event.place, event.rows, Describe(error));
}

}  // namespace mainstay::import
