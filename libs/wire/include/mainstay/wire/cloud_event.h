// CloudEvents 1.0 structured JSON <-> Envelope: files of events, webhooks, `mainstay events`, `mainstay publish`.
//
// `data` is the proto JSON of the type's message: lowerCamelCase names (the proto names are read too), 64-bit
// integers as strings (numbers are read too), enums by name, money as {"amount":"139.12","currency":"GBP"}.
// Unknown attributes and unknown data fields are ignored.
// Works for every type of the catalogue, in and out. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/wire/envelope.h"

namespace mainstay::wire {

// One JSON object. Refused, naming the field: no specversion 1.0, id, source, type, time or partitionkey; an
// unknown type; a data field whose JSON is not of its type. Text that is no JSON: an error without field that
// says the column. Ranges and the like are checked by DecodeInEvent(envelope).
[[nodiscard]] Result<Envelope> ParseCloudEvent(std::string_view json);

// One line without its end: specversion, id, source, type, time, partitionkey, [subject], [traceparent],
// datacontenttype, data. Error: field "type" or "data" if the data cannot be read as the type says.
[[nodiscard]] Result<std::string> FormatCloudEvent(const Envelope& envelope);

// Only the data part: proto JSON -> the message's bytes, and back.
[[nodiscard]] Result<std::string> DataFromJson(std::string_view type, std::string_view json);
[[nodiscard]] Result<std::string> DataToJson(std::string_view type, std::string_view data);

// Where in `json` an error of ParseCloudEvent or DecodeInEvent lies: the 1-based byte column of the field's value,
// or of the syntax error; of the closest enclosing object if the field is missing; 1 if nothing better is known.
[[nodiscard]] std::size_t ErrorColumn(std::string_view json, const Error& error);

}  // namespace mainstay::wire
