#include "state.h"

#include <algorithm>
#include <utility>

#include "book_model.h"
#include "mainstay/stream/key_builder.h"
#include "state_codec.h"

namespace mainstay::cadence {
namespace {

namespace s = state::v1;

std::string HashBytes(const Hash128& hash) {
  const auto bytes = hash.Bytes();
  return {bytes.data(), bytes.size()};
}

Hash128 HashFrom(std::string_view bytes) {
  Hash128 hash;
  for (std::size_t i = 0; i < 16 && i < bytes.size(); ++i) {
    auto& half = i < 8 ? hash.high : hash.low;
    half = half << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return hash;
}

}  // namespace

std::string Encode(const BookRecord& book) {
  s::CadenceBook proto;
  if (book.currency) proto.set_currency(book.currency->raw());
  if (book.time_zone) proto.set_time_zone(*book.time_zone);
  proto.set_working_days(book.calendar.working_days());
  for (const Day day : book.calendar.holidays()) proto.add_holidays(ToDayNumber(day));
  if (book.calendar_set != Stamp{}) Write(book.calendar_set, *proto.mutable_calendar_set());
  proto.set_importing(book.importing);
  if (book.last_touch) proto.set_last_touch_ms(ToMs(*book.last_touch));
  if (book.touch_check) proto.set_touch_check_ms(ToMs(*book.touch_check));
  for (const auto& [name, value] : book.thresholds) {
    proto.add_policy_names(name);
    proto.add_policy_values(value);
  }
  proto.set_referrals_won(book.referrals_won);
  proto.set_referrals_lost(book.referrals_lost);
  if (book.model) Write(*book.model, *proto.mutable_model());
  if (book.model_timer) proto.set_model_timer_ms(ToMs(*book.model_timer));
  return proto.SerializeAsString();
}

Result<BookRecord> DecodeBook(std::string_view bytes) {
  s::CadenceBook proto;
  MAINSTAY_TRY(Parse(bytes, "book", proto));
  BookRecord book;
  if (proto.has_currency()) book.currency = Currency{proto.currency()};
  if (proto.has_time_zone()) book.time_zone = proto.time_zone();
  std::vector<Day> holidays;
  for (const std::int32_t day : proto.holidays()) holidays.push_back(FromDayNumber(day));
  MAINSTAY_TRY_ASSIGN(calendar, WorkCalendar::Make(static_cast<std::uint8_t>(proto.working_days()), holidays));
  book.calendar = std::move(calendar);
  if (proto.has_calendar_set()) book.calendar_set = Read(proto.calendar_set());
  book.importing = proto.importing();
  if (proto.has_last_touch_ms()) book.last_touch = FromMs(proto.last_touch_ms());
  if (proto.has_touch_check_ms()) book.touch_check = FromMs(proto.touch_check_ms());
  for (int i = 0; i < std::min(proto.policy_names_size(), proto.policy_values_size()); ++i) {
    book.thresholds[proto.policy_names(i)] = proto.policy_values(i);
  }
  // A book of before they were among the thresholds.
  constexpr PolicyValues kDefaults;
  if (proto.has_elevated() && proto.elevated() != kDefaults.elevated) book.thresholds["elevated"] = proto.elevated();
  if (proto.has_high() && proto.high() != kDefaults.high) book.thresholds["high"] = proto.high();
  if (proto.has_hysteresis() && proto.hysteresis() != kDefaults.hysteresis) {
    book.thresholds["hysteresis"] = proto.hysteresis();
  }
  MAINSTAY_TRY_ASSIGN(policy, StoredValues(book.thresholds));
  book.policy = policy;
  book.referrals_won = proto.referrals_won();
  book.referrals_lost = proto.referrals_lost();
  if (proto.has_model()) book.model = std::make_shared<const BookModel>(Read(proto.model()));
  if (proto.has_model_timer_ms()) book.model_timer = FromMs(proto.model_timer_ms());
  return book;
}

std::string Encode(const RepRecord& rep) {
  s::CadenceRep proto;
  if (rep.minutes_per_week) proto.set_minutes_per_week(*rep.minutes_per_week);
  proto.set_sales(rep.sales);
  Write(rep.set, *proto.mutable_set());
  return proto.SerializeAsString();
}

Result<RepRecord> DecodeRep(std::string_view bytes) {
  s::CadenceRep proto;
  MAINSTAY_TRY(Parse(bytes, "rep", proto));
  RepRecord rep;
  if (proto.has_minutes_per_week()) rep.minutes_per_week = proto.minutes_per_week();
  rep.sales = proto.sales();
  rep.set = Read(proto.set());
  return rep;
}

std::string Encode(const OrderTime& order) {
  s::CadenceOrderTime proto;
  proto.set_net_units(order.net.units());
  proto.set_event_id(order.event.raw());
  return proto.SerializeAsString();
}

Result<OrderTime> DecodeOrderTime(std::string_view bytes) {
  s::CadenceOrderTime proto;
  MAINSTAY_TRY(Parse(bytes, "order time", proto));
  return OrderTime{Money::FromUnits(proto.net_units()), EventId{proto.event_id()}};
}

std::string Encode(const Incident& incident) {
  s::CadenceIncident proto;
  if (incident.event) {
    proto.set_event_id(incident.event->raw());
    proto.set_at_ms(ToMs(incident.at));
    proto.set_content(HashBytes(incident.content));
  }
  if (incident.resolved_at) proto.set_resolved_ms(ToMs(*incident.resolved_at));
  return proto.SerializeAsString();
}

Result<Incident> DecodeIncident(std::string_view bytes) {
  s::CadenceIncident proto;
  MAINSTAY_TRY(Parse(bytes, "incident", proto));
  Incident incident;
  if (proto.has_event_id()) incident.event = EventId{proto.event_id()};
  incident.at = FromMs(proto.at_ms());
  incident.content = HashFrom(proto.content());
  if (proto.has_resolved_ms()) incident.resolved_at = FromMs(proto.resolved_ms());
  return incident;
}

std::string Encode(const Topic& topic) {
  s::CadenceTopic proto;
  proto.set_text(topic.text);
  if (topic.until) proto.set_until(ToDayNumber(*topic.until));
  proto.set_closed(topic.closed);
  proto.set_at_ms(ToMs(topic.at));
  return proto.SerializeAsString();
}

Result<Topic> DecodeTopic(std::string_view bytes) {
  s::CadenceTopic proto;
  MAINSTAY_TRY(Parse(bytes, "topic", proto));
  Topic topic{proto.text(), {}, proto.closed(), FromMs(proto.at_ms())};
  if (proto.has_until()) topic.until = FromDayNumber(proto.until());
  return topic;
}

std::string EncodeBookFact(BookFact fact, Tier tier) {
  return {static_cast<char>(fact), static_cast<char>('0' + static_cast<int>(tier))};
}

Result<std::pair<BookFact, Tier>> DecodeBookFact(std::string_view bytes) {
  if (bytes.size() != 2 || bytes[1] < '0' || bytes[1] > '3') {
    return Fail(ErrorCode::kDataLoss, "a stored fact of the check-up is damaged");
  }
  return std::pair(static_cast<BookFact>(bytes[0]), static_cast<Tier>(bytes[1] - '0'));
}

std::string EventKey(Instant at, const std::string& source, const EventId& id) {
  std::string key;
  stream::AppendOrderedInt64(key, ToMs(at));
  return key + source + '\n' + id.raw();
}

std::string ClientKey(const BookId& book, const ClientId& client) {
  return stream::JoinKey({book.raw(), client.raw()});
}

std::string ClientPrefix(const BookId& book, const ClientId& client) { return ClientKey(book, client) + '\0'; }

}  // namespace mainstay::cadence
