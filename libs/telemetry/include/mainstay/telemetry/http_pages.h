// The HTTP pages of a process: /metrics for Prometheus; /live, /ready and /started for probes (200, else 503 with the
// reason).
#pragma once

#include <memory>
#include <string>

#include "mainstay/base/result.h"
#include "mainstay/telemetry/health.h"
#include "mainstay/telemetry/metrics.h"

namespace mainstay::telemetry {

class HttpPages {
 public:
  // `listen`: "HOST:PORT", port 0 picks a free one. Both outlive the pages. kUnavailable when the address is taken.
  [[nodiscard]] static Result<std::unique_ptr<HttpPages>> Start(const std::string& listen, const Metrics& metrics,
                                                                const Health& health);
  ~HttpPages();
  HttpPages(const HttpPages&) = delete;
  HttpPages& operator=(const HttpPages&) = delete;

  [[nodiscard]] const std::string& address() const;  // With the real port.

 private:
  struct State;
  explicit HttpPages(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mainstay::telemetry
