#include "mainstay/rpc/server.h"

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "mainstay/rpc/status.h"

namespace mainstay::rpc {
namespace {

class Refusing : public query::v1::SegmentationService::Service {
  grpc::Status GetClient(grpc::ServerContext*, const query::v1::GetClientRequest*,
                         query::v1::GetClientResponse*) override {
    return ToStatus(Error{ErrorCode::kInvalidArgument, Recovery::kStopTask, "no such client", "client"});
  }
};

TEST(Server, AnErrorKeepsItsCodeFieldAndMessageAcrossTheWire) {
  Refusing service;
  const auto server = Server::Start({"127.0.0.1:0"}, {&service}).value();
  for (const auto& channel : {server->InProcessChannel(), Connect(server->address())}) {
    grpc::ClientContext context;
    query::v1::GetClientResponse response;
    const auto stub = query::v1::SegmentationService::NewStub(channel);
    const Error error = FromStatus(stub->GetClient(&context, {}, &response));
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(error.field, "client");
    EXPECT_EQ(error.message, "no such client");
  }
}

TEST(Server, ATakenAddressIsRefusedWithTheAddress) {
  const auto first = Server::Start({"127.0.0.1:0"}, {}).value();
  const auto second = Server::Start({first->address()}, {});
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message.find(first->address()), std::string::npos);
}

}  // namespace
}  // namespace mainstay::rpc
