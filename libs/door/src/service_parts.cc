#include "mainstay/door/service_parts.h"

#include <utility>

#include "mainstay/door/event_door.h"
#include "mainstay/wire/binary_mode.h"

namespace mainstay::door {

app::ServiceModule WithEventDoors(app::ServiceModule module, const std::string& prefix, stream::TableId books_table) {
  EventDoorOptions options;
  options.prefix = prefix;
  options.books_service = module.topology.service;
  options.books_table = books_table;
  options.services = {"segmentation", "cadence", "notification"};
  module.make_doors = [own = std::move(module.make_doors), options](const app::System& system) {
    return app::Together(own(system), MakeEventDoors(system, options));
  };
  return module;
}

app::EventFormat PublicEventFormat() {
  app::EventFormat format;
  format.to_binary = [](std::string_view value) -> std::optional<app::BinaryEvent> {
    auto event = wire::ToBinaryMode(value);
    if (!event) return std::nullopt;
    return app::BinaryEvent{std::move(event->headers), std::move(event->data)};
  };
  format.from_binary = [](app::BinaryEvent event) {
    return wire::FromBinaryMode({std::move(event.headers), std::move(event.data)});
  };
  return format;
}

}  // namespace mainstay::door
