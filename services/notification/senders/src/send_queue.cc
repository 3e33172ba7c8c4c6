#include "send_queue.h"

#include <algorithm>
#include <iterator>

#include "mainstay/base/check.h"

namespace mainstay::webhook_sender {

SendQueue::SendQueue(const Limits& limits)
    : limits_(limits), interval_(static_cast<std::int64_t>(1e9 / limits.per_second)) {
  MAINSTAY_CHECK(limits.concurrency > 0 && limits.burst > 0 && limits.per_second > 0 && limits.endpoint_queue > 0,
                 "a limit of nothing at all");
}

SteadyTime SendQueue::ReadyAt(const Endpoint& endpoint) const {
  return endpoint.paid_until - interval_ * static_cast<std::int64_t>(limits_.burst - 1);
}

void SendQueue::List(Endpoints::iterator at, SteadyTime now) {
  Endpoint& endpoint = at->second;
  if (endpoint.listed) return;
  if (endpoint.queue.empty()) {
    if (endpoint.running > 0) return;
    if (endpoint.paid_until <= now) {
      endpoints_.erase(at);
      return;
    }
    // Kept until its rate is paid off, else finishing fast would be a way around the rate.
    later_.emplace(endpoint.paid_until, at->first);
  } else {
    if (endpoint.running >= limits_.concurrency) return;
    if (ReadyAt(endpoint) <= now) {
      turn_.push_back(at->first);
    } else {
      later_.emplace(ReadyAt(endpoint), at->first);
    }
  }
  endpoint.listed = true;
}

Result<void> SendQueue::Push(SendRequest request, SteadyTime now) {
  if (waiting_ >= limits_.total_queue) return Fail(ErrorCode::kUnavailable, "the queue of all webhooks is full");
  const auto at = endpoints_.try_emplace(request.endpoint.raw()).first;
  Endpoint& endpoint = at->second;
  if (endpoint.queue.size() >= limits_.endpoint_queue) {
    return Fail(ErrorCode::kUnavailable, "the queue of endpoint " + request.endpoint.raw() + " is full");
  }
  endpoint.queue.push_back(std::move(request));
  ++waiting_;
  if (endpoint.listed && endpoint.queue.size() == 1) {
    // It was listed only to be forgotten; the first request moves it to where requests wait.
    const auto [first, last] = later_.equal_range(endpoint.paid_until);
    const auto entry = std::find_if(first, last, [&](const auto& e) { return e.second == at->first; });
    if (entry != last) {
      later_.erase(entry);
      endpoint.listed = false;
    }
  }
  List(at, now);
  return {};
}

std::optional<SendRequest> SendQueue::Pop(SteadyTime now) {
  while (!later_.empty() && later_.begin()->first <= now) {
    const auto at = endpoints_.find(later_.begin()->second);
    later_.erase(later_.begin());
    at->second.listed = false;
    List(at, now);
  }
  if (turn_.empty()) return std::nullopt;
  const auto at = endpoints_.find(turn_.front());
  turn_.pop_front();
  Endpoint& endpoint = at->second;
  endpoint.listed = false;
  SendRequest request = std::move(endpoint.queue.front());
  endpoint.queue.pop_front();
  --waiting_;
  ++endpoint.running;
  endpoint.paid_until = std::max(endpoint.paid_until, now) + interval_;
  List(at, now);
  return request;
}

void SendQueue::Finished(const EndpointId& endpoint, SteadyTime now) {
  const auto at = endpoints_.find(endpoint.raw());
  MAINSTAY_CHECK(at != endpoints_.end() && at->second.running > 0, "an attempt finished that never started");
  --at->second.running;
  List(at, now);
}

std::optional<SteadyTime> SendQueue::NextAt() const {
  if (!turn_.empty()) return SteadyTime::min();
  return later_.empty() ? std::nullopt : std::optional(later_.begin()->first);
}

std::vector<SendRequest> SendQueue::TakeAll() {
  std::vector<SendRequest> all;
  all.reserve(waiting_);
  for (auto& [id, endpoint] : endpoints_) {
    std::move(endpoint.queue.begin(), endpoint.queue.end(), std::back_inserter(all));
    endpoint.queue.clear();
    endpoint.listed = false;
  }
  turn_.clear();
  later_.clear();
  waiting_ = 0;
  return all;
}

}  // namespace mainstay::webhook_sender
