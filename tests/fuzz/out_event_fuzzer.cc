// Any bytes of an output topic, as another service reads them.
#include <string>
#include <string_view>

#include "fuzz_target.h"
#include "mainstay/base/check.h"
#include "mainstay/wire/out_event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* raw, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(raw), size);
  const auto event = mainstay::wire::DecodeOutEvent(bytes);
  if (!event) {
    ++mainstay::fuzz::TargetCounts().refused;
    MAINSTAY_CHECK(!event.error().message.empty(), "a refusal without a reason");
    return 0;
  }
  ++mainstay::fuzz::TargetCounts().accepted;
  const auto again = mainstay::wire::DecodeOutEvent(mainstay::wire::EncodeOutEvent(*event));
  MAINSTAY_CHECK(again.has_value() && *again == *event, "decode(encode(x)) is not x");
  return 0;
}
