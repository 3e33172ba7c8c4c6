// What the gRPC door answers about webhooks. Any thread.
#pragma once

#include <vector>

#include "commands.h"
#include "mainstay/base/result.h"
#include "mainstay/query/v1/notification.pb.h"
#include "mainstay/webhook_sender/address_guard.h"
#include "secret_box.h"

namespace mainstay::notification {

// The URL is checked before anything else. Returns when every shard knows the endpoint, or after five seconds.
// An error of `box` is the answer.
[[nodiscard]] Result<void> AddWebhook(const Commands& commands, const std::vector<webhook_sender::Cidr>& allowed,
                                      const Result<SecretBox>& box, const query::v1::AddWebhookRequest& request,
                                      query::v1::AddWebhookResponse& response);
// By endpoint id.
[[nodiscard]] Result<void> ListWebhooks(const Commands& commands, const stream::Topology& topology,
                                        query::v1::ListWebhooksResponse& response);
// Newest first.
[[nodiscard]] Result<void> ListAttempts(const Commands& commands, const stream::Topology& topology,
                                        const query::v1::ListAttemptsRequest& request,
                                        query::v1::ListAttemptsResponse& response);
[[nodiscard]] Result<void> RemoveWebhook(const Commands& commands, const query::v1::RemoveWebhookRequest& request);
[[nodiscard]] Result<void> RotateWebhook(const Commands& commands, const Result<SecretBox>& box,
                                         const query::v1::RotateWebhookRequest& request,
                                         query::v1::RotateWebhookResponse& response);
[[nodiscard]] Result<void> TestWebhook(const Commands& commands, const query::v1::TestWebhookRequest& request,
                                       query::v1::TestWebhookResponse& response);
[[nodiscard]] Result<void> RedriveWebhook(const Commands& commands, const query::v1::RedriveWebhookRequest& request,
                                          query::v1::RedriveWebhookResponse& response);

}  // namespace mainstay::notification
