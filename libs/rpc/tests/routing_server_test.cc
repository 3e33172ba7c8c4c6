#include "mainstay/rpc/routing_server.h"

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <atomic>

#include "mainstay/query/v1/event.grpc.pb.h"
#include "mainstay/rpc/server.h"

namespace mainstay::rpc {
namespace {

namespace q = query::v1;

class Events final : public q::EventService::Service {
  grpc::Status Publish(grpc::ServerContext* context, const q::PublishRequest* request,
                       q::PublishResponse* response) override {
    for (const auto& event : request->events()) response->add_acknowledgements()->set_topic(event.id());
    const auto found = context->client_metadata().find("mainstay-hops");
    if (found != context->client_metadata().end()) {
      context->AddTrailingMetadata("seen-hops", std::string(found->second.data(), found->second.size()));
    }
    if (request->events_size() == 0) return {grpc::StatusCode::INVALID_ARGUMENT, "[events] none"};
    return grpc::Status::OK;
  }
  grpc::Status PublishStream(grpc::ServerContext*,
                             grpc::ServerReaderWriter<q::PublishResponse, q::PublishRequest>* stream) override {
    q::PublishRequest request;
    while (stream->Read(&request)) {
      q::PublishResponse response;
      response.add_acknowledgements()->set_topic(request.events(0).id());
      stream->Write(response);
    }
    return grpc::Status::OK;
  }
};

class RoutingServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto inner = Server::Start({}, {&events_});
    ASSERT_TRUE(inner);
    inner_ = std::move(*inner);
    auto outer = RoutingServer::Start(
        "127.0.0.1:0",
        [this](const RoutedCall& call) -> Result<Route> {
          if (refuse_) return Fail(ErrorCode::kUnavailable, "the owner is elsewhere");
          first_message_bytes_ = call.first_message.size();
          return Route{inner_->InProcessChannel(), {{"mainstay-hops", "1"}}, [] {
                         return CallMetadata{{"mainstay-token", "t"}};
                       }};
        },
        [this](const std::string&, const std::string& code, double) {
          if (code == "OK") ++ok_calls_;
        });
    ASSERT_TRUE(outer) << outer.error().message;
    outer_ = std::move(*outer);
    stub_ = q::EventService::NewStub(Connect(outer_->address()));
  }

  Events events_;
  std::unique_ptr<Server> inner_;
  std::unique_ptr<RoutingServer> outer_;
  std::unique_ptr<q::EventService::Stub> stub_;
  std::atomic<bool> refuse_{false};
  std::atomic<std::size_t> first_message_bytes_{0};
  std::atomic<int> ok_calls_{0};
};

q::PublishRequest RequestOf(const std::string& id) {
  q::PublishRequest request;
  request.add_events()->set_id(id);
  return request;
}

TEST_F(RoutingServerTest, AUnaryCallGoesThroughWithMetadataBothWays) {
  for (int i = 0; i < 200; ++i) {
    grpc::ClientContext context;
    q::PublishResponse response;
    const grpc::Status status = stub_->Publish(&context, RequestOf("e" + std::to_string(i)), &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(response.acknowledgements(0).topic(), "e" + std::to_string(i));
    const auto& trailing = context.GetServerTrailingMetadata();
    ASSERT_EQ(trailing.count("mainstay-token"), 1U);
    ASSERT_EQ(trailing.count("seen-hops"), 1U);
  }
  EXPECT_GT(first_message_bytes_, 0U);
  outer_.reset();
  EXPECT_EQ(ok_calls_, 200);
}

TEST_F(RoutingServerTest, AStreamGoesThroughInOrder) {
  grpc::ClientContext context;
  const auto stream = stub_->PublishStream(&context);
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(stream->Write(RequestOf(std::to_string(i))));
    q::PublishResponse response;
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.acknowledgements(0).topic(), std::to_string(i));
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(RoutingServerTest, AStreamWithoutMessagesEnds) {
  grpc::ClientContext context;
  const auto stream = stub_->PublishStream(&context);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(RoutingServerTest, AStreamIsCancelledThroughAllServers) {
  grpc::ClientContext context;
  const auto stream = stub_->PublishStream(&context);
  ASSERT_TRUE(stream->Write(RequestOf("a")));
  q::PublishResponse response;
  ASSERT_TRUE(stream->Read(&response));
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  inner_->Shutdown(std::chrono::seconds{30});  // Returns only when the call ended there too.
}

TEST_F(RoutingServerTest, RefusalsOfTheNextServerAndOfTheRouterReachTheCaller) {
  {
    grpc::ClientContext context;
    q::PublishResponse response;
    const grpc::Status status = stub_->Publish(&context, {}, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(status.error_message(), "[events] none");
  }
  refuse_ = true;
  grpc::ClientContext context;
  q::PublishResponse response;
  const grpc::Status status = stub_->Publish(&context, RequestOf("x"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "the owner is elsewhere");
}

TEST_F(RoutingServerTest, ATakenAddressIsNamed) {
  const auto second = RoutingServer::Start(outer_->address(), nullptr, nullptr);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(outer_->address()), std::string::npos);
}

}  // namespace
}  // namespace mainstay::rpc
