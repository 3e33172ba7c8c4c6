#include "mainstay/wire/binary_mode.h"

#include <map>
#include <nlohmann/json.hpp>

#include "mainstay/wire/cloud_event.h"
#include "mainstay/wire/envelope.h"

namespace mainstay::wire {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kProtobuf = "application/protobuf";

using Attributes = std::map<std::string, std::string, std::less<>>;

std::string Attribute(const Attributes& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? std::string() : found->second;
}

Result<Envelope> ReadEnvelope(const Attributes& attributes, const std::string& content_type, std::string_view data) {
  Envelope envelope;
  envelope.id = Attribute(attributes, "id");
  envelope.source = Attribute(attributes, "source");
  envelope.type = Attribute(attributes, "type");
  envelope.book = Attribute(attributes, "partitionkey");
  envelope.client = Attribute(attributes, "subject");
  envelope.traceparent = Attribute(attributes, "traceparent");
  if (Attribute(attributes, "specversion") != "1.0") return InvalidField("specversion", "is not 1.0");
  MAINSTAY_TRY_ASSIGN(time, ParseInstant(Attribute(attributes, "time")));
  envelope.time = time;
  if (content_type.starts_with(kProtobuf)) {
    envelope.data = data;
    return envelope;
  }
  MAINSTAY_TRY_ASSIGN(bytes, DataFromJson(envelope.type, data.empty() ? "{}" : data));
  envelope.data = std::move(bytes);
  return envelope;
}

std::string Structured(const Attributes& attributes, const std::string& content_type, std::string_view data) {
  nlohmann::ordered_json json;
  for (const auto& [name, value] : attributes) json[name] = value;
  auto parsed = nlohmann::ordered_json::parse(data, nullptr, /*allow_exceptions=*/false);
  if (!content_type.starts_with(kProtobuf)) {
    json["data"] = parsed.is_discarded() ? nlohmann::ordered_json(std::string(data)) : std::move(parsed);
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

Result<BinaryMode> ToBinaryMode(std::string_view value) {
  MAINSTAY_TRY_ASSIGN(head, DecodeEnvelopeHead(value));
  BinaryMode event;
  const auto add = [&](const char* name, std::string_view text) {
    if (!text.empty()) event.headers.emplace_back(name, text);
  };
  add("ce_specversion", "1.0");
  add("ce_id", head.id);
  add("ce_source", head.source);
  add("ce_type", head.type);
  add("ce_time", FormatInstant(head.time));
  add("ce_partitionkey", head.book);
  add("ce_subject", head.client);
  add("ce_traceparent", head.traceparent);
  Result<std::string> json = DataToJson(head.type, head.data);
  add("content-type", json ? kJson : kProtobuf);
  event.data = json ? std::move(*json) : std::string(head.data);
  return event;
}

std::string FromBinaryMode(const BinaryMode& event) {
  Attributes attributes;
  std::string content_type = kJson;
  for (const auto& [name, value] : event.headers) {
    if (name.starts_with("ce_")) attributes[name.substr(3)] = value;
    if (name == "content-type") content_type = value;
  }
  if (attributes.empty()) return event.data;
  const Result<Envelope> envelope = ReadEnvelope(attributes, content_type, event.data);
  return envelope ? EncodeEnvelope(*envelope) : Structured(attributes, content_type, event.data);
}

}  // namespace mainstay::wire
