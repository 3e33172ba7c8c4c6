#include <limits>

#include "in_codec.h"

namespace mainstay::wire {

static_assert(pb::Touched::SUPPORT == ProtoEnum<pb::Touched::Role>(TouchRole::kSupport));
static_assert(pb::Touched::SALES == ProtoEnum<pb::Touched::Role>(TouchRole::kSales));
static_assert(pb::Touched::CALL == ProtoEnum<pb::Touched::Channel>(TouchChannel::kCall));
static_assert(pb::Touched::MEETING == ProtoEnum<pb::Touched::Channel>(TouchChannel::kMeeting));
static_assert(pb::Touched::EMAIL == ProtoEnum<pb::Touched::Channel>(TouchChannel::kEmail));
static_assert(pb::Touched::CHAT == ProtoEnum<pb::Touched::Channel>(TouchChannel::kChat));
static_assert(pb::Touched::TICKET == ProtoEnum<pb::Touched::Channel>(TouchChannel::kTicket));
static_assert(pb::Touched::VISIT == ProtoEnum<pb::Touched::Channel>(TouchChannel::kVisit));
static_assert(pb::Touched::INBOUND == ProtoEnum<pb::Touched::Direction>(TouchDirection::kInbound));
static_assert(pb::Touched::OUTBOUND == ProtoEnum<pb::Touched::Direction>(TouchDirection::kOutbound));

void Read(Reader& reader, const pb::Touched& from, Touched* to) {
  to->rep = reader.RequiredId<RepId>("repId", from.rep_id());
  to->role = reader.RequiredEnum("role", from.role(), TouchRole::kSupport);
  to->channel = reader.RequiredEnum("channel", from.channel(), TouchChannel::kVisit);
  to->direction = reader.RequiredEnum("direction", from.direction(), TouchDirection::kOutbound);
  to->minutes = reader.OptionalNumber<std::int32_t>("minutes", from.has_minutes(), from.minutes(), 0,
                                                    std::numeric_limits<std::int32_t>::max());
  to->contact = reader.OptionalId<ContactId>("contactId", from.has_contact_id(), from.contact_id());
  to->sentiment = reader.OptionalNumber<double>("sentiment", from.has_sentiment(), from.sentiment(), -1, 1);
  to->cost = reader.OptionalMoney("cost", from.has_cost(), from.cost(), Reader::Sign::kNotNegative);
  if (from.has_note()) to->note = from.note();
}

void Write(const Touched& from, pb::Touched* to) {
  to->set_rep_id(from.rep.raw());
  to->set_role(ProtoEnum<pb::Touched::Role>(from.role));
  to->set_channel(ProtoEnum<pb::Touched::Channel>(from.channel));
  to->set_direction(ProtoEnum<pb::Touched::Direction>(from.direction));
  if (from.minutes) to->set_minutes(*from.minutes);
  if (from.contact) to->set_contact_id(from.contact->raw());
  if (from.sentiment) to->set_sentiment(*from.sentiment);
  if (from.cost) WriteMoney(*from.cost, to->mutable_cost());
  if (from.note) to->set_note(*from.note);
}

void Read(Reader& reader, const pb::TouchRetracted& from, TouchRetracted* to) {
  to->touch = reader.RequiredId<EventId>("touchId", from.touch_id());
}

void Write(const TouchRetracted& from, pb::TouchRetracted* to) { to->set_touch_id(from.touch.raw()); }

}  // namespace mainstay::wire
