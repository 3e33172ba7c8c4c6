// The hand-written envelope reader against protobuf's own: where both accept, they read the same.
#include <string>
#include <string_view>

#include "fuzz_target.h"
#include "mainstay/base/check.h"
#include "mainstay/event/v1/envelope.pb.h"
#include "mainstay/wire/envelope.h"

namespace {

void SameAsProtobuf(const mainstay::wire::EnvelopeHead& head, std::string_view bytes) {
  mainstay::event::v1::Envelope message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  MAINSTAY_CHECK(head.id == message.id(), "id differs");
  MAINSTAY_CHECK(head.source == message.source(), "source differs");
  MAINSTAY_CHECK(head.type == message.type(), "type differs");
  MAINSTAY_CHECK(mainstay::ToMs(head.time) == message.time_ms(), "time differs");
  MAINSTAY_CHECK(head.book == message.partitionkey(), "book differs");
  MAINSTAY_CHECK(head.client == message.subject(), "client differs");
  MAINSTAY_CHECK(head.traceparent == message.traceparent(), "traceparent differs");
  MAINSTAY_CHECK(head.data == message.data(), "data differs");
  const mainstay::wire::Envelope copy = mainstay::wire::Copy(head);
  if (copy == mainstay::wire::Envelope{}) return;  // Only unknown fields: encodes to nothing, which is no event.
  const auto again = mainstay::wire::DecodeEnvelope(mainstay::wire::EncodeEnvelope(copy));
  MAINSTAY_CHECK(again.has_value() && *again == copy, "decode(encode(x)) is not x");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* raw, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(raw), size);
  const auto head = mainstay::wire::DecodeEnvelopeHead(bytes);
  if (!head) {
    ++mainstay::fuzz::TargetCounts().refused;
    return 0;
  }
  ++mainstay::fuzz::TargetCounts().accepted;
  SameAsProtobuf(*head, bytes);
  return 0;
}
