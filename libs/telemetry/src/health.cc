#include "mainstay/telemetry/health.h"

#include <utility>

namespace mainstay::telemetry {

void Health::SetReady() { Change(true, {}); }

void Health::SetNotReady(std::string reason) { Change(false, std::move(reason)); }

void Health::Change(bool ready, std::string reason) {
  HealthState now;
  std::function<void(const HealthState&)> listener;
  {
    const std::lock_guard lock(mutex_);
    if (state_.ready == ready && state_.reason == reason) return;
    state_.ready = ready;
    state_.started = state_.started || ready;
    state_.reason = std::move(reason);
    now = state_;
    listener = listener_;
  }
  if (listener) listener(now);
}

HealthState Health::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Health::OnChange(std::function<void(const HealthState&)> listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

}  // namespace mainstay::telemetry
