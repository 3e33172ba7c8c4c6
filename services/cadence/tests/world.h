// The cadence processor under the real shard loop, with its topics and its answers at hand.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/app/service_module.h"
#include "mainstay/query/v1/cadence.grpc.pb.h"
#include "mainstay/stream_sim/task_driver.h"
#include "mainstay/vocabulary/events.h"
#include "mainstay/vocabulary/out_events.h"
#include "services/cadence/state.h"

namespace mainstay::cadence {

inline const BookId kBook{"north"};
inline const Currency kGbp{"GBP"};

class World {
 public:
  explicit World(stream_sim::DriverOptions options = {});
  ~World();

  // Appends to the topic the event belongs on; `ingest` left out: the event's own time.
  void Publish(const InEvent& event);
  void Publish(const InEvent& event, Instant ingest);
  void PublishTier(const std::string& client, Tier tier, Instant at);
  void PublishRaw(std::size_t input, std::string value, Instant ingest);
  void Run();
  // Runs what is there, then lets every timer up to `at` fire.
  void TickTo(Instant at);

  [[nodiscard]] std::vector<OutEvent> Cadence() const { return Told("mainstay.cadence-events"); }
  [[nodiscard]] std::vector<OutEvent> Risk() const { return Told("mainstay.churn-risk"); }
  [[nodiscard]] std::vector<std::string> Bytes(const std::string& topic) const;
  // "field: reason" of each.
  [[nodiscard]] std::vector<std::string> DeadLetters() const;
  [[nodiscard]] std::vector<stream::Verdict::Kind> verdicts() const { return verdicts_; }
  [[nodiscard]] ClientRecord Client(const std::string& client);
  // All entries of the service's own tables.
  [[nodiscard]] std::vector<std::string> Tables();

  // Answers as of `at`.
  [[nodiscard]] query::v1::GetCheckupResponse Checkup(Instant at);
  [[nodiscard]] query::v1::ListRisksResponse Risks(Instant at, bool all);
  [[nodiscard]] query::v1::ListCallsResponse Calls(const std::string& rep, const std::string& day, Instant at);
  [[nodiscard]] query::v1::GetWorkloadResponse Workload(Instant at);
  [[nodiscard]] query::v1::ListGoalsResponse Goals(const std::string& client, Instant at);
  [[nodiscard]] query::v1::ListRenewalsResponse Renewals(Instant at);
  [[nodiscard]] query::v1::ListGapsResponse Gaps(Instant at);
  [[nodiscard]] query::v1::GetProofResponse Proof(Instant at);
  [[nodiscard]] query::v1::WhatIfCadenceResponse WhatIf(Instant at, const std::map<std::string, double>& thresholds,
                                                        const std::map<std::string, std::string>& tiers);
  [[nodiscard]] grpc::Status WhatIfStatus(Instant at, const std::map<std::string, double>& thresholds,
                                          const std::map<std::string, std::string>& tiers,
                                          query::v1::WhatIfCadenceResponse* out = nullptr);
  // The status, and the answer if it is OK.
  [[nodiscard]] grpc::Status Cadence(const std::string& client, Instant at, query::v1::GetCadenceResponse& out);

  [[nodiscard]] stream_sim::TaskDriver& driver() { return *driver_; }

 private:
  class Reader;
  [[nodiscard]] std::vector<OutEvent> Told(const std::string& topic) const;
  [[nodiscard]] query::v1::CadenceService::Service& service() const;

  stream_sim::SimBroker broker_{1};
  stream::Topology topology_;
  std::vector<stream::Verdict::Kind> verdicts_;
  std::unique_ptr<stream_sim::TaskDriver> driver_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<app::Doors> doors_;
  int segments_ = 0;
};

// An event of `client` with id `id`.
[[nodiscard]] InEvent Event(const std::string& id, const std::string& client, Instant time, InEventData data);
[[nodiscard]] InEvent BookEvent(const std::string& id, Instant time, InEventData data);
[[nodiscard]] OrderPlaced Order(const std::string& id, std::int64_t whole, const Currency& currency = kGbp);
[[nodiscard]] Touched Call(const std::string& rep);
[[nodiscard]] Instant At(int year, unsigned month, unsigned day, int hour = 12);
[[nodiscard]] Day D(const char* text);

}  // namespace mainstay::cadence
