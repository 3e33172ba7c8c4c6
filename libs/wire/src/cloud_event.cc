#include "mainstay/wire/cloud_event.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "json_codec.h"
#include "registry.h"
#include "serialize.h"
#include "text.h"

namespace mainstay::wire {
namespace {

using google::protobuf::Message;
using nlohmann::json;

struct SyntaxError {
  std::size_t column = 1;  // 1-based, in bytes.
  std::string message;
};

// The one place that knows how the JSON library reports.
tl::expected<json, SyntaxError> ParseText(std::string_view text) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    const std::size_t column = std::clamp<std::size_t>(error.byte, 1, text.size() + 1);
    const bool at_end = column > text.size();
    return tl::unexpected(SyntaxError{
        column, "not valid JSON at column " + std::to_string(column) + ": " +
                    (at_end ? "the text ends too early" : "unexpected " + Quoted(text.substr(column - 1, 12)))});
  } catch (const json::exception& error) {
    return tl::unexpected(SyntaxError{1, std::string("not valid JSON at column 1: ") + error.what()});
  }
}

Result<json> ParseObject(std::string_view text) {
  tl::expected<json, SyntaxError> parsed = ParseText(text);
  if (!parsed) return Fail(ErrorCode::kInvalidArgument, parsed.error().message);
  if (!parsed->is_object()) {
    return Fail(ErrorCode::kInvalidArgument, "not an event at column 1: expected an object in curly brackets");
  }
  return *std::move(parsed);
}

// A text attribute of the event; empty if it is absent or null.
Result<std::string> Attribute(const json& event, const char* name) {
  const auto found = event.find(name);
  if (found == event.end() || found->is_null()) return std::string();
  if (!found->is_string()) return InvalidField(name, std::string(name) + " must be a text in quotes");
  return found->get<std::string>();
}

Result<std::string> RequiredAttribute(const json& event, const char* name, const char* hint = "") {
  Result<std::string> text = Attribute(event, name);
  if (text && text->empty()) return InvalidField(name, std::string(name) + " is missing" + hint);
  return text;
}

Result<void> CheckVersion(const json& event) {
  MAINSTAY_TRY_ASSIGN(version, RequiredAttribute(event, "specversion", "; CloudEvents 1.0 says \"1.0\""));
  if (version != "1.0") return InvalidField("specversion", "specversion is " + Quoted(version) + "; it must be '1.0'");
  MAINSTAY_TRY_ASSIGN(content, Attribute(event, "datacontenttype"));
  if (content.empty() || content.starts_with("application/json")) return {};
  return InvalidField("datacontenttype",
                      "datacontenttype is " + Quoted(content) + "; only 'application/json' is accepted here");
}

Result<std::string> EncodeData(const EventType& type, const json& data) {
  const std::unique_ptr<Message> message(type.prototype->New());
  MAINSTAY_TRY(ReadJson(data, "data", message.get()));
  return SerializeDeterministic(*message);
}

// Appends ,"name":"text".
Result<void> AppendAttribute(std::string_view name, std::string_view text, std::string* out) {
  if (!IsUtf8(text)) return InvalidField(std::string(name), std::string(name) + " is not valid UTF-8");
  *out += ',';
  AppendJsonString(name, out);
  *out += ':';
  AppendJsonString(text, out);
  return {};
}

}  // namespace

Result<Envelope> ParseCloudEvent(std::string_view text) {
  MAINSTAY_TRY_ASSIGN(event, ParseObject(text));
  MAINSTAY_TRY(CheckVersion(event));
  Envelope envelope;
  MAINSTAY_TRY_ASSIGN(id, RequiredAttribute(event, "id"));
  MAINSTAY_TRY_ASSIGN(source, RequiredAttribute(event, "source"));
  MAINSTAY_TRY_ASSIGN(type, RequiredAttribute(event, "type"));
  MAINSTAY_TRY_ASSIGN(known, FindEventType(type));
  MAINSTAY_TRY_ASSIGN(time, RequiredAttribute(event, "time"));
  const Result<Instant> at = ParseInstant(time);
  if (!at) return InvalidField("time", "time is " + Quoted(time) + ", not a time such as 2026-01-05T09:00:00Z");
  MAINSTAY_TRY_ASSIGN(book, RequiredAttribute(event, "partitionkey", "; it names the book"));
  MAINSTAY_TRY_ASSIGN(client, Attribute(event, "subject"));
  MAINSTAY_TRY_ASSIGN(traceparent, Attribute(event, "traceparent"));
  if (event.contains("data_base64")) return InvalidField("data_base64", "data_base64 is not accepted; use data");
  const auto found = event.find("data");
  const bool has_data = found != event.end() && !found->is_null();
  MAINSTAY_TRY_ASSIGN(data, EncodeData(*known, has_data ? *found : json::object()));
  return Envelope{std::move(id),   std::move(source), std::move(type),        *at,
                  std::move(book), std::move(client), std::move(traceparent), std::move(data)};
}

Result<std::string> FormatCloudEvent(const Envelope& envelope) {
  MAINSTAY_TRY_ASSIGN(data, DataToJson(envelope.type, envelope.data));
  std::string line = R"({"specversion":"1.0")";
  MAINSTAY_TRY(AppendAttribute("id", envelope.id, &line));
  MAINSTAY_TRY(AppendAttribute("source", envelope.source, &line));
  MAINSTAY_TRY(AppendAttribute("type", envelope.type, &line));
  MAINSTAY_TRY(AppendAttribute("time", FormatInstant(envelope.time), &line));
  MAINSTAY_TRY(AppendAttribute("partitionkey", envelope.book, &line));
  if (!envelope.client.empty()) MAINSTAY_TRY(AppendAttribute("subject", envelope.client, &line));
  if (!envelope.traceparent.empty()) MAINSTAY_TRY(AppendAttribute("traceparent", envelope.traceparent, &line));
  line += R"(,"datacontenttype":"application/json","data":)";
  line += data;
  line += '}';
  return line;
}

Result<std::string> DataFromJson(std::string_view type, std::string_view text) {
  MAINSTAY_TRY_ASSIGN(known, FindEventType(type));
  tl::expected<json, SyntaxError> parsed = ParseText(text);
  if (!parsed) return InvalidField("data", "data is " + parsed.error().message);
  return EncodeData(*known, *parsed);
}

Result<std::string> DataToJson(std::string_view type, std::string_view data) {
  MAINSTAY_TRY_ASSIGN(known, FindEventType(type));
  google::protobuf::Arena arena;  // For its many small messages.
  Message* const message = known->prototype->New(&arena);
  MAINSTAY_TRY(ParseData(data, message));
  std::string text;
  AppendJson(*message, &text);
  return text;
}

std::size_t ErrorColumn(std::string_view text, const Error& error) {
  if (error.field.empty()) {
    const tl::expected<json, SyntaxError> parsed = ParseText(text);
    return parsed ? 1 : parsed.error().column;
  }
  return LocateJson(text, error.field) + 1;
}

}  // namespace mainstay::wire
