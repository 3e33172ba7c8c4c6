#include "mainstay/wire/envelope.h"

#include "mainstay/event/v1/envelope.pb.h"
#include "mainstay/wire/wire_bytes.h"
#include "serialize.h"

namespace mainstay::wire {
namespace {

tl::unexpected<Error> NoEnvelope() {
  return Fail(ErrorCode::kInvalidArgument, "these bytes are no event: neither our protobuf envelope nor JSON");
}

std::string_view* TextField(EnvelopeHead& head, std::uint64_t number) {
  switch (number) {
    case pb::Envelope::kIdFieldNumber: return &head.id;
    case pb::Envelope::kSourceFieldNumber: return &head.source;
    case pb::Envelope::kTypeFieldNumber: return &head.type;
    case pb::Envelope::kPartitionkeyFieldNumber: return &head.book;
    case pb::Envelope::kSubjectFieldNumber: return &head.client;
    case pb::Envelope::kTraceparentFieldNumber: return &head.traceparent;
    case pb::Envelope::kDataFieldNumber: return &head.data;
    default: return nullptr;
  }
}

}  // namespace

std::string EncodeEnvelope(const Envelope& envelope) {
  pb::Envelope message;
  message.set_id(envelope.id);
  message.set_source(envelope.source);
  message.set_type(envelope.type);
  message.set_time_ms(ToMs(envelope.time));
  message.set_partitionkey(envelope.book);
  message.set_subject(envelope.client);
  message.set_traceparent(envelope.traceparent);
  message.set_data(envelope.data);
  return SerializeDeterministic(message);
}

Result<EnvelopeHead> DecodeEnvelopeHead(std::string_view bytes) {
  if (bytes.empty()) return Fail(ErrorCode::kInvalidArgument, "this record is empty; an event was expected");
  EnvelopeHead head;
  for (WireBytes rest(bytes); !rest.done();) {
    std::uint64_t tag = 0;
    if (!rest.TakeVarint(&tag) || tag >> 3 == 0 || tag > 0xFFFF'FFFF) return NoEnvelope();
    const std::uint64_t wire_type = tag & 7;
    if (std::string_view* text = wire_type == 2 ? TextField(head, tag >> 3) : nullptr) {
      if (!rest.TakeText(text)) return NoEnvelope();
    } else if (wire_type == 0 && tag >> 3 == pb::Envelope::kTimeMsFieldNumber) {
      std::uint64_t ms = 0;
      if (!rest.TakeVarint(&ms)) return NoEnvelope();
      head.time = FromMs(static_cast<std::int64_t>(ms));
    } else if (!rest.Skip(wire_type)) {
      return NoEnvelope();
    }
  }
  return head;
}

Envelope Copy(const EnvelopeHead& head) {
  return {std::string(head.id),   std::string(head.source), std::string(head.type),        head.time,
          std::string(head.book), std::string(head.client), std::string(head.traceparent), std::string(head.data)};
}

Result<Envelope> DecodeEnvelope(std::string_view bytes) {
  const Result<EnvelopeHead> head = DecodeEnvelopeHead(bytes);
  if (!head) return tl::unexpected(head.error());
  return Copy(*head);
}

}  // namespace mainstay::wire
