// AddWebhook, ListWebhooks, ListAttempts and RemoveWebhook. Any thread.
#pragma once

#include <vector>

#include "commands.h"
#include "mainstay/base/result.h"
#include "mainstay/query/v1/notification.pb.h"
#include "mainstay/webhook_sender/address_guard.h"

namespace mainstay::notification {

// The URL is checked before anything else. Returns when every shard knows the endpoint, or after five seconds.
[[nodiscard]] Result<void> AddWebhook(const Commands& commands, const std::vector<webhook_sender::Cidr>& allowed,
                                      const query::v1::AddWebhookRequest& request,
                                      query::v1::AddWebhookResponse& response);
// By endpoint id.
[[nodiscard]] Result<void> ListWebhooks(const Commands& commands, query::v1::ListWebhooksResponse& response);
// Newest first.
[[nodiscard]] Result<void> ListAttempts(const Commands& commands, const query::v1::ListAttemptsRequest& request,
                                        query::v1::ListAttemptsResponse& response);
[[nodiscard]] Result<void> RemoveWebhook(const Commands& commands, const query::v1::RemoveWebhookRequest& request);

}  // namespace mainstay::notification
