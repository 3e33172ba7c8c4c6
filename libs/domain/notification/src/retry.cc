#include "mainstay/notification/retry.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mainstay/base/check.h"
#include "mainstay/base/hash.h"

namespace mainstay::notification {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<Duration, kMaxAttempts> kSchedule = {Duration{0}, seconds{5}, minutes{5}, minutes{30}, hours{2},
                                                          hours{5},    hours{10},  hours{14},  hours{20},   hours{24}};
constexpr Duration kUnattemptedDelay = seconds{5};

std::string DescribeFailure(const AttemptResult& result) {
  std::string text =
      result.status ? "HTTP " + std::to_string(*result.status) : std::string(SendErrorName(result.error));
  if (!result.detail.empty()) text += ": " + result.detail;
  return text;
}

void Exhaust(DeliveryDecision& decision) {
  decision.delivery.status = DeliveryStatus::kExhausted;
  decision.delivery.next_attempt_at.reset();
  --decision.endpoint.pending;
  ++decision.endpoint.exhausted;
  decision.facts.emplace_back(DeliveryExhausted{decision.endpoint.id, decision.delivery.event,
                                                static_cast<int>(decision.delivery.attempts.size())});
}

void Succeed(DeliveryDecision& decision) {
  decision.delivery.status = DeliveryStatus::kDelivered;
  decision.delivery.next_attempt_at.reset();
  --decision.endpoint.pending;
  ++decision.endpoint.delivered;
  decision.endpoint.failing_since.reset();
  decision.endpoint.last_error.clear();
}

// Our own refusals say nothing about the receiver, so they never count towards disabling it.
void CountFailure(DeliveryDecision& decision, const AttemptResult& result, Verdict verdict, Instant now) {
  EndpointState& endpoint = decision.endpoint;
  if (result.error == SendError::kRefused && !result.status) return;
  if (!endpoint.failing_since) endpoint.failing_since = now;
  endpoint.last_error = DescribeFailure(result);
  if (!endpoint.enabled()) return;
  if (verdict != Verdict::kGone && now - *endpoint.failing_since < kDisableAfter) return;
  endpoint.disabled_since = now;
  decision.facts.emplace_back(EndpointDisabled{endpoint.id, *endpoint.failing_since, endpoint.last_error});
}

}  // namespace

Duration BaseDelay(int number) {
  MAINSTAY_CHECK(number >= 1 && number <= kMaxAttempts, "an attempt outside the schedule");
  return kSchedule[static_cast<std::size_t>(number - 1)];
}

Duration DelayBefore(std::string_view delivery_id, int number, std::optional<Duration> retry_after) {
  const Duration base = BaseDelay(number);
  if (retry_after) return std::clamp(*retry_after, base, 2 * base);
  const std::int64_t span = base.count() / 5;
  const std::uint64_t draw = HashParts({delivery_id, "jitter", std::to_string(number)}).low;
  return base + Duration{static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(2 * span + 1)) - span};
}

std::string MakeDeliveryId(const EndpointId& endpoint, std::string_view source, const EventId& event) {
  return HashParts({endpoint.raw(), "delivery", source, event.raw()}).Hex();
}

std::string_view SendErrorName(SendError error) {
  switch (error) {
    case SendError::kTimeout: return "timeout";
    case SendError::kConnect: return "cannot connect";
    case SendError::kAddressForbidden: return "address not allowed";
    case SendError::kTls: return "TLS failed";
    case SendError::kProtocol: return "not an HTTP answer";
    case SendError::kRefused: return "request refused";
    case SendError::kNotSent: return "not sent";
    case SendError::kNone: break;
  }
  return "none";
}

std::string_view DeliveryStatusName(DeliveryStatus status) {
  switch (status) {
    case DeliveryStatus::kDelivered: return "DELIVERED";
    case DeliveryStatus::kExhausted: return "EXHAUSTED";
    case DeliveryStatus::kPending: break;
  }
  return "PENDING";
}

