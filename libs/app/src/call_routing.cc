#include "call_routing.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <sstream>

namespace mainstay::app {
namespace {

namespace pb = google::protobuf;

std::string BookOf(const pb::Message& message) {
  const pb::Descriptor& type = *message.GetDescriptor();
  const pb::Reflection& reflection = *message.GetReflection();
  if (const auto* book = type.FindFieldByName("book");
      book != nullptr && book->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING && !book->is_repeated()) {
    return reflection.GetString(message, book);
  }
  if (const auto* query = type.FindFieldByName("query");
      query != nullptr && query->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE && !query->is_repeated()) {
    return BookOf(reflection.GetMessage(message, query));
  }
  return {};
}

template <class Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number >= 0;
}

}  // namespace

std::string ServiceOfMethod(const std::string& method) {
  constexpr std::array<std::pair<const char*, const char*>, 3> kOwners{
      {{"/mainstay.query.v1.SegmentationService/", "segmentation"},
       {"/mainstay.query.v1.CadenceService/", "cadence"},
       {"/mainstay.query.v1.NotificationService/", "notification"}}};
  for (const auto& [prefix, service] : kOwners) {
    if (method.starts_with(prefix)) return service;
  }
  return {};
}

std::string BookOfRequest(const std::string& method, const std::string& request) {
  std::string name = method.substr(std::min<std::size_t>(1, method.size()));
  std::replace(name.begin(), name.end(), '/', '.');
  const pb::MethodDescriptor* found = pb::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (found == nullptr) return {};
  const pb::Message* prototype = pb::MessageFactory::generated_factory()->GetPrototype(found->input_type());
  const std::unique_ptr<pb::Message> message(prototype->New());
  return message->ParseFromString(request) ? BookOf(*message) : std::string();
}

Result<Token> ParseToken(const std::string& text) {
  Token token;
  std::istringstream entries(text);
  for (std::string entry; std::getline(entries, entry, ',');) {
    const std::size_t second = entry.rfind('/');
    const std::size_t first = second == std::string::npos || second == 0 ? second : entry.rfind('/', second - 1);
    TopicPosition position;
    if (first == std::string::npos || first == 0 || second <= first ||
        !ReadNumber(std::string_view(entry).substr(first + 1, second - first - 1), position.partition) ||
        !ReadNumber(std::string_view(entry).substr(second + 1), position.next)) {
      return InvalidField(kAtLeastKey, "'" + entry + "' is no topic/partition/offset");
    }
    position.topic = entry.substr(0, first);
    token.push_back(std::move(position));
  }
  return token;
}

std::string FormatToken(const Token& token) {
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> largest;
  for (const TopicPosition& position : token) {
    std::int64_t& next = largest[{position.topic, position.partition}];
    next = std::max(next, position.next);
  }
  std::string text;
  for (const auto& [place, next] : largest) {
    text += (text.empty() ? "" : ",") + place.first + "/" + std::to_string(place.second) + "/" + std::to_string(next);
  }
  return text;
}

}  // namespace mainstay::app
