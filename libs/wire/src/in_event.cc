#include "mainstay/wire/in_event.h"

#include <unordered_map>

#include "in_codec.h"
#include "mainstay/wire/cloud_event.h"
#include "mainstay/wire/scratch_arena.h"
#include "registry.h"
#include "serialize.h"
#include "text.h"

namespace mainstay::wire {
namespace {

// What calendars and four-digit dates can hold; anything outside is a unit mistaken (seconds, microseconds).
constexpr Instant kEarliest = Instant{Day{std::chrono::year{1900} / 1 / 1}};
constexpr Instant kLatest = Instant{Day{std::chrono::year{9999} / 12 / 31}};

using ReadData = Result<void> (*)(std::string_view data, InEventData* to);

template <class Event>
Result<void> ReadDataAs(std::string_view data, InEventData* to) {
  ScratchArena scratch;
  auto& message = scratch.New<typename EventTraits<Event>::Proto>();
  MAINSTAY_TRY(ParseData(data, &message));
  Reader reader;
  Read(reader, message, &to->emplace<Event>());
  if (!reader.ok()) return tl::unexpected(reader.TakeError());
  return {};
}

struct InType {
  ReadData read = nullptr;
  InTopic topic = InTopic::kClientEvents;
  bool names_client = true;
};

Result<const InType*> FindInType(std::string_view name) {
#define MAINSTAY_IN_TYPE(context, Name)                                                                             \
  {EventTraits<Name>::kType,                                                                                        \
   InType{ReadDataAs<Name>, std::string_view(#context) == "touch" ? InTopic::kTouchEvents : InTopic::kClientEvents, \
          std::string_view(#context) != "book"}},
  static const std::unordered_map<std::string_view, InType> kTypes = {MAINSTAY_IN_EVENTS(MAINSTAY_IN_TYPE)};
#undef MAINSTAY_IN_TYPE
  const auto found = kTypes.find(name);
  if (found != kTypes.end()) return &found->second;
  if (FindEventType(name)) {
    return InvalidField("type", "type is " + Quoted(name) + ", an event that Mainstay publishes and does not accept");
  }
  return UnknownType(name);
}

Result<void> CheckAttribute(const char* field, std::string_view text) {
  const std::string why = WhyNoId(text);
  if (why.empty()) return {};
  return InvalidField(field, std::string(field) + ' ' + why);
}

Result<void> CheckAttributes(const EnvelopeHead& head, const InType& type) {
  MAINSTAY_TRY(CheckAttribute("id", head.id));
  MAINSTAY_TRY(CheckAttribute("source", head.source));
  if (head.time == Instant{}) return InvalidField("time", "time is missing");
  if (head.time < kEarliest || head.time > kLatest) {
    return InvalidField("time", "time is not between the years 1900 and 9999");
  }
  if (head.book.empty()) return InvalidField("partitionkey", "partitionkey is missing; it names the book");
  MAINSTAY_TRY(CheckAttribute("partitionkey", head.book));
  if (!type.names_client) {
    if (head.client.empty()) return {};
    return InvalidField("subject", "subject is " + Quoted(head.client) + ", but an event of the book has no client");
  }
  if (head.client.empty()) return InvalidField("subject", "subject is missing; it names the client");
  return CheckAttribute("subject", head.client);
}

// Rules between the attributes and the data.
Result<void> CheckTogether(const InEvent& event) {
  const auto* merged = std::get_if<ClientMerged>(&event.data);
  if (merged != nullptr && event.client == merged->into) {
    return InvalidField("data.intoClientId", "data.intoClientId is the merged client itself");
  }
  return {};
}

}  // namespace

Result<InEvent> DecodeInEvent(const EnvelopeHead& head) {
  MAINSTAY_TRY_ASSIGN(type, FindInType(head.type));
  MAINSTAY_TRY(CheckAttributes(head, *type));
  InEvent event;
  MAINSTAY_TRY(type->read(head.data, &event.data));
  event.id = EventId{std::string(head.id)};
  event.source = head.source;
  event.time = head.time;
  event.book = BookId{std::string(head.book)};
  if (type->names_client) event.client = ClientId{std::string(head.client)};
  MAINSTAY_TRY(CheckTogether(event));
  return event;
}

Result<InEvent> DecodeInEvent(const Envelope& envelope) {
  return DecodeInEvent(EnvelopeHead{envelope.id, envelope.source, envelope.type, envelope.time, envelope.book,
                                    envelope.client, envelope.traceparent, envelope.data});
}

Result<InEvent> DecodeInEvent(std::string_view bytes) {
  if (bytes.starts_with('{')) {  // As protobuf this would open a group, which an envelope never does.
    MAINSTAY_TRY_ASSIGN(envelope, ParseCloudEvent(bytes));
    return DecodeInEvent(envelope);
  }
  MAINSTAY_TRY_ASSIGN(head, DecodeEnvelopeHead(bytes));
  return DecodeInEvent(head);
}

std::string_view TypeName(const InEventData& data) {
  return std::visit([]<class Event>(const Event&) { return EventTraits<Event>::kType; }, data);
}

Envelope ToEnvelope(const InEvent& event) {
  Envelope envelope;
  envelope.id = event.id.raw();
  envelope.source = event.source;
  envelope.type = TypeName(event.data);
  envelope.time = event.time;
  envelope.book = event.book.raw();
  if (event.client) envelope.client = event.client->raw();
  envelope.data = std::visit(
      []<class Event>(const Event& data) {
        ScratchArena scratch;
        auto& message = scratch.New<typename EventTraits<Event>::Proto>();
        Write(data, &message);
        return SerializeDeterministic(message);
      },
      event.data);
  return envelope;
}

std::string EncodeInEvent(const InEvent& event) { return EncodeEnvelope(ToEnvelope(event)); }

Result<void> ValidateTime(const InEvent& event, Instant now) {
  if (event.time <= now + kMaxClockSkew) return {};
  return InvalidField(
      "time", "time is " + FormatInstant(event.time) + ", more than 5 minutes beyond now (" + FormatInstant(now) + ")");
}

Result<InTopic> TopicOfType(std::string_view type) {
  MAINSTAY_TRY_ASSIGN(found, FindInType(type));
  return found->topic;
}

}  // namespace mainstay::wire