Verdict Classify(const AttemptResult& result) {
  if (!result.status) {
    if (result.error == SendError::kNotSent) return Verdict::kUnattempted;
    return result.error == SendError::kRefused ? Verdict::kExhausted : Verdict::kRetry;
  }
  const int status = *result.status;
  if (status >= 200 && status < 300) return Verdict::kDelivered;
  if (status == 410) return Verdict::kGone;
  if (status == 408 || status == 429) return Verdict::kRetry;
  return status >= 400 && status < 500 ? Verdict::kExhausted : Verdict::kRetry;
}

DeliveryDecision StartDelivery(const EndpointState& endpoint, std::string_view source, const EventId& event,
                               Instant now) {
  MAINSTAY_CHECK(endpoint.enabled(), "a delivery to a disabled endpoint");
  DeliveryDecision decision{{}, endpoint, {}};
  ++decision.endpoint.pending;
  DeliveryState& delivery = decision.delivery;
  delivery.id = MakeDeliveryId(endpoint.id, source, event);
  delivery.endpoint = endpoint.id;
  delivery.event = event;
  delivery.sequence = ++decision.endpoint.last_sequence;
  delivery.created = now;
  delivery.next_attempt_at = now + DelayBefore(delivery.id, 1, std::nullopt);
  return decision;
}

DueDecision OnDue(const DeliveryState& delivery, const EndpointState& endpoint, Instant now) {
  DueDecision due{{delivery, endpoint, {}}, std::nullopt};
  if (delivery.status != DeliveryStatus::kPending || !delivery.next_attempt_at || now < *delivery.next_attempt_at) {
    return due;
  }
  if (!endpoint.enabled()) {
    Exhaust(due.next);
  } else {
    due.send = static_cast<int>(delivery.attempts.size()) + 1;
  }
  return due;
}

DeliveryDecision OnAttemptResult(const DeliveryState& delivery, const EndpointState& endpoint,
                                 const AttemptResult& result, Instant now) {
  DeliveryDecision decision{delivery, endpoint, {}};
  const int awaited = static_cast<int>(delivery.attempts.size()) + 1;
  if (delivery.status != DeliveryStatus::kPending || result.number != awaited) return decision;

  const Verdict verdict = Classify(result);
  if (verdict == Verdict::kUnattempted) {
    decision.delivery.next_attempt_at = now + kUnattemptedDelay;
    return decision;
  }
  decision.delivery.attempts.push_back({result, std::nullopt});
  if (verdict == Verdict::kDelivered) {
    Succeed(decision);
    return decision;
  }
  CountFailure(decision, result, verdict, now);
  const int tried = awaited - static_cast<int>(delivery.earlier_attempts);
  if (verdict != Verdict::kRetry || tried >= kMaxAttempts || !decision.endpoint.enabled()) {
    Exhaust(decision);
    return decision;
  }
  const Instant next = now + DelayBefore(delivery.id, tried + 1, result.retry_after);
  decision.delivery.attempts.back().next_attempt_at = next;
  decision.delivery.next_attempt_at = next;
  return decision;
}

std::optional<DeliveryDecision> Redrive(const DeliveryState& delivery, const EndpointState& endpoint, Instant now) {
  MAINSTAY_CHECK(endpoint.enabled(), "a redrive to a disabled endpoint");
  if (delivery.status != DeliveryStatus::kExhausted) return std::nullopt;
  if (delivery.attempts.size() + kMaxAttempts > kMaxKeptAttempts) return std::nullopt;
  DeliveryDecision decision{delivery, endpoint, {}};
  ++decision.endpoint.pending;
  --decision.endpoint.exhausted;
  decision.delivery.status = DeliveryStatus::kPending;
  decision.delivery.earlier_attempts = delivery.attempts.size();
  decision.delivery.next_attempt_at = now;
  return decision;
}

EndpointState Enable(EndpointState endpoint) {
  endpoint.disabled_since.reset();
  endpoint.failing_since.reset();
  endpoint.last_error.clear();
  return endpoint;
}

}  // namespace mainstay::notification
