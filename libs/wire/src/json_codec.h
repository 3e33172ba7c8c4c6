// Proto JSON of any message of the catalogue, by reflection.
#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"

namespace mainstay::wire {

// Fills `message` (empty before) from `json`. Unknown fields are ignored, null is absent. Error field: the path,
// beginning with `path` ("data").
[[nodiscard]] Result<void> ReadJson(const nlohmann::json& json, const std::string& path,
                                    google::protobuf::Message* message);

// Appends `message` as one JSON object without blanks, fields in the order of their declaration: lowerCamelCase,
// 64-bit integers as strings, enums by name, doubles shortest. A field without presence is written even when
// zero or empty; an absent optional, an unspecified enum and an empty list are left out.
void AppendJson(const google::protobuf::Message& message, std::string* out);
// Appends `text` as a JSON string. REQUIRES: UTF-8.
void AppendJsonString(std::string_view text, std::string* out);

// 0-based offset in well-formed `json` of the value at `path`, or of the deepest value on the way that is there.
[[nodiscard]] std::size_t LocateJson(std::string_view json, std::string_view path);

}  // namespace mainstay::wire
