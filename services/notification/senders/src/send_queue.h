// Which waiting request goes next: a queue, a concurrency and a rate per endpoint, endpoints served in turn.
//
// Pure: time is an argument. Not thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/webhook_sender/webhook_sender.h"

namespace mainstay::webhook_sender {

using SteadyTime = std::chrono::steady_clock::time_point;

class SendQueue {
 public:
  struct Limits {
    std::size_t concurrency;
    double per_second;
    std::size_t burst;
    std::size_t endpoint_queue;
    std::size_t total_queue;
  };
  explicit SendQueue(const Limits& limits);

  // kUnavailable when the endpoint's queue, or all of them together, are full.
  [[nodiscard]] Result<void> Push(SendRequest request, SteadyTime now);
  // The next request that may start now; it counts as running until Finished() of its endpoint. nullopt: none may.
  [[nodiscard]] std::optional<SendRequest> Pop(SteadyTime now);
  void Finished(const EndpointId& endpoint, SteadyTime now);
  // When Pop() may have something that it has not now, if nothing is pushed or finished before.
  [[nodiscard]] std::optional<SteadyTime> NextAt() const;
  // Everything that waits, taken out.
  [[nodiscard]] std::vector<SendRequest> TakeAll();

  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] std::size_t endpoints() const { return endpoints_.size(); }

 private:
  struct Endpoint {
    std::deque<SendRequest> queue;
    std::size_t running = 0;
    SteadyTime paid_until{};  // Grows by one interval per start; may run ahead of now by burst - 1 intervals.
    bool listed = false;      // In turn_ or in later_.
  };
  using Endpoints = std::map<std::string, Endpoint>;

  [[nodiscard]] SteadyTime ReadyAt(const Endpoint& endpoint) const;
  // Puts the endpoint where it belongs, or forgets it when nothing is left to remember.
  void List(Endpoints::iterator endpoint, SteadyTime now);

  Limits limits_;
  std::chrono::nanoseconds interval_;
  Endpoints endpoints_;
  std::deque<std::string> turn_;
  std::multimap<SteadyTime, std::string> later_;
  std::size_t waiting_ = 0;
};

}  // namespace mainstay::webhook_sender
