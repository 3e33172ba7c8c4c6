// EventService and OperationsService: the doors that every server has.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mainstay/app/service_module.h"
#include "mainstay/stream/record.h"

namespace mainstay::door {

struct EventDoorOptions {
  std::string prefix = "mainstay";             // Of topic names.
  std::string books_service = "segmentation";  // Whose table lists the books.
  stream::TableId books_table = 0;
  std::vector<std::string> services;  // Whose dead letters can be listed.
};

// Events are checked for everything that needs no state before they are appended. Publish refuses the whole call
// with INVALID_ARGUMENT naming the field ("events[2].data.lines[0].amount"); PublishStream acknowledges each event
// with its own verdict. With Wait PROCESSED the verdict is that of the services.
[[nodiscard]] std::unique_ptr<app::Doors> MakeEventDoors(const app::System& system, EventDoorOptions options);

}  // namespace mainstay::door
