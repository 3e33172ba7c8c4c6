// Domain values <-> the protos of state/v1/notification.proto that several files share.
#pragma once

#include "mainstay/base/result.h"
#include "mainstay/notification/filter.h"
#include "mainstay/notification/retry.h"
#include "mainstay/state/v1/notification.pb.h"
#include "state.h"

namespace mainstay::notification {

void Write(const FilterSpec& spec, state::v1::NotificationFilter& proto);
[[nodiscard]] FilterSpec ReadFilterSpec(const state::v1::NotificationFilter& proto);

void Write(const AttemptResult& result, state::v1::NotificationAttemptResult& proto);
[[nodiscard]] AttemptResult ReadAttemptResult(const state::v1::NotificationAttemptResult& proto);

void Write(const EndpointRecord& endpoint, state::v1::NotificationEndpoint& proto);
// Errors: kInvalidArgument, if the filter or an id is none.
[[nodiscard]] Result<EndpointRecord> ReadEndpoint(const state::v1::NotificationEndpoint& proto);

}  // namespace mainstay::notification
