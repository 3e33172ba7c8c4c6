// The life of one webhook delivery and of the endpoint it goes to.
//
//   delivery:  kPending --2xx--> kDelivered
//              kPending --last attempt failed, 410, other 4xx, endpoint disabled--> kExhausted
//              kExhausted --Redrive()--> kPending, with the whole schedule before it again
//   endpoint:  enabled --410, or failures only for 5 days--> disabled --Enable()--> enabled
//
// Pure: same arguments, same answer. Deliveries are unordered; `EndpointState::fifo` is stored and not yet acted upon.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::notification {

inline constexpr int kMaxAttempts = 10;
inline constexpr std::size_t kMaxKeptAttempts = 5 * kMaxAttempts;  // Then a delivery cannot be redriven once more.
inline constexpr Duration kDisableAfter = std::chrono::days{5};

// Wait before attempt `number` (1..10) after the one before it: 0 s, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h,
// 24 h. REQUIRES: 1 <= number <= kMaxAttempts.
[[nodiscard]] Duration BaseDelay(int number);
// The wait actually taken: the base +-20 %, drawn from (delivery id, number) and so the same after a restart; or, when
// the receiver sent Retry-After, that value held within [base, 2 x base].
[[nodiscard]] Duration DelayBefore(std::string_view delivery_id, int number, std::optional<Duration> retry_after);

// The same for the same event and endpoint, whoever computes it and however often: 32 hex digits.
[[nodiscard]] std::string MakeDeliveryId(const EndpointId& endpoint, std::string_view source, const EventId& event);

// Why there is no HTTP status.
enum class SendError : std::uint8_t {
  kNone = 0,              // There is a status.
  kTimeout = 1,           // No answer in time.
  kConnect = 2,           // Name not resolved, connection refused or lost.
  kAddressForbidden = 3,  // The name led to an address the guard refuses.
  kTls = 4,               // Handshake or certificate.
  kProtocol = 5,          // What came back is not HTTP.
  kRefused = 6,           // Our own check refused the request (URL, size): it can never be sent.
  kNotSent = 7,           // Never started (queue full, stopping, deadline passed); not an attempt.
};
[[nodiscard]] std::string_view SendErrorName(SendError error);

struct AttemptResult {
  int number = 1;             // Which attempt of the delivery, from 1.
  Instant at;                 // When it started.
  std::optional<int> status;  // HTTP; absent: `error` says why.
  SendError error = SendError::kNone;
  std::string detail;  // For a person, e.g. "timed out after 15000 ms"; may be empty.
  Duration latency{};
  std::string response_head;  // Start of the answer's body, printable.
  std::optional<Duration> retry_after;
};

enum class Verdict : std::uint8_t {
  kDelivered,    // 2xx.
  kRetry,        // 408, 429, 5xx, 3xx (never followed), anything that is not an answer, timeouts, connect errors.
  kExhausted,    // Other 4xx, and what our own checks refuse: sending it again cannot help.
  kGone,         // 410: the receiver wants no more of these.
  kUnattempted,  // kNotSent.
};
[[nodiscard]] Verdict Classify(const AttemptResult& result);

struct Attempt {
  AttemptResult result;
  std::optional<Instant> next_attempt_at;
};

enum class DeliveryStatus : std::uint8_t { kPending = 0, kDelivered = 1, kExhausted = 2 };
[[nodiscard]] std::string_view DeliveryStatusName(DeliveryStatus status);  // "PENDING", "DELIVERED", "EXHAUSTED"

struct DeliveryState {
  std::string id;  // MakeDeliveryId; also the webhook-id header of every attempt.
  EndpointId endpoint;
  EventId event;
  std::uint64_t sequence = 0;  // Per endpoint, from 1.
  Instant created;
  DeliveryStatus status = DeliveryStatus::kPending;
  std::vector<Attempt> attempts;           // At most kMaxAttempts since the last Redrive.
  std::optional<Instant> next_attempt_at;  // Set exactly while pending.
  std::size_t earlier_attempts = 0;        // How many of `attempts` came before the last Redrive.
};

struct EndpointState {
  EndpointId id;
  bool fifo = false;
  std::optional<Instant> failing_since;   // First failure since the last success.
  std::optional<Instant> disabled_since;  // Set: nothing is sent.
  std::string last_error;                 // Of the last failed attempt; "" after a success.
  std::uint64_t last_sequence = 0;
  std::int64_t pending = 0;
  std::int64_t delivered = 0;
  std::int64_t exhausted = 0;
  [[nodiscard]] bool enabled() const { return !disabled_since.has_value(); }
};

struct EndpointDisabled {
  EndpointId endpoint;
  Instant since;  // Begin of the failures that led to it.
  std::string last_error;
};
struct DeliveryExhausted {
  EndpointId endpoint;
  EventId event;
  int attempts = 0;
};
using DeliveryFact = std::variant<EndpointDisabled, DeliveryExhausted>;

struct DeliveryDecision {
  DeliveryState delivery;
  EndpointState endpoint;
  std::vector<DeliveryFact> facts;
};

// A new delivery, due at once. REQUIRES: endpoint.enabled().
[[nodiscard]] DeliveryDecision StartDelivery(const EndpointState& endpoint, std::string_view source,
                                             const EventId& event, Instant now);

// What the durable timer of a delivery means: attempt `send` is to be sent now, or nothing is (not pending, not yet
// due, or the endpoint was disabled meanwhile, which exhausts the delivery).
struct DueDecision {
  DeliveryDecision next;
  std::optional<int> send;
};
[[nodiscard]] DueDecision OnDue(const DeliveryState& delivery, const EndpointState& endpoint, Instant now);

// Takes the result of one attempt. A result of another attempt than the one awaited, or for a delivery that is over
// (a late or repeated record), changes nothing. kNotSent leaves the number and waits 5 s.
[[nodiscard]] DeliveryDecision OnAttemptResult(const DeliveryState& delivery, const EndpointState& endpoint,
                                               const AttemptResult& result, Instant now);

// Starts an exhausted delivery anew, due at once, under the same id and sequence. nullopt: it is not exhausted, or has
// been tried too often (kMaxKeptAttempts). REQUIRES: endpoint.enabled().
[[nodiscard]] std::optional<DeliveryDecision> Redrive(const DeliveryState& delivery, const EndpointState& endpoint,
                                                      Instant now);

// Switches a disabled endpoint on again, with its failures forgotten.
[[nodiscard]] EndpointState Enable(EndpointState endpoint);

}  // namespace mainstay::notification
