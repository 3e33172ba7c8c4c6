// InEvent <-> bytes of a record on the topics client-events and touch-events.
//
// Decoding checks everything that needs no state and no clock: known type; id, source, book and client there and
// well formed (1..256 bytes of UTF-8 without control characters); required fields; ranges; money with a currency;
// all lines of an order in one currency; dates; ends not before starts. An error is kInvalidArgument whose
// `field` is the path of the offending value as a sender writes it ("subject", "data.lines[0].amount.currency")
// and whose message a person understands. Without a field: the bytes are no event at all.
//
// All functions are pure and may be called from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/vocabulary/events.h"
#include "mainstay/wire/envelope.h"

namespace mainstay::wire {

// Bytes of a record: our protobuf envelope, or CloudEvents 1.0 structured JSON when they start with '{'.
[[nodiscard]] Result<InEvent> DecodeInEvent(std::string_view bytes);
// The same from an envelope already taken apart (a row of a file, a gRPC request).
[[nodiscard]] Result<InEvent> DecodeInEvent(const EnvelopeHead& head);
[[nodiscard]] Result<InEvent> DecodeInEvent(const Envelope& envelope);

// The protobuf envelope of `event`, deterministic. Money is written in its shortest form (FormatMoney).
[[nodiscard]] std::string EncodeInEvent(const InEvent& event);
[[nodiscard]] Envelope ToEnvelope(const InEvent& event);

// "mainstay.client.OrderPlaced.v1"; static storage.
[[nodiscard]] std::string_view TypeName(const InEventData& data);

// How far beyond the receiver's clock an event's time may be.
inline constexpr Duration kMaxClockSkew = std::chrono::minutes{5};
// Refuses an event whose time is more than kMaxClockSkew beyond `now`. Error field: "time".
[[nodiscard]] Result<void> ValidateTime(const InEvent& event, Instant now);

// The public topic an accepted type belongs on.
enum class InTopic : std::uint8_t { kClientEvents, kTouchEvents };
// Error field: "type", for a type that Mainstay does not accept.
[[nodiscard]] Result<InTopic> TopicOfType(std::string_view type);

}  // namespace mainstay::wire
