// What every service process has beside its own module.
#pragma once

#include <string>

#include "mainstay/app/event_format.h"
#include "mainstay/app/service_module.h"
#include "mainstay/stream/record.h"

namespace mainstay::door {

// The module with EventService and OperationsService added to its doors. `books_table`: the service's table with one
// entry per book, with the book id as its key.
[[nodiscard]] app::ServiceModule WithEventDoors(app::ServiceModule module, const std::string& prefix,
                                                stream::TableId books_table);

// CloudEvents in binary mode (mainstay/wire/binary_mode.h).
[[nodiscard]] app::EventFormat PublicEventFormat();

}  // namespace mainstay::door
