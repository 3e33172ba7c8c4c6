// Any bytes of an input topic: a refusal with a reason, or an event that survives both encodings.
#include <string>
#include <string_view>

#include "fuzz_target.h"
#include "mainstay/base/check.h"
#include "mainstay/wire/cloud_event.h"
#include "mainstay/wire/in_event.h"

using mainstay::wire::DecodeInEvent;
using mainstay::wire::EncodeInEvent;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* raw, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(raw), size);
  const auto event = DecodeInEvent(bytes);
  if (!event) {
    ++mainstay::fuzz::TargetCounts().refused;
    MAINSTAY_CHECK(event.error().code == mainstay::ErrorCode::kInvalidArgument, "bad input has another code");
    MAINSTAY_CHECK(!event.error().message.empty(), "a refusal without a reason");
    return 0;
  }
  ++mainstay::fuzz::TargetCounts().accepted;
  const auto again = DecodeInEvent(EncodeInEvent(*event));
  MAINSTAY_CHECK(again.has_value() && *again == *event, "decode(encode(x)) is not x");
  const auto line = mainstay::wire::FormatCloudEvent(mainstay::wire::ToEnvelope(*event));
  MAINSTAY_CHECK(line.has_value(), "an accepted event cannot be shown");
  MAINSTAY_CHECK(line->find('\n') == std::string::npos, "one event is more than one line");
  const auto from_line = DecodeInEvent(*line);
  MAINSTAY_CHECK(from_line.has_value() && *from_line == *event, "the JSON line is another event");
  return 0;
}
