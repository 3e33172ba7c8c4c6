#include "topic_format.h"

#include <utility>

namespace mainstay::app {

bool TopicFormat::AppliesTo(std::string_view topic) const {
  return topic.starts_with(prefix_) && topic.find('.', prefix_.size()) == std::string_view::npos;
}

void TopicFormat::ToWire(std::string_view, stream_kafka::WireRecord& wire) const {
  if (!format_.to_binary || !wire.value) return;
  if (wire.value->empty()) {
    wire.value.reset();  // A service erases with an empty value, a compacted topic with a null one.
    return;
  }
  std::optional<BinaryEvent> event = format_.to_binary(*wire.value);
  if (!event) return;
  wire.value = std::move(event->data);
  for (auto& [name, value] : event->headers) wire.headers.push_back({std::move(name), std::move(value)});
}

std::string TopicFormat::FromWire(std::string_view, stream_kafka::WireRecord wire) const {
  std::string value = wire.value ? std::move(*wire.value) : std::string();
  if (!format_.from_binary || wire.headers.empty()) return value;
  BinaryEvent event;
  event.data = std::move(value);
  for (auto& header : wire.headers) event.headers.emplace_back(std::move(header.name), std::move(header.value));
  return format_.from_binary(std::move(event));
}

}  // namespace mainstay::app
