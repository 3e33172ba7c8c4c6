// Envelope: one event as it lies on a log, with its data still as bytes. The attributes are those of
// CloudEvents 1.0; `type` says which message of proto/mainstay/event/v1 the data is.
#pragma once

#include <string>
#include <string_view>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"

namespace mainstay::wire {

struct Envelope {
  std::string id;  // Unique with `source`.
  std::string source;
  std::string type;  // mainstay.<context>.<Name>.v1
  Instant time{};
  std::string book;         // CloudEvents `partitionkey`.
  std::string client;       // CloudEvents `subject`; empty: absent.
  std::string traceparent;  // W3C; empty: absent.
  std::string data;         // Serialized message of that type.
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

// The same, as views into the decoded bytes: valid as long as those are.
struct EnvelopeHead {
  std::string_view id;
  std::string_view source;
  std::string_view type;
  Instant time{};
  std::string_view book;
  std::string_view client;
  std::string_view traceparent;
  std::string_view data;
};

// Deterministic: equal envelopes give equal bytes.
[[nodiscard]] std::string EncodeEnvelope(const Envelope& envelope);

// Reads the bytes of EncodeEnvelope (a proto mainstay.event.v1.Envelope; unknown fields are skipped) without
// copying; well under a microsecond. Says nothing about whether the attributes are there or the type is known.
// Error: kInvalidArgument without a field, when the bytes are not an envelope.
[[nodiscard]] Result<EnvelopeHead> DecodeEnvelopeHead(std::string_view bytes);
[[nodiscard]] Result<Envelope> DecodeEnvelope(std::string_view bytes);

// `head` with its own copies of the bytes.
[[nodiscard]] Envelope Copy(const EnvelopeHead& head);

}  // namespace mainstay::wire
