// Rep alerts in the shard loop: risk and overdue episodes become inbox entries. Shard thread only.
#pragma once

#include <optional>

#include "mainstay/base/result.h"
#include "mainstay/notification/alerts.h"
#include "mainstay/notification/prompts.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/out_events.h"
#include "state.h"

namespace mainstay::notification {

[[nodiscard]] Result<void> TakeForAlerts(stream::Context& context, const OutEvent& event);

// Why nobody needs to be told of this client any more; nullopt: somebody does.
[[nodiscard]] std::optional<ClientGone> WhyGone(const ClientRecord& client);
// Stores the alert and keeps the list of open ones of its client; stores the client too if that list changed.
void PutAlert(stream::Context& context, ClientRecord& client, const Alert& alert);
// Clears every open alert of the client.
[[nodiscard]] Result<void> WithdrawAlerts(stream::Context& context, const BookId& book, ClientRecord& client,
                                          ClientGone why);

}  // namespace mainstay::notification
