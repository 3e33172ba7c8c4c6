// Metrics of a process, as Prometheus reads them. Any thread.
//
// A family's kind is decided by the function that is used for it; its labels' names are always the same. No label names
// a client, a person or a book.
#pragma once

#include <map>
#include <memory>
#include <string>

namespace mainstay::telemetry {

struct Family {
  const char* name;  // Base units; counters end in _total, durations in _seconds.
  const char* help;
};
using Labels = std::map<std::string, std::string>;

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void Count(const Family& family, const Labels& labels, double by = 1);
  // For totals kept elsewhere: raises the counter to `total`; never lowers it.
  void CountTo(const Family& family, const Labels& labels, double total);
  void Set(const Family& family, const Labels& labels, double value);
  void Forget(const Family& family, const Labels& labels);                   // A gauge that has no value any more.
  void Observe(const Family& family, const Labels& labels, double seconds);  // Buckets from 1 ms to 60 s.

  [[nodiscard]] std::string Text() const;  // The page /metrics, text format 0.0.4.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mainstay::telemetry
