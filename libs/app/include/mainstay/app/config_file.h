// Settings from a file in protobuf text format, with overrides from the command line.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"

namespace mainstay::app {

// Merges text format into `config`. kInvalidArgument: "<name>:3:7: no field named \"kafka_broker\" ..."; every mistake
// found is named, in one line.
[[nodiscard]] Result<void> MergeText(std::string_view text, const std::string& name, google::protobuf::Message& config);
// The same from a file. kUnavailable when it cannot be read.
[[nodiscard]] Result<void> MergeFile(const std::string& path, google::protobuf::Message& config);

// "field=value", as from --set. A field of the message itself or of its `process`; repeated fields take values divided
// by commas, maps "field=key:value". kInvalidArgument with the field.
[[nodiscard]] Result<void> Override(const std::string& assignment, google::protobuf::Message& config);

// Text format that MergeText reads again.
[[nodiscard]] std::string PrintText(const google::protobuf::Message& config);

}  // namespace mainstay::app
