#include <utility>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/wire/out_event.h"
#include "proto_codec.h"
#include "tables.h"
#include "topology.h"
#include "webhooks.h"

namespace mainstay::notification {
namespace {

namespace s = state::v1;
using stream::JoinKey;

constexpr Duration kKeptAfterEnd = std::chrono::days{35};  // As long as a repeated event is recognised.

struct Loaded {
  DeliveryState delivery;
  EndpointRecord endpoint;
};

// nullopt: the delivery or its endpoint is gone.
Result<std::optional<Loaded>> LoadDelivery(stream::Context& context, const std::string& key) {
  MAINSTAY_TRY_ASSIGN(delivery, Load(context, kDeliveries, key, DecodeDelivery));
  if (!delivery) return std::optional<Loaded>{};
  MAINSTAY_TRY_ASSIGN(endpoint, Load(context, kEndpoints, delivery->endpoint.raw(), DecodeEndpoint));
  if (!endpoint) return std::optional<Loaded>{};
  return std::optional(Loaded{std::move(*delivery), std::move(*endpoint)});
}

void EmitFact(stream::Context& context, const DeliveryState& delivery, const DeliveryFact& fact) {
  OutEvent event{EventId{""}, context.Now(), BookId{""}, std::nullopt, {}};
  if (const auto* disabled = std::get_if<notification::EndpointDisabled>(&fact)) {
    event.id = EventId{HashParts({disabled->endpoint.raw(), "disabled", std::to_string(ToMs(disabled->since))}).Hex()};
    event.data = mainstay::EndpointDisabled{disabled->endpoint, disabled->since, disabled->last_error};
  } else {
    const auto& exhausted = std::get<notification::DeliveryExhausted>(fact);
    event.id = EventId{HashParts({delivery.id, "exhausted"}).Hex()};
    event.data = mainstay::DeliveryExhausted{exhausted.endpoint, exhausted.event, exhausted.attempts};
  }
  context.Emit(kDeliveryEventsOutput, delivery.endpoint.raw(), wire::EncodeOutEvent(event));
}

// Everything that follows from the new state of a delivery and its endpoint.
Result<void> Settle(stream::Context& context, const std::string& key, EndpointRecord endpoint,
                    const DeliveryDecision& decision) {
  endpoint.state = decision.endpoint;
  context.Put(kDeliveries, key, Encode(decision.delivery));
  context.Put(kEndpoints, endpoint.state.id.raw(), Encode(endpoint));
  for (const DeliveryFact& fact : decision.facts) EmitFact(context, decision.delivery, fact);
  if (decision.delivery.next_attempt_at) {
    return context.SetTimer(kDeliveryTimer, key, *decision.delivery.next_attempt_at, {});
  }
  if (decision.delivery.status == DeliveryStatus::kDelivered) context.Erase(kBodies, key);  // Else it may be redriven.
  MAINSTAY_TRY(context.CancelTimer(kDeliveryTimer, key));
  return context.SetTimer(kForgetTimer, key, context.Now() + kKeptAfterEnd, {});
}

Result<void> Send(stream::Context& context, const std::string& key, const Loaded& loaded, int attempt) {
  MAINSTAY_TRY_ASSIGN(body, context.Get(kBodies, key));
  if (!body) return Fail(ErrorCode::kDataLoss, "the body of delivery " + loaded.delivery.id + " is missing");
  s::NotificationSend send;
  send.set_delivery(loaded.delivery.id);
  send.set_endpoint(loaded.delivery.endpoint.raw());
  send.set_attempt(attempt);
  send.set_url(loaded.endpoint.url);
  send.set_body(std::move(*body));
  send.set_sequence(loaded.delivery.sequence);
  send.set_secret(loaded.endpoint.secret);
  if (loaded.endpoint.old_secret_until && context.Now() < *loaded.endpoint.old_secret_until) {
    send.set_old_secret(loaded.endpoint.old_secret);
  }
  context.EmitEffect(send.SerializeAsString());
  return {};
}

using Exhausted = std::vector<std::pair<std::string, DeliveryState>>;
Result<Exhausted> ExhaustedOf(stream::Context& context, const s::NotificationCommand::Redrive& redrive) {
  Exhausted found;
  Result<void> damaged{};
  const std::string prefix = JoinKey({redrive.endpoint(), redrive.delivery()});
  MAINSTAY_TRY(context.Scan(kDeliveries, prefix, {}, [&](std::string_view key, std::string_view value) {
    Result<DeliveryState> delivery = DecodeDelivery(value);
    if (!delivery) {
      damaged = tl::unexpected(delivery.error());
      return false;
    }
    const bool old = redrive.has_since_ms() && delivery->created < FromMs(redrive.since_ms());
    const bool other = !redrive.delivery().empty() && delivery->id != redrive.delivery();
    if (delivery->status == DeliveryStatus::kExhausted && !old && !other) {
      found.emplace_back(std::string(key), std::move(*delivery));
    }
    return true;
  }));
  MAINSTAY_TRY(damaged);
  return found;
}

}  // namespace

Result<void> StartOutgoing(stream::Context& context, const s::NotificationOutgoing& outgoing) {
  MAINSTAY_TRY_ASSIGN(endpoint, Load(context, kEndpoints, outgoing.endpoint(), DecodeEndpoint));
  if (!endpoint || !endpoint->state.enabled()) return {};  // Removed or disabled since the event matched.
  const EventId event{outgoing.event()};
  const std::string id = MakeDeliveryId(endpoint->state.id, outgoing.source(), event);
  const std::string key = JoinKey({outgoing.endpoint(), id});
  MAINSTAY_TRY_ASSIGN(known, context.Get(kDeliveries, key));
  if (known) return {};
  const DeliveryDecision decision = StartDelivery(endpoint->state, outgoing.source(), event, context.Now());
  context.Put(kBodies, key, outgoing.body());
  return Settle(context, key, std::move(*endpoint), decision);
}

Result<void> RotateSecret(stream::Context& context, const s::NotificationCommand::Rotate& rotate) {
  MAINSTAY_TRY_ASSIGN(endpoint, Load(context, kEndpoints, rotate.endpoint(), DecodeEndpoint));
  if (!endpoint) {
    Reject(context, ErrorCode::kNotFound, "there is no endpoint '" + rotate.endpoint() + "'");
    return {};
  }
  if (endpoint->secret == rotate.secret()) {  // Sealed with a nonce of its own: equal only when repeated.
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  endpoint->old_secret.clear();
  endpoint->old_secret_until.reset();
  if (rotate.overlap_ms() > 0) {
    endpoint->old_secret = endpoint->secret;
    endpoint->old_secret_until = context.Now() + Duration{rotate.overlap_ms()};
  }
  endpoint->secret = rotate.secret();
  context.Put(kEndpoints, rotate.endpoint(), Encode(*endpoint));
  return {};
}

Result<void> SendTest(stream::Context& context, const s::NotificationOutgoing& test) {
  MAINSTAY_TRY_ASSIGN(endpoint, Load(context, kEndpoints, test.endpoint(), DecodeEndpoint));
  if (!endpoint) {
    Reject(context, ErrorCode::kNotFound, "there is no endpoint '" + test.endpoint() + "'");
  } else if (!endpoint->state.enabled()) {
    Reject(context, ErrorCode::kFailedPrecondition,
           "endpoint '" + test.endpoint() + "' is disabled; switch it on with `webhooks redrive`");
  } else {
    return StartOutgoing(context, test);
  }
  return {};
}

Result<void> RedriveDeliveries(stream::Context& context, const s::NotificationCommand::Redrive& redrive) {
  MAINSTAY_TRY_ASSIGN(endpoint, Load(context, kEndpoints, redrive.endpoint(), DecodeEndpoint));
  if (!endpoint) {
    Reject(context, ErrorCode::kNotFound, "there is no endpoint '" + redrive.endpoint() + "'");
    return {};
  }
  MAINSTAY_TRY_ASSIGN(found, ExhaustedOf(context, redrive));
  if (found.empty() && !redrive.delivery().empty()) {
    Reject(context, ErrorCode::kNotFound, "there is no exhausted delivery '" + redrive.delivery() + "'");
    return {};
  }
  if (!endpoint->state.enabled()) endpoint->state = Enable(std::move(endpoint->state));
  context.Put(kEndpoints, redrive.endpoint(), Encode(*endpoint));
  for (const auto& [key, delivery] : found) {
    MAINSTAY_TRY_ASSIGN(body, context.Get(kBodies, key));
    const auto decision = Redrive(delivery, endpoint->state, context.Now());
    if (!body || !decision) continue;
    MAINSTAY_TRY(context.CancelTimer(kForgetTimer, key));
    endpoint->state = decision->endpoint;
    MAINSTAY_TRY(Settle(context, key, *endpoint, *decision));
  }
  return {};
}

Result<void> OnDeliveryTimer(stream::Context& context, const std::string& key) {
  MAINSTAY_TRY_ASSIGN(loaded, LoadDelivery(context, key));
  if (!loaded) return {};
  const DueDecision due = OnDue(loaded->delivery, loaded->endpoint.state, context.Now());
  if (!due.send) return Settle(context, key, std::move(loaded->endpoint), due.next);
  context.Put(kInFlight, key, {});
  return Send(context, key, *loaded, *due.send);
}

void ForgetDelivery(stream::Context& context, const std::string& key) {
  context.Erase(kDeliveries, key);
  context.Erase(kBodies, key);
  context.Erase(kInFlight, key);
}

Result<void> TakeAttemptResult(stream::Context& context, const s::NotificationCommand::Result& result) {
  const std::string key = JoinKey({result.endpoint(), result.delivery()});
  MAINSTAY_TRY_ASSIGN(loaded, LoadDelivery(context, key));
  const AttemptResult attempt = ReadAttemptResult(result.attempt());
  const bool awaited = loaded && loaded->delivery.status == DeliveryStatus::kPending &&
                       attempt.number == static_cast<int>(loaded->delivery.attempts.size()) + 1;
  if (!awaited) {  // Late or repeated: an attempt that was sent again has two results.
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  context.Erase(kInFlight, key);
  const DeliveryDecision decision = OnAttemptResult(loaded->delivery, loaded->endpoint.state, attempt, context.Now());
  return Settle(context, key, std::move(loaded->endpoint), decision);
}

Result<void> ResendInFlight(stream::Context& context) {
  std::vector<std::string> keys;
  MAINSTAY_TRY(context.Scan(kInFlight, {}, {}, [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  }));
  for (const std::string& key : keys) {
    MAINSTAY_TRY_ASSIGN(loaded, LoadDelivery(context, key));
    if (!loaded) continue;
    MAINSTAY_TRY(Send(context, key, *loaded, static_cast<int>(loaded->delivery.attempts.size()) + 1));
  }
  return {};
}

}  // namespace mainstay::notification
