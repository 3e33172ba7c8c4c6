#include "world.h"

#include <gtest/gtest.h>

#include <utility>

#include "mainstay/stream/dead_letter.h"
#include "mainstay/wire/in_event.h"
#include "mainstay/wire/out_event.h"
#include "services/cadence/processor.h"
#include "services/cadence/queries.h"

namespace mainstay::cadence {

class World::Reader final : public app::StateReader {
 public:
  explicit Reader(World& world) : world_(world) {}
  std::int32_t partitions() const override { return 1; }
  Result<std::unique_ptr<stream::Snapshot>> ReadShard(std::string_view, std::int32_t) const override {
    return world_.driver_->store(0).TakeSnapshot();
  }
  Instant Now() const override { return Instant{}; }

 private:
  World& world_;
};

World::World(stream_sim::DriverOptions options) : topology_(MakeTopology("mainstay")) {
  options.processed = [this](std::int32_t, const stream::ProcessedRecord& record) {
    verdicts_.push_back(record.verdict.kind);
  };
  driver_ = std::make_unique<stream_sim::TaskDriver>(
      broker_, topology_, [](std::int32_t, std::int32_t) { return std::make_unique<CadenceProcessor>(); },
      std::move(options));
  reader_ = std::make_unique<Reader>(*this);
  app::System system;
  system.state = reader_.get();
  doors_ = MakeCadenceDoors(system, topology_);
}

World::~World() = default;

void World::Publish(const InEvent& event) { Publish(event, event.time); }

void World::Publish(const InEvent& event, Instant ingest) {
  const bool touch = std::holds_alternative<Touched>(event.data) || std::holds_alternative<TouchRetracted>(event.data);
  PublishRaw(touch ? 1 : 0, wire::EncodeInEvent(event), ingest);
}

void World::PublishTier(const std::string& client, Tier tier, Instant at) {
  SegmentChanged changed;
  changed.tier = tier;
  changed.rank_tier = tier;
  changed.revenue = {Money{}, kGbp};
  changed.policy_version = "default";
  const EventId id{"segment-" + std::to_string(++segments_)};
  PublishRaw(2, wire::EncodeOutEvent({id, at, kBook, ClientId{client}, changed}), at);
}

void World::PublishRaw(std::size_t input, std::string value, Instant ingest) {
  broker_.Append({topology_.inputs.at(input), 0, ToMs(ingest), kBook.raw(), std::move(value)});
}

void World::Run() {
  const Result<void> ran = driver_->RunUntilIdle();
  ASSERT_TRUE(ran.has_value()) << ran.error().message;
}

void World::TickTo(Instant at) {
  Run();
  ASSERT_TRUE(driver_->TickTo(at).has_value());
  Run();
}

std::vector<OutEvent> World::Told(const std::string& topic) const {
  std::vector<OutEvent> events;
  for (const std::string& bytes : Bytes(topic)) events.push_back(wire::DecodeOutEvent(bytes).value());
  return events;
}

std::vector<std::string> World::Bytes(const std::string& topic) const {
  std::vector<std::string> all;
  for (const auto& entry : broker_.All(topic, 0)) {
    EXPECT_EQ(entry.key, kBook.raw());
    all.push_back(entry.value.value());
  }
  return all;
}

std::vector<std::string> World::DeadLetters() const {
  std::vector<std::string> letters;
  for (const auto& entry : broker_.All(topology_.dead_letter, 0)) {
    const stream::DeadLetter letter = stream::DecodeDeadLetter(*entry.value).value();
    EXPECT_EQ(letter.code, "bad-data");
    letters.push_back(letter.field + ": " + letter.reason);
  }
  return letters;
}

ClientRecord World::Client(const std::string& client) {
  const auto bytes = driver_->store(0).Get(kClients, ClientKey(kBook, ClientId{client})).value();
  EXPECT_TRUE(bytes.has_value()) << "no client " << client;
  return bytes ? DecodeClient(*bytes).value() : ClientRecord{};
}

std::vector<std::string> World::Tables() {
  std::vector<std::string> entries;
  for (const stream::TableId table : topology_.tables) {
    const auto scanned = driver_->store(0).Scan(table, {}, {}, [&](std::string_view key, std::string_view value) {
      entries.push_back(std::to_string(table) + "/" + std::string(key) + "=" + std::string(value));
      return true;
    });
    EXPECT_TRUE(scanned.has_value());
  }
  return entries;
}

query::v1::CadenceService::Service& World::service() const {
  return dynamic_cast<query::v1::CadenceService::Service&>(*doors_->services().front());
}

query::v1::GetCheckupResponse World::Checkup(Instant at) {
  query::v1::GetCheckupRequest request;
  request.mutable_query()->set_at(FormatInstant(at));
  query::v1::GetCheckupResponse response;
  const grpc::Status status = service().GetCheckup(nullptr, &request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

query::v1::ListRisksResponse World::Risks(Instant at, bool all) {
  query::v1::ListRisksRequest request;
  request.mutable_query()->set_at(FormatInstant(at));
  request.set_all(all);
  query::v1::ListRisksResponse response;
  const grpc::Status status = service().ListRisks(nullptr, &request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

query::v1::ListCallsResponse World::Calls(const std::string& rep, const std::string& day, Instant at) {
  query::v1::ListCallsRequest request;
  request.mutable_query()->set_at(FormatInstant(at));
  request.set_rep(rep);
  request.set_day(day);
  query::v1::ListCallsResponse response;
  const grpc::Status status = service().ListCalls(nullptr, &request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

query::v1::GetWorkloadResponse World::Workload(Instant at) {
  query::v1::GetWorkloadRequest request;
  request.mutable_query()->set_at(FormatInstant(at));
  query::v1::GetWorkloadResponse response;
  const grpc::Status status = service().GetWorkload(nullptr, &request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

query::v1::ListGoalsResponse World::Goals(const std::string& client, Instant at) {
  query::v1::ListGoalsRequest request;
  request.mutable_query()->set_at(FormatInstant(at));
  request.set_client(client);
  query::v1::ListGoalsResponse response;
  const grpc::Status status = service().ListGoals(nullptr, &request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

query::v1::ListRenewalsResponse World::Renewals(Instant at) {
  query::v1::ListRenewalsRequest request;
  request.mutable_query()->set_at(FormatInstant(at));
  query::v1::ListRenewalsResponse response;
  const grpc::Status status = service().ListRenewals(nullptr, &request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

query::v1::ListGapsResponse World::Gaps(Instant at) {
  query::v1::ListGapsRequest request;
  request.mutable_query()->set_at(FormatInstant(at));
  query::v1::ListGapsResponse response;
  const grpc::Status status = service().ListGaps(nullptr, &request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

query::v1::GetProofResponse World::Proof(Instant at) {
  query::v1::GetProofRequest request;
  request.mutable_query()->set_at(FormatInstant(at));
  query::v1::GetProofResponse response;
  const grpc::Status status = service().GetProof(nullptr, &request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

query::v1::WhatIfCadenceResponse World::WhatIf(Instant at, const std::map<std::string, double>& thresholds,
                                               const std::map<std::string, std::string>& tiers) {
  query::v1::WhatIfCadenceResponse response;
  const grpc::Status status = WhatIfStatus(at, thresholds, tiers, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

grpc::Status World::WhatIfStatus(Instant at, const std::map<std::string, double>& thresholds,
                                 const std::map<std::string, std::string>& tiers,
                                 query::v1::WhatIfCadenceResponse* out) {
  query::v1::WhatIfCadenceRequest request;
  request.mutable_query()->set_at(FormatInstant(at));
  request.mutable_thresholds()->insert(thresholds.begin(), thresholds.end());
  request.mutable_tiers()->insert(tiers.begin(), tiers.end());
  query::v1::WhatIfCadenceResponse response;
  return service().WhatIfCadence(nullptr, &request, out != nullptr ? out : &response);
}

grpc::Status World::Cadence(const std::string& client, Instant at, query::v1::GetCadenceResponse& out) {
  query::v1::GetCadenceRequest request;
  request.mutable_query()->set_at(FormatInstant(at));
  request.set_client(client);
  request.set_explain(true);
  return service().GetCadence(nullptr, &request, &out);
}

InEvent Event(const std::string& id, const std::string& client, Instant time, InEventData data) {
  return {EventId{id}, "test", time, kBook, ClientId{client}, std::move(data)};
}

InEvent BookEvent(const std::string& id, Instant time, InEventData data) {
  return {EventId{id}, "test", time, kBook, std::nullopt, std::move(data)};
}

OrderPlaced Order(const std::string& id, std::int64_t whole, const Currency& currency) {
  OrderLine line;
  line.product = ProductId{"p"};
  line.amount = Money::FromUnits(whole * Money::kUnitsPerWhole);
  return {OrderId{id}, currency, {line}, std::nullopt, std::nullopt};
}

Touched Call(const std::string& rep) { return {RepId{rep}, {}, {}, {}, {}, {}, {}, {}, {}}; }

Day D(const char* text) { return ParseDay(text).value(); }

Instant At(int year, unsigned month, unsigned day, int hour) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  return Instant{std::chrono::sys_days{date}} + std::chrono::hours{hour};
}

}  // namespace mainstay::cadence
