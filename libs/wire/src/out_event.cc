#include "mainstay/wire/out_event.h"

#include <unordered_map>

#include "mainstay/base/check.h"
#include "mainstay/wire/scratch_arena.h"
#include "out_codec.h"
#include "registry.h"
#include "serialize.h"
#include "text.h"

namespace mainstay::wire {
namespace {

using ReadData = Result<void> (*)(std::string_view data, OutEventData* to);

template <class Event>
Result<void> ReadDataAs(std::string_view data, OutEventData* to) {
  ScratchArena scratch;
  auto& message = scratch.New<typename EventTraits<Event>::Proto>();
  MAINSTAY_TRY(ParseData(data, &message));
  Reader reader;
  Read(reader, message, &to->emplace<Event>());
  if (!reader.ok()) return tl::unexpected(reader.TakeError());
  return {};
}

Result<ReadData> FindReader(std::string_view name) {
#define MAINSTAY_OUT_TYPE(context, Name) {EventTraits<Name>::kType, ReadDataAs<Name>},
  static const std::unordered_map<std::string_view, ReadData> kReaders = {MAINSTAY_OUT_EVENTS(MAINSTAY_OUT_TYPE)};
#undef MAINSTAY_OUT_TYPE
  const auto found = kReaders.find(name);
  if (found == kReaders.end()) return UnknownType(name);
  return found->second;
}

std::string_view SourceOf(std::string_view context) {
  if (context == "segment") return "mainstay/segmentation";
  if (context == "cadence" || context == "risk" || context == "model") return "mainstay/cadence";
  return "mainstay/notification";
}

}  // namespace

std::string_view TypeName(const OutEventData& data) {
  return std::visit([]<class Event>(const Event&) { return EventTraits<Event>::kType; }, data);
}

Envelope ToEnvelope(const OutEvent& event) {
  Envelope envelope;
  envelope.id = event.id.raw();
  envelope.time = event.time;
  envelope.book = event.book.raw();
  if (event.client) envelope.client = event.client->raw();
  std::visit(
      [&envelope]<class Event>(const Event& data) {
        envelope.source = SourceOf(EventTraits<Event>::kContext);
        envelope.type = EventTraits<Event>::kType;
        ScratchArena scratch;
        auto& message = scratch.New<typename EventTraits<Event>::Proto>();
        message.set_as_of(FormatInstant(envelope.time));
        Write(data, &message);
        envelope.data = SerializeDeterministic(message);
      },
      event.data);
  return envelope;
}

std::string EncodeOutEvent(const OutEvent& event) { return EncodeEnvelope(ToEnvelope(event)); }

Result<OutEvent> DecodeOutEvent(std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(head, DecodeEnvelopeHead(bytes));
  MAINSTAY_TRY_ASSIGN(read, FindReader(head.type));
  if (std::string why = WhyNoId(head.id); !why.empty()) return InvalidField("id", "id " + why);
  const bool of_delivery = head.type.starts_with("mainstay.delivery.");
  if (std::string why = WhyNoId(head.book); !why.empty() && !(of_delivery && head.book.empty())) {
    return InvalidField("partitionkey", "partitionkey " + why);
  }
  OutEvent event;
  MAINSTAY_TRY(read(head.data, &event.data));
  event.id = EventId{std::string(head.id)};
  event.time = head.time;
  event.book = BookId{std::string(head.book)};
  if (!head.client.empty()) {
    if (std::string why = WhyNoId(head.client); !why.empty()) return InvalidField("subject", "subject " + why);
    event.client = ClientId{std::string(head.client)};
  }
  return event;
}

Result<OutTopic> OutTopicOfType(std::string_view type) {
  MAINSTAY_TRY_ASSIGN(found, FindEventType(type));
  const std::string_view context = found->context;
  if (context == "segment") return OutTopic::kSegments;
  if (context == "cadence") return OutTopic::kCadenceEvents;
  if (context == "risk") return OutTopic::kChurnRisk;
  if (context == "model") return OutTopic::kModelParameters;
  if (context == "prompt") return OutTopic::kUpsellPrompts;
  if (context == "delivery") return OutTopic::kDeliveries;
  return InvalidField("type", "type is " + Quoted(type) + ", an event that Mainstay accepts and does not publish");
}

}  // namespace mainstay::wire
