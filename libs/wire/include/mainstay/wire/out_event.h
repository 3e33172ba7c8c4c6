// OutEvent <-> bytes of a record on the topics Mainstay writes. Encoding is deterministic: an equal event gives
// equal bytes, so a repeated decision can be recognised. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/vocabulary/out_events.h"
#include "mainstay/wire/envelope.h"

namespace mainstay::wire {

// The protobuf envelope. `source` is the service that owns the type: "mainstay/segmentation" (segment),
// "mainstay/cadence" (cadence, risk, model), "mainstay/notification" (prompt, delivery).
[[nodiscard]] std::string EncodeOutEvent(const OutEvent& event);
[[nodiscard]] Envelope ToEnvelope(const OutEvent& event);

// Error: kInvalidArgument; field "type" for a type that is no OutEvent (also the catalogue's out types that have
// no domain value yet, such as CreditPosted: skip them by TypeName or this field).
[[nodiscard]] Result<OutEvent> DecodeOutEvent(std::string_view bytes);

// "mainstay.risk.ChurnRiskChanged.v1"; static storage.
[[nodiscard]] std::string_view TypeName(const OutEventData& data);

// The topic a published type belongs on.
enum class OutTopic : std::uint8_t {
  kSegments,
  kCadenceEvents,
  kChurnRisk,
  kModelParameters,
  kUpsellPrompts,
  kDeliveries,
};
// Error field: "type".
[[nodiscard]] Result<OutTopic> OutTopicOfType(std::string_view type);

}  // namespace mainstay::wire
