// Webhooks in the shard loop: which events an endpoint gets, and the life of each delivery. Shard thread only.
//
// Every shard knows every endpoint's filter and sends what matches to the shard of the endpoint id, which alone keeps
// the endpoint, its secret, its queue and its attempts. An endpoint is added and removed there; that shard tells the
// others in the same transaction, so all of them know or none does.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "mainstay/base/result.h"
#include "mainstay/notification/filter.h"
#include "mainstay/notification/retry.h"
#include "mainstay/state/v1/notification.pb.h"
#include "mainstay/stream/processor.h"
#include "public_event.h"

namespace mainstay::notification {

class Webhooks {
 public:
  // Forwards `event` to every endpoint whose filter it matches.
  [[nodiscard]] Result<void> Forward(stream::Context& context, const PublicEvent& event);

  // Commands. A second endpoint of the same id is answered with kAlreadyExists, removing an unknown one with kNotFound.
  [[nodiscard]] Result<void> Add(stream::Context& context, const state::v1::NotificationEndpoint& added);
  [[nodiscard]] Result<void> Remove(stream::Context& context, const std::string& endpoint);
  [[nodiscard]] Result<void> SetFilter(stream::Context& context, const state::v1::NotificationCommand::SetFilter& set);

  // Drops what is cached of the state.
  void Forget() { filters_.reset(); }

 private:
  [[nodiscard]] Result<void> LoadFilters(stream::Context& context);

  std::optional<std::map<std::string, Filter>> filters_;  // By endpoint; absent: not read yet.
};

// A new secret; the old one signs too for the overlap. Errors of these three are answered: kNotFound without the
// endpoint.
[[nodiscard]] Result<void> RotateSecret(stream::Context& context, const state::v1::NotificationCommand::Rotate& rotate);
// Starts a delivery that no filter asked for; kFailedPrecondition when the endpoint is disabled.
[[nodiscard]] Result<void> SendTest(stream::Context& context, const state::v1::NotificationOutgoing& test);
// Enables the endpoint and starts its exhausted deliveries anew; kNotFound for one delivery that is not exhausted.
[[nodiscard]] Result<void> RedriveDeliveries(stream::Context& context,
                                             const state::v1::NotificationCommand::Redrive& redrive);

// An event arrived at the shard of its endpoint.
[[nodiscard]] Result<void> StartOutgoing(stream::Context& context, const state::v1::NotificationOutgoing& outgoing);
// Answers the waiting caller: rejected, and why.
void Reject(stream::Context& context, ErrorCode code, std::string message);

// Key: endpoint\0delivery.
[[nodiscard]] Result<void> OnDeliveryTimer(stream::Context& context, const std::string& key);
void ForgetDelivery(stream::Context& context, const std::string& key);
[[nodiscard]] Result<void> TakeAttemptResult(stream::Context& context,
                                             const state::v1::NotificationCommand::Result& result);
// Hands every attempt without a known result to the sender again.
[[nodiscard]] Result<void> ResendInFlight(stream::Context& context);

}  // namespace mainstay::notification
