#include "proto_codec.h"

namespace mainstay::notification {
namespace {

namespace s = state::v1;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

void WriteTexts(const std::vector<std::string>& texts, Texts& out) { out = {texts.begin(), texts.end()}; }
std::vector<std::string> ReadTexts(const Texts& texts) { return {texts.begin(), texts.end()}; }

void WriteExpression(const ExpressionSpec& spec, s::NotificationFilter::Expression& proto) {
  proto.set_dialect(spec.dialect);
  for (const auto& attribute : spec.attributes) {
    auto& row = *proto.add_attributes();
    row.set_name(attribute.name);
    row.set_value(attribute.value);
  }
  for (const ExpressionSpec& child : spec.children) WriteExpression(child, *proto.add_children());
}

ExpressionSpec ReadExpression(const s::NotificationFilter::Expression& proto) {
  ExpressionSpec spec;
  spec.dialect = proto.dialect();
  for (const auto& row : proto.attributes()) spec.attributes.push_back({row.name(), row.value()});
  for (const auto& child : proto.children()) spec.children.push_back(ReadExpression(child));
  return spec;
}

}  // namespace

void Write(const FilterSpec& spec, s::NotificationFilter& proto) {
  WriteTexts(spec.types, *proto.mutable_types());
  WriteTexts(spec.books, *proto.mutable_books());
  WriteTexts(spec.tiers, *proto.mutable_tiers());
  WriteTexts(spec.levels, *proto.mutable_levels());
  WriteTexts(spec.owners, *proto.mutable_owners());
  for (const ExpressionSpec& expression : spec.expressions) WriteExpression(expression, *proto.add_expressions());
}

FilterSpec ReadFilterSpec(const s::NotificationFilter& proto) {
  FilterSpec spec;
  spec.types = ReadTexts(proto.types());
  spec.books = ReadTexts(proto.books());
  spec.tiers = ReadTexts(proto.tiers());
  spec.levels = ReadTexts(proto.levels());
  spec.owners = ReadTexts(proto.owners());
  for (const auto& expression : proto.expressions()) spec.expressions.push_back(ReadExpression(expression));
  return spec;
}

void Write(const AttemptResult& result, s::NotificationAttemptResult& proto) {
  proto.set_number(result.number);
  proto.set_at_ms(ToMs(result.at));
  if (result.status) proto.set_status(*result.status);
  proto.set_error(static_cast<std::uint32_t>(result.error));
  proto.set_detail(result.detail);
  proto.set_latency_ms(result.latency.count());
  proto.set_response_head(result.response_head);
  if (result.retry_after) proto.set_retry_after_ms(result.retry_after->count());
}

AttemptResult ReadAttemptResult(const s::NotificationAttemptResult& proto) {
  AttemptResult result;
  result.number = proto.number();
  result.at = FromMs(proto.at_ms());
  if (proto.has_status()) result.status = proto.status();
  result.error = static_cast<SendError>(proto.error());
  result.detail = proto.detail();
  result.latency = Duration{proto.latency_ms()};
  result.response_head = proto.response_head();
  if (proto.has_retry_after_ms()) result.retry_after = Duration{proto.retry_after_ms()};
  return result;
}

void Write(const EndpointRecord& endpoint, s::NotificationEndpoint& proto) {
  proto.set_id(endpoint.state.id.raw());
  proto.set_url(endpoint.url);
  Write(endpoint.filter.Format(), *proto.mutable_filter());
  proto.set_secret(endpoint.secret);
  proto.set_created_ms(ToMs(endpoint.created));
  proto.set_request_id(endpoint.request_id);
  proto.set_fifo(endpoint.state.fifo);
  if (endpoint.state.failing_since) proto.set_failing_since_ms(ToMs(*endpoint.state.failing_since));
  if (endpoint.state.disabled_since) proto.set_disabled_since_ms(ToMs(*endpoint.state.disabled_since));
  proto.set_last_error(endpoint.state.last_error);
  proto.set_last_sequence(endpoint.state.last_sequence);
  proto.set_pending(endpoint.state.pending);
  proto.set_delivered(endpoint.state.delivered);
  proto.set_exhausted(endpoint.state.exhausted);
  proto.set_old_secret(endpoint.old_secret);
  if (endpoint.old_secret_until) proto.set_old_secret_until_ms(ToMs(*endpoint.old_secret_until));
}

Result<EndpointRecord> ReadEndpoint(const s::NotificationEndpoint& proto) {
  if (proto.id().empty()) return InvalidField("endpoint", "is missing");
  MAINSTAY_TRY_ASSIGN(filter, Filter::Parse(ReadFilterSpec(proto.filter())));
  EndpointRecord endpoint{.state = {.id = EndpointId{proto.id()},
                                    .fifo = proto.fifo(),
                                    .failing_since = std::nullopt,
                                    .disabled_since = std::nullopt,
                                    .last_error = proto.last_error(),
                                    .last_sequence = proto.last_sequence(),
                                    .pending = proto.pending(),
                                    .delivered = proto.delivered(),
                                    .exhausted = proto.exhausted()},
                          .url = proto.url(),
                          .filter = std::move(filter),
                          .secret = proto.secret(),
                          .old_secret = proto.old_secret(),
                          .old_secret_until = std::nullopt,
                          .created = FromMs(proto.created_ms()),
                          .request_id = proto.request_id()};
  if (proto.has_failing_since_ms()) endpoint.state.failing_since = FromMs(proto.failing_since_ms());
  if (proto.has_old_secret_until_ms()) endpoint.old_secret_until = FromMs(proto.old_secret_until_ms());
  if (proto.has_disabled_since_ms()) endpoint.state.disabled_since = FromMs(proto.disabled_since_ms());
  return endpoint;
}

}  // namespace mainstay::notification
