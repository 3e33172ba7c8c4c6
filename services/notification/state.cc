#include "state.h"

#include "mainstay/state/v1/notification.pb.h"
#include "mainstay/wire/scratch_arena.h"
#include "proto_codec.h"

namespace mainstay::notification {
namespace {

namespace s = state::v1;

Error Damaged(const char* what) {
  return {ErrorCode::kDataLoss, Recovery::kStopTask, std::string("the stored ") + what + " is damaged", {}};
}

template <class Proto>
Result<void> ParseInto(std::string_view bytes, const char* what, Proto& proto) {
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return tl::unexpected(Damaged(what));
  return {};
}

template <class Proto>
Result<Proto> Parse(std::string_view bytes, const char* what) {
  Proto proto;
  MAINSTAY_TRY(ParseInto(bytes, what, proto));
  return proto;
}

std::optional<Instant> InstantIf(bool present, std::int64_t ms) {
  return present ? std::optional(FromMs(ms)) : std::nullopt;
}

void WriteConditions(const std::vector<ClientCare::Condition>& conditions,
                     google::protobuf::RepeatedPtrField<s::NotificationClient::Condition>& out) {
  for (const ClientCare::Condition& condition : conditions) {
    auto& row = *out.Add();
    row.set_id(condition.id);
    row.set_opened(condition.opened);
    row.set_closed(condition.closed);
  }
}

std::vector<ClientCare::Condition> ReadConditions(
    const google::protobuf::RepeatedPtrField<s::NotificationClient::Condition>& rows) {
  std::vector<ClientCare::Condition> conditions;
  for (const auto& row : rows) conditions.push_back({row.id(), row.opened(), row.closed()});
  return conditions;
}

void WriteActions(const std::vector<AppliedAction>& actions,
                  google::protobuf::RepeatedPtrField<s::NotificationAction>& out) {
  for (const AppliedAction& action : actions) {
    auto& row = *out.Add();
    row.set_key(action.key);
    row.set_fingerprint(action.fingerprint);
    row.set_rep(action.rep.raw());
    row.set_kind(static_cast<std::uint32_t>(action.kind));
    row.set_at_ms(ToMs(action.at));
    if (!action.refused) continue;
    row.set_refusal(static_cast<std::uint32_t>(action.refused->reason));
    row.set_refusal_message(action.refused->message);
  }
}

std::vector<AppliedAction> ReadActions(const google::protobuf::RepeatedPtrField<s::NotificationAction>& rows) {
  std::vector<AppliedAction> actions;
  for (const auto& row : rows) {
    std::optional<Refusal> refused;
    if (row.has_refusal()) refused = Refusal{static_cast<RefusalReason>(row.refusal()), row.refusal_message()};
    actions.push_back({row.key(), row.fingerprint(), RepId{row.rep()}, static_cast<ActionKind>(row.kind()),
                       FromMs(row.at_ms()), std::move(refused)});
  }
  return actions;
}

std::vector<std::string> ReadTexts(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace

std::string Encode(const BookRecord& book) {
  s::NotificationBook proto;
  if (book.currency) proto.set_currency(book.currency->raw());
  proto.set_buyers(book.buyers);
  proto.set_importing(book.importing);
  if (book.time_zone) proto.set_time_zone(*book.time_zone);
  if (book.calendar_set_at) proto.set_calendar_set_ms(ToMs(*book.calendar_set_at));
  proto.set_calendar_set_by(book.calendar_set_by);
  for (const auto& [name, value] : book.thresholds) {
    s::NotificationThreshold& threshold = *proto.add_thresholds();
    threshold.set_name(name);
    threshold.set_value(value);
  }
  return proto.SerializeAsString();
}

Result<BookRecord> DecodeBook(std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(proto, Parse<s::NotificationBook>(bytes, "book"));
  BookRecord book;
  if (proto.has_currency()) book.currency = Currency{proto.currency()};
  book.buyers = proto.buyers();
  book.importing = proto.importing();
  if (proto.has_time_zone()) book.time_zone = proto.time_zone();
  book.calendar_set_at = InstantIf(proto.has_calendar_set_ms(), proto.calendar_set_ms());
  book.calendar_set_by = proto.calendar_set_by();
  for (const auto& threshold : proto.thresholds()) book.thresholds[threshold.name()] = threshold.value();
  return book;
}

std::string Encode(const ClientRecord& client) {
  wire::ScratchArena scratch;
  auto& proto = scratch.New<s::NotificationClient>();
  WriteConditions(client.care.emergencies, *proto.mutable_emergencies());
  WriteConditions(client.care.complaints, *proto.mutable_complaints());
  if (client.care.last_detractor_at) proto.set_last_detractor_ms(ToMs(*client.care.last_detractor_at));
  if (client.care.lost_at) proto.set_lost_ms(ToMs(*client.care.lost_at));
  if (client.care.returned_at) proto.set_returned_ms(ToMs(*client.care.returned_at));
  for (const ClientCare::Contact& contact : client.care.contacts) {
    auto& row = *proto.add_contacts();
    row.set_touch(contact.touch);
    row.set_at_ms(ToMs(contact.at));
  }
  for (const std::string& touch : client.care.retractions) proto.add_retractions(touch);
  proto.set_erased(client.care.erased);
  if (client.erased_at) proto.set_erased_ms(ToMs(*client.erased_at));
  if (client.last_issued_at) proto.set_last_issued_ms(ToMs(*client.last_issued_at));
  if (client.open_prompt) proto.set_open_prompt(client.open_prompt->raw());
  for (const std::string& alert : client.open_alerts) proto.add_open_alerts(alert);
  if (client.merged_into) proto.set_merged_into(client.merged_into->raw());
  return proto.SerializeAsString();
}

Result<ClientRecord> DecodeClient(std::string_view bytes) {
  wire::ScratchArena scratch;
  auto& proto = scratch.New<s::NotificationClient>();
  MAINSTAY_TRY(ParseInto(bytes, "client", proto));
  ClientRecord client;
  client.care.emergencies = ReadConditions(proto.emergencies());
  client.care.complaints = ReadConditions(proto.complaints());
  client.care.last_detractor_at = InstantIf(proto.has_last_detractor_ms(), proto.last_detractor_ms());
  client.care.lost_at = InstantIf(proto.has_lost_ms(), proto.lost_ms());
  client.care.returned_at = InstantIf(proto.has_returned_ms(), proto.returned_ms());
  for (const auto& row : proto.contacts()) client.care.contacts.push_back({FromMs(row.at_ms()), row.touch()});
  client.care.retractions = ReadTexts(proto.retractions());
  client.care.erased = proto.erased();
  client.erased_at = InstantIf(proto.has_erased_ms(), proto.erased_ms());
  client.last_issued_at = InstantIf(proto.has_last_issued_ms(), proto.last_issued_ms());
  if (proto.has_open_prompt()) client.open_prompt = PromptId{proto.open_prompt()};
  client.open_alerts = ReadTexts(proto.open_alerts());
  if (proto.has_merged_into()) client.merged_into = ClientId{proto.merged_into()};
  return client;
}

std::string Encode(const Prompt& prompt) {
  s::NotificationPrompt proto;
  proto.set_id(prompt.id.raw());
  proto.set_book(prompt.book.raw());
  proto.set_client(prompt.client.raw());
  proto.set_rep(prompt.rep.raw());
  proto.set_touch(prompt.touch.raw());
  proto.set_product(prompt.product.raw());
  for (const std::string& text : prompt.why) proto.add_why(text);
  for (const std::string& text : prompt.talking_points) proto.add_talking_points(text);
  if (prompt.value) proto.set_value_units(prompt.value->units());
  proto.set_currency(prompt.currency.raw());
  proto.set_issued_ms(ToMs(prompt.issued_at));
  proto.set_expires_ms(ToMs(prompt.expires_at));
  if (prompt.last_contact_at) proto.set_last_contact_ms(ToMs(*prompt.last_contact_at));
  proto.set_status(static_cast<std::uint32_t>(prompt.status));
  if (prompt.snoozed_until) proto.set_snoozed_until_ms(ToMs(*prompt.snoozed_until));
  if (prompt.claimed_by) proto.set_claimed_by(prompt.claimed_by->raw());
  if (prompt.accepted_at) proto.set_accepted_ms(ToMs(*prompt.accepted_at));
  if (prompt.closed_at) proto.set_closed_ms(ToMs(*prompt.closed_at));
  proto.set_close_reason(prompt.close_reason);
  if (prompt.won_by) proto.set_won_by(prompt.won_by->raw());
  WriteActions(prompt.actions, *proto.mutable_actions());
  return proto.SerializeAsString();
}

Result<Prompt> DecodePrompt(std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(proto, Parse<s::NotificationPrompt>(bytes, "prompt"));
  Prompt prompt{.id = PromptId{proto.id()},
                .book = BookId{proto.book()},
                .client = ClientId{proto.client()},
                .rep = RepId{proto.rep()},
                .touch = EventId{proto.touch()},
                .product = ProductId{proto.product()},
                .why = ReadTexts(proto.why()),
                .talking_points = ReadTexts(proto.talking_points()),
                .value = std::nullopt,
                .currency = Currency{proto.currency()},
                .issued_at = FromMs(proto.issued_ms()),
                .expires_at = FromMs(proto.expires_ms()),
                .last_contact_at = InstantIf(proto.has_last_contact_ms(), proto.last_contact_ms()),
                .status = static_cast<PromptStatus>(proto.status()),
                .snoozed_until = InstantIf(proto.has_snoozed_until_ms(), proto.snoozed_until_ms()),
                .claimed_by = std::nullopt,
                .accepted_at = InstantIf(proto.has_accepted_ms(), proto.accepted_ms()),
                .closed_at = InstantIf(proto.has_closed_ms(), proto.closed_ms()),
                .close_reason = proto.close_reason(),
                .won_by = std::nullopt,
                .actions = ReadActions(proto.actions())};
  if (proto.has_value_units()) prompt.value = Money::FromUnits(proto.value_units());
  if (proto.has_claimed_by()) prompt.claimed_by = RepId{proto.claimed_by()};
  if (proto.has_won_by()) prompt.won_by = OrderId{proto.won_by()};
  return prompt;
}

std::string Encode(const Alert& alert) {
  s::NotificationAlert proto;
  proto.set_id(alert.id);
  proto.set_kind(static_cast<std::uint32_t>(alert.kind));
  proto.set_book(alert.book.raw());
  proto.set_client(alert.client.raw());
  proto.set_episode(alert.episode.raw());
  proto.set_rep(alert.rep.raw());
  proto.set_level(static_cast<std::uint32_t>(alert.level));
  for (const std::string& text : alert.why) proto.add_why(text);
  if (alert.value) proto.set_value_units(alert.value->units());
  proto.set_currency(alert.currency.raw());
  if (alert.last_contact_at) proto.set_last_contact_ms(ToMs(*alert.last_contact_at));
  proto.set_created_ms(ToMs(alert.created));
  proto.set_status(static_cast<std::uint32_t>(alert.status));
  if (alert.snoozed_until) proto.set_snoozed_until_ms(ToMs(*alert.snoozed_until));
  if (alert.claimed_by) proto.set_claimed_by(alert.claimed_by->raw());
  if (alert.closed_at) proto.set_closed_ms(ToMs(*alert.closed_at));
  proto.set_close_reason(alert.close_reason);
  WriteActions(alert.actions, *proto.mutable_actions());
  return proto.SerializeAsString();
}

Result<Alert> DecodeAlert(std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(proto, Parse<s::NotificationAlert>(bytes, "alert"));
  Alert alert{.id = proto.id(),
              .kind = static_cast<AlertKind>(proto.kind()),
              .book = BookId{proto.book()},
              .client = ClientId{proto.client()},
              .episode = EpisodeId{proto.episode()},
              .rep = RepId{proto.rep()},
              .level = static_cast<RiskLevel>(proto.level()),
              .why = ReadTexts(proto.why()),
              .value = std::nullopt,
              .currency = Currency{proto.currency()},
              .last_contact_at = InstantIf(proto.has_last_contact_ms(), proto.last_contact_ms()),
              .created = FromMs(proto.created_ms()),
              .status = static_cast<AlertStatus>(proto.status()),
              .snoozed_until = InstantIf(proto.has_snoozed_until_ms(), proto.snoozed_until_ms()),
              .claimed_by = std::nullopt,
              .closed_at = InstantIf(proto.has_closed_ms(), proto.closed_ms()),
              .close_reason = proto.close_reason(),
              .actions = ReadActions(proto.actions())};
  if (proto.has_value_units()) alert.value = Money::FromUnits(proto.value_units());
  if (proto.has_claimed_by()) alert.claimed_by = RepId{proto.claimed_by()};
  return alert;
}

std::string Encode(const Filter& filter) {
  s::NotificationFilter proto;
  Write(filter.Format(), proto);
  return proto.SerializeAsString();
}

Result<Filter> DecodeFilter(std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(proto, Parse<s::NotificationFilter>(bytes, "filter"));
  Result<Filter> filter = Filter::Parse(ReadFilterSpec(proto));
  if (!filter) return tl::unexpected(Damaged("filter"));
  return filter;
}

std::string Encode(const EndpointRecord& endpoint) {
  s::NotificationEndpoint proto;
  Write(endpoint, proto);
  return proto.SerializeAsString();
}

Result<EndpointRecord> DecodeEndpoint(std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(proto, Parse<s::NotificationEndpoint>(bytes, "endpoint"));
  Result<EndpointRecord> endpoint = ReadEndpoint(proto);
  if (!endpoint) return tl::unexpected(Damaged("endpoint"));
  return endpoint;
}

std::string Encode(const DeliveryState& delivery) {
  s::NotificationDelivery proto;
  proto.set_id(delivery.id);
  proto.set_endpoint(delivery.endpoint.raw());
  proto.set_event(delivery.event.raw());
  proto.set_sequence(delivery.sequence);
  proto.set_created_ms(ToMs(delivery.created));
  proto.set_status(static_cast<std::uint32_t>(delivery.status));
  for (const Attempt& attempt : delivery.attempts) {
    auto& row = *proto.add_attempts();
    Write(attempt.result, *row.mutable_result());
    if (attempt.next_attempt_at) row.set_next_attempt_ms(ToMs(*attempt.next_attempt_at));
  }
  if (delivery.next_attempt_at) proto.set_next_attempt_ms(ToMs(*delivery.next_attempt_at));
  proto.set_earlier_attempts(static_cast<std::uint32_t>(delivery.earlier_attempts));
  return proto.SerializeAsString();
}

Result<DeliveryState> DecodeDelivery(std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(proto, Parse<s::NotificationDelivery>(bytes, "delivery"));
  DeliveryState delivery{.id = proto.id(),
                         .endpoint = EndpointId{proto.endpoint()},
                         .event = EventId{proto.event()},
                         .sequence = proto.sequence(),
                         .created = FromMs(proto.created_ms()),
                         .status = static_cast<DeliveryStatus>(proto.status()),
                         .attempts = {},
                         .next_attempt_at = InstantIf(proto.has_next_attempt_ms(), proto.next_attempt_ms()),
                         .earlier_attempts = proto.earlier_attempts()};
  for (const auto& row : proto.attempts()) {
    delivery.attempts.push_back(
        {ReadAttemptResult(row.result()), InstantIf(row.has_next_attempt_ms(), row.next_attempt_ms())});
  }
  return delivery;
}

}  // namespace mainstay::notification
