// Any line of a file of events: an error whose column lies in the line, or an envelope that survives.
#include <string>
#include <string_view>

#include "fuzz_target.h"
#include "mainstay/base/check.h"
#include "mainstay/wire/cloud_event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* raw, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(raw), size);
  const auto envelope = mainstay::wire::ParseCloudEvent(text);
  if (!envelope) {
    ++mainstay::fuzz::TargetCounts().refused;
    const std::size_t column = mainstay::wire::ErrorColumn(text, envelope.error());
    MAINSTAY_CHECK(column >= 1 && column <= text.size() + 1, "the column is outside the line");
    return 0;
  }
  ++mainstay::fuzz::TargetCounts().accepted;
  const auto line = mainstay::wire::FormatCloudEvent(*envelope);
  MAINSTAY_CHECK(line.has_value(), "an accepted line cannot be written");
  const auto again = mainstay::wire::ParseCloudEvent(*line);
  MAINSTAY_CHECK(again.has_value() && *again == *envelope, "parse(format(x)) is not x");
  return 0;
}
