#include "mainstay/stream_kafka/wire_record.h"

#include <charconv>
#include <string>
#include <utility>

#include "mainstay/stream/dead_letter.h"
#include "wire_message.h"

namespace mainstay::stream_kafka {
namespace {

// Kafka Streams' names (KIP-1034), then ours for what it has none for.
constexpr std::string_view kException = "__streams.errors.exception";
constexpr std::string_view kMessage = "__streams.errors.message";
constexpr std::string_view kTopic = "__streams.errors.topic";
constexpr std::string_view kPartition = "__streams.errors.partition";
constexpr std::string_view kOffset = "__streams.errors.offset";
constexpr std::string_view kService = "mainstay.error.service";
constexpr std::string_view kField = "mainstay.error.field";
constexpr std::string_view kIngest = "mainstay.error.ingest-ms";
constexpr std::string_view kAt = "mainstay.error.at-ms";

std::string TextOf(const WireRecord& wire, std::string_view name) {
  for (const Header& header : wire.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

std::int64_t NumberOf(const WireRecord& wire, std::string_view name) {
  const std::string text = TextOf(wire, name);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

WireRecord ToWireRecord(const rd_kafka_message_t& message) {
  WireRecord wire;
  wire.partition = message.partition;
  wire.offset = message.offset;
  wire.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
  wire.key.assign(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) wire.value.emplace(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return wire;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    wire.headers.push_back({name, std::string(static_cast<const char*>(value), value == nullptr ? 0 : size)});
  }
  return wire;
}

void DeadLetterToWire(WireRecord& wire) {
  Result<stream::DeadLetter> letter = stream::DecodeDeadLetter(wire.value.value_or(std::string()));
  if (!letter) return;
  wire.key = std::move(letter->key);
  wire.value = std::move(letter->value);
  wire.headers = {{std::string(kException), std::move(letter->code)},
                  {std::string(kMessage), std::move(letter->reason)},
                  {std::string(kTopic), std::move(letter->topic)},
                  {std::string(kPartition), std::to_string(letter->partition)},
                  {std::string(kOffset), std::to_string(letter->offset)},
                  {std::string(kService), std::move(letter->service)},
                  {std::string(kField), std::move(letter->field)},
                  {std::string(kIngest), std::to_string(letter->ingest_ms)},
                  {std::string(kAt), std::to_string(letter->at_ms)}};
}

std::string DeadLetterFromWire(const WireRecord& wire) {
  stream::DeadLetter letter;
  letter.service = TextOf(wire, kService);
  letter.topic = TextOf(wire, kTopic);
  letter.partition = static_cast<std::int32_t>(NumberOf(wire, kPartition));
  letter.offset = NumberOf(wire, kOffset);
  letter.ingest_ms = NumberOf(wire, kIngest);
  letter.at_ms = NumberOf(wire, kAt);
  letter.code = TextOf(wire, kException);
  if (letter.code.empty()) letter.code = "foreign";
  letter.field = TextOf(wire, kField);
  letter.reason = TextOf(wire, kMessage);
  letter.key = wire.key;
  letter.value = wire.value.value_or(std::string());
  return stream::EncodeDeadLetter(letter);
}

}  // namespace mainstay::stream_kafka
