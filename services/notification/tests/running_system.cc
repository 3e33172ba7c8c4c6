#include "running_system.h"

#include <gtest/gtest.h>

#include <utility>

#include "mainstay/wire/in_event.h"
#include "mainstay/wire/out_event.h"

namespace mainstay::notification::testing {
namespace {

// Ids of events: unique over all systems of a test program, so that a restarted one takes new ones.
int id_count = 0;
std::string NextId() { return "event-" + std::to_string(++id_count); }

const char* TopicOf(const OutEventData& data) {
  switch (wire::OutTopicOfType(wire::TypeName(data)).value()) {
    case wire::OutTopic::kSegments: return "mainstay.segments";
    case wire::OutTopic::kCadenceEvents: return "mainstay.cadence-events";
    case wire::OutTopic::kChurnRisk: return "mainstay.churn-risk";
    default: return "mainstay.upsell-prompts";
  }
}

}  // namespace

RunningSystem::RunningSystem(const std::filesystem::path& directory, NotificationOptions options, Wrap wrap) {
  app::ServiceModule module = MakeNotificationModule("mainstay", std::move(options));
  if (wrap) {
    module.make_doors = [make = module.make_doors, wrap](const app::System& system) { return wrap(make(system)); };
  }
  std::vector<app::ServiceModule> modules;
  modules.push_back(std::move(module));
  auto started =
      app::EmbeddedSystem::Start({.directory = directory / "data", .new_with_data_clock = true}, std::move(modules));
  if (!started) throw std::runtime_error(started.error().message);
  system_ = std::move(*started);
  server_ = rpc::Server::Start({}, system_->services()).value();
  stub_ = q::NotificationService::NewStub(server_->InProcessChannel());
}

void RunningSystem::Stop() {
  if (!system_) return;
  system_->ShutDownDoors();
  server_->Shutdown(5s);
  EXPECT_TRUE(system_->Stop().has_value());
  stub_.reset();
  server_.reset();
  system_.reset();
}

stream::Verdict RunningSystem::Publish(const std::string& topic, const std::string& book, Instant at,
                                       std::string value) {
  std::vector<app::Publication> publications;
  publications.push_back({topic, book, std::nullopt, std::nullopt, at, std::move(value)});
  auto acknowledged = system_->Publish(std::move(publications), app::Wait::kProcessed).get();
  EXPECT_TRUE(acknowledged.has_value()) << acknowledged.error().message;
  return acknowledged->front().verdict;
}

stream::Verdict RunningSystem::Put(const std::string& client, Instant at, InEventData data) {
  InEvent event{EventId{NextId()}, "test", at, kBook, std::nullopt, std::move(data)};
  if (!client.empty()) event.client = ClientId{client};
  const bool touch = std::holds_alternative<Touched>(event.data);
  return Publish(touch ? "mainstay.touch-events" : "mainstay.client-events", kBook.raw(), at,
                 wire::EncodeInEvent(event));
}

void RunningSystem::Put(const std::string& client, Instant at, OutEventData data, const BookId& book) {
  const char* topic = TopicOf(data);
  const OutEvent event{EventId{NextId()}, at, book, ClientId{client}, std::move(data)};
  (void)Publish(topic, book.raw(), at, wire::EncodeOutEvent(event));
}

EventId RunningSystem::LastId() const { return EventId{"event-" + std::to_string(id_count)}; }

void RunningSystem::AdvanceTo(Instant until) {
  const auto done = system_->AdvanceTo(until);
  EXPECT_TRUE(done.has_value());
}

std::vector<q::InboxItem> RunningSystem::Inbox(const std::string& rep, bool all) {
  grpc::ClientContext context;
  q::ListInboxRequest request;
  request.set_rep(rep);
  request.set_all(all);
  q::ListInboxResponse response;
  const grpc::Status status = stub_->ListInbox(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return {response.rows().begin(), response.rows().end()};
}

grpc::Status RunningSystem::Act(q::ActRequest request, q::ActResponse* response) {
  grpc::ClientContext context;
  q::ActResponse unused;
  return stub_->Act(&context, request, response != nullptr ? response : &unused);
}

grpc::Status RunningSystem::AddWebhook(const std::string& url, const std::string& endpoint, std::string* secret,
                                       const std::vector<std::string>& types) {
  grpc::ClientContext context;
  q::AddWebhookRequest request;
  request.set_url(url);
  request.set_endpoint(endpoint);
  for (const std::string& type : types) request.mutable_filter()->add_types(type);
  q::AddWebhookResponse response;
  const grpc::Status status = stub_->AddWebhook(&context, request, &response);
  if (secret != nullptr) *secret = response.secret();
  return status;
}

std::vector<q::Attempt> RunningSystem::AwaitAttempts(
    const std::function<bool(const std::vector<q::Attempt>&)>& enough) {
  std::uint64_t news = 0;
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  for (;;) {
    grpc::ClientContext context;
    q::ListAttemptsResponse response;
    EXPECT_TRUE(stub_->ListAttempts(&context, {}, &response).ok());
    std::vector<q::Attempt> attempts(response.rows().begin(), response.rows().end());
    if (enough(attempts)) return attempts;
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "the attempts did not come";
      return attempts;
    }
    news = system_->AwaitNews(news, 100ms);
  }
}

std::vector<std::string> RunningSystem::Events(const std::vector<std::string>& types, const std::string& from) {
  grpc::ClientContext context;
  const auto stream = stub_->Subscribe(&context);
  q::SubscribeRequest request;
  for (const std::string& type : types) request.mutable_start()->mutable_filter()->add_types(type);
  request.mutable_start()->set_from(from);
  request.mutable_start()->set_until_end(true);
  request.mutable_start()->set_num_requested(1'000'000);
  stream->Write(request);
  std::vector<std::string> events;
  q::SubscribeResponse response;
  while (stream->Read(&response)) {
    if (!response.event_json().empty()) events.push_back(response.event_json());
  }
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return events;
}

InEventData Order(const std::string& id, const std::vector<std::pair<std::string, const char*>>& lines) {
  OrderPlaced order{OrderId{id}, Currency{"GBP"}, {}, std::nullopt, std::nullopt};
  for (const auto& [product, amount] : lines) {
    order.lines.push_back({ProductId{product}, std::nullopt, ParseMoney(amount).value(), {}, {}, {}});
  }
  return order;
}

InEventData TouchBy(const std::string& rep, TouchRole role) {
  return Touched{RepId{rep}, role, TouchChannel::kCall, TouchDirection::kInbound, {}, {}, {}, {}, {}};
}

TouchPlan Plan(const std::string& episode) {
  return {EpisodeId{episode}, Tier::kA, std::chrono::floor<std::chrono::days>(kStart), {}, {}, RepId{"ann"}};
}

OutEventData Risk(const std::string& episode, RiskLevel level, const std::string& owner) {
  const MoneyAmount at_stake{ParseMoney("100.00").value(), Currency{"GBP"}};
  const RiskReason reason{"q", "competitor_call", 1.5, "a competitor called", {}};
  return ChurnRiskChanged{EpisodeId{episode},
                          1,
                          level,
                          RiskLevel::kLow,
                          RiskTrigger::kLevel,
                          {},
                          {},
                          0.0,
                          {},
                          {},
                          {},
                          {},
                          at_stake,
                          Tier::kA,
                          RepId{owner},
                          {reason},
                          {},
                          "test"};
}

}  // namespace mainstay::notification::testing
