// ListInbox and Act over committed state. Any thread.
#pragma once

#include "commands.h"
#include "mainstay/base/result.h"
#include "mainstay/query/v1/notification.pb.h"
#include "mainstay/stream/record.h"

namespace mainstay::notification {

[[nodiscard]] Result<void> ListInbox(const Commands& commands, const stream::Topology& topology,
                                     const query::v1::ListInboxRequest& request,
                                     query::v1::ListInboxResponse& response);

// The item may be named by the beginning of its id, if only one begins so. Without rep it is the item's own; without
// key every call is an action of its own.
[[nodiscard]] Result<void> ActOn(const Commands& commands, const stream::Topology& topology,
                                 const query::v1::ActRequest& request, query::v1::ActResponse& response);
[[nodiscard]] Result<void> GetCalendar(const Commands& commands, const stream::Topology& topology,
                                       const query::v1::GetCalendarRequest& request,
                                       query::v1::GetCalendarResponse& response);

}  // namespace mainstay::notification
