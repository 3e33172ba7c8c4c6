// Sends webhooks with libcurl on a thread of its own, each endpoint isolated from the others.
//
// What it promises
//   - every accepted request ends in exactly one result, from the sender's thread, also when the sender stops;
//   - an endpoint has its own queue, its own share of connections and its own rate, so a slow one delays only itself;
//   - nothing is unbounded: queues, answers, header blocks and time all have limits;
//   - a connection goes only to an address the guard allows; no redirects, no proxy, no cookies, no credentials.
// It does not retry and remembers nothing: the schedule is mainstay/notification/retry.h, kept by the caller.
//
// Limitations: HTTP/1.1. A request is sent at least once: it may arrive and its result be lost with the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/notification/retry.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/webhook_sender/address_guard.h"
#include "mainstay/webhook_sender/standard_webhooks.h"

namespace mainstay::webhook_sender {

struct SenderOptions {
  Duration timeout = std::chrono::seconds{15};    // Of one attempt, from name resolution to the end of the answer.
  Duration stop_grace = std::chrono::seconds{5};  // How long Stop() lets running attempts finish.
  std::size_t endpoint_concurrency = 4;           // Running attempts of one endpoint.
  double endpoint_per_second = 50.0;              // Started attempts of one endpoint, after a burst; > 0.
  std::size_t endpoint_burst = 50;
  std::size_t endpoint_queue = 1'000;        // Waiting requests of one endpoint; more are refused.
  std::size_t total_queue = 20'000;          // Waiting requests of all endpoints.
  std::size_t total_concurrency = 512;       // Running attempts; one file descriptor each.
  std::size_t response_head_bytes = 1'024;   // Kept of the answer's body; not printable ASCII becomes ?.
  std::size_t max_response_bytes = 65'536;   // Of the header block, and of the body; the rest is not read.
  std::vector<Cidr> allowed_cidrs;           // webhooks.allowed_cidrs: opens internal receivers.
  std::string ca_file;                       // PEM; empty: the system's certificates.
  std::vector<std::string> fixed_addresses;  // "host:port:address", asked before DNS; guarded like any other.
  std::function<Instant()> wall_clock;       // Required; called from the sender's thread.
};

inline constexpr std::size_t kBodyLimitBytes = 20'000;  // A body must be smaller.

struct SendRequest {
  std::string delivery_id;
  EndpointId endpoint;  // Whose queue it waits in.
  int attempt = 1;      // Comes back in the result.
  std::string url;
  std::string body;                 // Structured CloudEvents JSON.
  std::string webhook_id;           // Header webhook-id; visible ASCII without '.'; constant over all attempts.
  std::uint64_t sequence = 0;       // Header mainstay-sequence unless 0: tells a late sender's copy from a new one.
  std::vector<Secret> secrets;      // At least one; several while rotating.
  std::optional<Instant> deadline;  // Not started after it, and cut off at it.
};

struct SendResult {
  std::string delivery_id;
  EndpointId endpoint;
  // `status` is set as soon as the header block of the final answer is complete, even if its body then stalls, lies
  // about its length or is cut: the receiver has answered. `detail` says what happened in that case.
  notification::AttemptResult attempt;
};

class WebhookSender {
 public:
  // Called from the sender's thread, one at a time; may call Submit(); must not call Stop() and must not block for
  // long.
  using Callback = std::function<void(SendResult)>;

  // REQUIRES: options.wall_clock and on_result are set; limits are above zero.
  WebhookSender(SenderOptions options, Callback on_result);
  ~WebhookSender();  // Stop()
  WebhookSender(const WebhookSender&) = delete;
  WebhookSender& operator=(const WebhookSender&) = delete;

  // Any thread; does not block on the network. An error means that no result will follow:
  //   kInvalidArgument  the request can never be sent (url, body, webhook_id, secrets);
  //   kUnavailable      a queue is full or the sender has stopped; the same request may be accepted later.
  [[nodiscard]] Result<void> Submit(SendRequest request);

  // What an error of Submit() means to the delivery: kRefused or kNotSent.
  [[nodiscard]] static notification::AttemptResult ResultOf(const Error& submit_error, int attempt, Instant now);

  // Refuses new requests, reports those still waiting as kNotSent, lets running ones finish for stop_grace, then cuts
  // them off (kNotSent: they may have arrived). Returns after the last result. Idempotent.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mainstay::webhook_sender
