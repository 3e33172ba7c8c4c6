// Whether a process is alive, has started and may be given work. Any thread.
//
//   live     it runs; never depends on anything else, so that an outage elsewhere restarts nobody
//   started  it was ready once: from then on a probe may be impatient
//   ready    it owns shards, they are restored and keep up; else the reason says what is missing
#pragma once

#include <functional>
#include <mutex>
#include <string>

namespace mainstay::telemetry {

struct HealthState {
  bool started = false;
  bool ready = false;
  std::string reason = "starting";  // Why it is not ready; empty when it is.
};

class Health {
 public:
  void SetReady();
  void SetNotReady(std::string reason);
  [[nodiscard]] HealthState state() const;
  // Called after every change, by the thread that made it.
  void OnChange(std::function<void(const HealthState&)> listener);

 private:
  void Change(bool ready, std::string reason);
  mutable std::mutex mutex_;
  HealthState state_;
  std::function<void(const HealthState&)> listener_;
};

}  // namespace mainstay::telemetry
