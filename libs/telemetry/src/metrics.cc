#include "mainstay/telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace mainstay::telemetry {
namespace {

const prometheus::Histogram::BucketBoundaries kBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                          0.5,   1,      2.5,   5,    10,    30,   60};

}  // namespace

struct Metrics::State {
  std::mutex mutex;
  prometheus::Registry registry;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms;

  template <class Kind, class Build>
  prometheus::Family<Kind>& Of(std::map<std::string, prometheus::Family<Kind>*>& known, const Family& family,
                               Build build) {
    prometheus::Family<Kind>*& found = known[family.name];
    if (found == nullptr) found = &build().Name(family.name).Help(family.help).Register(registry);
    return *found;
  }
  prometheus::Counter& CounterOf(const Family& family, const Labels& labels) {
    return Of(counters, family, prometheus::BuildCounter).Add(labels);
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::Count(const Family& family, const Labels& labels, double by) {
  const std::lock_guard lock(state_->mutex);
  state_->CounterOf(family, labels).Increment(by);
}

void Metrics::CountTo(const Family& family, const Labels& labels, double total) {
  const std::lock_guard lock(state_->mutex);
  prometheus::Counter& counter = state_->CounterOf(family, labels);
  if (total > counter.Value()) counter.Increment(total - counter.Value());
}

void Metrics::Set(const Family& family, const Labels& labels, double value) {
  const std::lock_guard lock(state_->mutex);
  state_->Of(state_->gauges, family, prometheus::BuildGauge).Add(labels).Set(value);
}

void Metrics::Forget(const Family& family, const Labels& labels) {
  const std::lock_guard lock(state_->mutex);
  auto& gauges = state_->Of(state_->gauges, family, prometheus::BuildGauge);
  gauges.Remove(&gauges.Add(labels));
}

void Metrics::Observe(const Family& family, const Labels& labels, double seconds) {
  const std::lock_guard lock(state_->mutex);
  state_->Of(state_->histograms, family, prometheus::BuildHistogram).Add(labels, kBuckets).Observe(seconds);
}

std::string Metrics::Text() const { return prometheus::TextSerializer().Serialize(state_->registry.Collect()); }

}  // namespace mainstay::telemetry
