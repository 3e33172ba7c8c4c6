#include "registry.h"

#include <google/protobuf/stubs/logging.h>

#include <array>
#include <unordered_map>

#include "out_codec.h"
#include "text.h"

namespace mainstay::wire {
namespace {

#define MAINSTAY_EVENT_TYPE(context, Name) \
  EventType{"mainstay." #context "." #Name ".v1", #context, &pb::Name::default_instance()},

// Naming every message here also keeps the linker from dropping it.
const auto& Types() {
  static const std::array kTypes = {MAINSTAY_IN_EVENTS(MAINSTAY_EVENT_TYPE) MAINSTAY_OUT_EVENTS(MAINSTAY_EVENT_TYPE)
                                        MAINSTAY_MESSAGE_ONLY_EVENTS(MAINSTAY_EVENT_TYPE)};
  return kTypes;
}

}  // namespace

std::span<const EventType> EventTypes() { return Types(); }

tl::unexpected<Error> UnknownType(std::string_view name) {
  if (name.empty()) return InvalidField("type", "type is missing");
  return InvalidField("type", "type is " + Quoted(name) + ", which is no event that Mainstay knows");
}

Result<const EventType*> FindEventType(std::string_view name) {
  static const auto kByName = [] {
    std::unordered_map<std::string_view, const EventType*> by_name;
    for (const EventType& type : Types()) by_name.emplace(type.name, &type);
    return by_name;
  }();
  const auto found = kByName.find(name);
  if (found == kByName.end()) return UnknownType(name);
  return found->second;
}

Result<void> ParseData(std::string_view data, google::protobuf::Message* message) {
  // On text that is not UTF-8 protobuf prints to stderr besides failing; we answer for it in the Result alone.
  static const auto kSilenced = google::protobuf::SetLogHandler(nullptr);
  (void)kSilenced;
  if (data.size() <= INT32_MAX && message->ParseFromArray(data.data(), static_cast<int>(data.size()))) return {};
  return InvalidField("data", "data is not a valid " + message->GetDescriptor()->name() + " message");
}

}  // namespace mainstay::wire
