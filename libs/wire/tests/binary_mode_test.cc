#include "mainstay/wire/binary_mode.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mainstay/wire/cloud_event.h"
#include "mainstay/wire/in_event.h"

namespace mainstay::wire {
namespace {

Envelope Call() {
  const auto envelope = ParseCloudEvent(
      R"({"specversion":"1.0","id":"e3","source":"tel","type":"mainstay.touch.Touched.v1",)"
      R"("time":"2026-01-07T15:00:00Z",)"
      R"("partitionkey":"north","subject":"acme","data":{"repId":"ann","role":"SALES","channel":"CALL",)"
      R"("direction":"OUTBOUND","minutes":5,"sentiment":0.4}})");
  return envelope.value();
}

std::string HeaderOf(const BinaryMode& event, const std::string& name) {
  const auto found = std::find_if(event.headers.begin(), event.headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  return found == event.headers.end() ? "(none)" : found->second;
}

TEST(BinaryMode, WhatIsWrittenIsReadAgainByteForByte) {
  const std::string bytes = EncodeEnvelope(Call());
  const auto event = ToBinaryMode(bytes);
  ASSERT_TRUE(event);
  EXPECT_EQ(HeaderOf(*event, "ce_specversion"), "1.0");
  EXPECT_EQ(HeaderOf(*event, "ce_type"), "mainstay.touch.Touched.v1");
  EXPECT_EQ(HeaderOf(*event, "ce_time"), "2026-01-07T15:00:00Z");
  EXPECT_EQ(HeaderOf(*event, "ce_partitionkey"), "north");
  EXPECT_EQ(HeaderOf(*event, "ce_subject"), "acme");
  EXPECT_EQ(HeaderOf(*event, "ce_traceparent"), "(none)");
  EXPECT_EQ(HeaderOf(*event, "content-type"), "application/json");
  EXPECT_EQ(event->data.front(), '{');
  EXPECT_EQ(FromBinaryMode(*event), bytes);
}

TEST(BinaryMode, ProtobufDataIsAccepted) {
  const Envelope call = Call();
  auto event = ToBinaryMode(EncodeEnvelope(call)).value();
  for (auto& [name, value] : event.headers) {
    if (name == "content-type") value = "application/protobuf";
  }
  event.data = call.data;
  EXPECT_EQ(FromBinaryMode(event), EncodeEnvelope(call));
}

TEST(BinaryMode, AForeignRecordWithHeadersOfItsOwnKeepsItsBytes) {
  EXPECT_EQ(FromBinaryMode({{{"trace", "1"}, {"content-type", "application/json"}}, "{\"a\":1}"}), "{\"a\":1}");
}

TEST(BinaryMode, AWrongHeaderIsNamedWhenTheRecordIsDecoded) {
  for (const char* wrong : {"time", "id", "type", "specversion", "partitionkey"}) {
    SCOPED_TRACE(wrong);
    auto event = ToBinaryMode(EncodeEnvelope(Call())).value();
    for (auto& [name, value] : event.headers) {
      if (name == std::string("ce_") + wrong) value = wrong == std::string("time") ? "yesterday" : "";
    }
    const auto decoded = DecodeInEvent(FromBinaryMode(event));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().field, wrong) << decoded.error().message;
  }
}

}  // namespace
}  // namespace mainstay::wire
