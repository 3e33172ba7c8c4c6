// The gRPC door over a real socket, as any client meets it: health, reflection, verdicts, refusals.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include "cli/embedded_process.h"
#include "mainstay/query/v1/cadence.grpc.pb.h"
#include "mainstay/query/v1/event.grpc.pb.h"
#include "mainstay/query/v1/notification.grpc.pb.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "mainstay/rpc/server.h"
#include "mainstay/rpc/status.h"
#include "mainstay/testing/temporary_directory.h"

namespace mainstay {
namespace {

namespace q = query::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Health and reflection are called by their bytes: that needs no generated code, and is what a foreign client sends.
constexpr const char* kHealth = "/grpc.health.v1.Health/Check";
constexpr const char* kReflection = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

class GrpcDoor : public ::testing::Test {
 protected:
  void SetUp() override {
    app::EmbeddedOptions options;
    options.directory = directory_.path() / "data";
    options.new_with_data_clock = true;
    process_ = cli::EmbeddedProcess::Start(options, "127.0.0.1:0").value();
    channel_ = rpc::Connect(process_->address());
    events_ = q::EventService::NewStub(channel_);
  }
  void TearDown() override { EXPECT_TRUE(process_->Stop().has_value()); }

  // One request message, one answer message.
  std::string Call(const std::string& method, const std::string& request) {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds{30});
    const grpc::Slice slice(request);
    const grpc::ByteBuffer in(&slice, 1);
    grpc::CompletionQueue queue;
    const auto call = stub.PrepareUnaryCall(&context, method, in, &queue);
    call->StartCall();
    grpc::ByteBuffer out;
    grpc::Status status;
    call->Finish(&out, &status, this);
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok) && ok);
    EXPECT_TRUE(status.ok()) << method << ": " << status.error_message();
    std::vector<grpc::Slice> slices;
    EXPECT_TRUE(!status.ok() || out.Dump(&slices).ok());
    std::string answer;
    for (const grpc::Slice& part : slices) answer.append(reinterpret_cast<const char*>(part.begin()), part.size());
    return answer;
  }

  static q::Event Order(const std::string& id, const std::string& json) {
    q::Event event;
    event.set_id(id);
    event.set_source("shop");
    event.set_type("mainstay.client.OrderPlaced.v1");
    event.set_time("2026-01-06T10:00:00Z");
    event.set_partitionkey("north");
    event.set_subject("acme");
    event.set_json(json);
    return event;
  }
  static std::string OrderJson(const std::string& order, const std::string& amount, const std::string& currency) {
    return R"({"orderId":")" + order + R"(","lines":[{"productId":"p","quantity":"1","amount":{"amount":")" + amount +
           R"(","currency":")" + currency + R"("}}]})";
  }
  grpc::Status Publish(const std::vector<q::Event>& events, q::PublishResponse& response) {
    q::PublishRequest request;
    request.set_wait(q::PublishRequest::PROCESSED);
    for (const q::Event& event : events) *request.add_events() = event;
    grpc::ClientContext context;
    return events_->Publish(&context, request, &response);
  }
  // What the door says to one event it must not take.
  Error Refusal(const q::Event& event) {
    q::PublishResponse response;
    const grpc::Status status = Publish({Order("good", OrderJson("good", "1.00", "EUR")), event}, response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return rpc::FromStatus(status);
  }

  testing::TemporaryDirectory directory_;
  std::unique_ptr<cli::EmbeddedProcess> process_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<q::EventService::Stub> events_;
};

TEST_F(GrpcDoor, HealthSaysServing) { EXPECT_EQ(Call(kHealth, ""), "\x08\x01"); }

TEST_F(GrpcDoor, ReflectionListsAndDescribesTheServices) {
  const std::string listed = Call(kReflection, "\x3a\x01*");  // list_services
  for (const std::string service :
       {"EventService", "OperationsService", "SegmentationService", "CadenceService", "NotificationService"}) {
    const std::string name = "mainstay.query.v1." + service;
    EXPECT_THAT(listed, HasSubstr(name));
    // file_containing_symbol: what a caller needs to build requests.
    const std::string described = Call(kReflection, "\x22" + std::string(1, static_cast<char>(name.size())) + name);
    EXPECT_THAT(described, HasSubstr(service));
    EXPECT_THAT(described, HasSubstr("Request"));
  }
  EXPECT_THAT(listed, HasSubstr("grpc.health.v1.Health"));
}

TEST_F(GrpcDoor, VerdictsAreAcceptedAlreadySeenAndRejected) {
  q::PublishResponse first;
  ASSERT_TRUE(Publish({Order("e1", OrderJson("o1", "10.00", "EUR"))}, first).ok());
  q::PublishResponse response;
  const grpc::Status status = Publish({Order("e1", OrderJson("o1", "10.00", "EUR")),   // the same event
                                       Order("e2", OrderJson("o1", "10.00", "EUR")),   // the same order
                                       Order("e3", OrderJson("o1", "11.00", "EUR")),   // a known order, changed
                                       Order("e4", OrderJson("o2", "10.00", "USD")),   // not the book's currency
                                       Order("e5", OrderJson("o3", "10.00", "EUR"))},  // a new one
                                      response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  std::vector<std::string> verdicts;
  for (const auto& ack : response.acknowledgements()) {
    verdicts.push_back(q::Acknowledgement::Verdict_Name(ack.verdict()));
  }
  EXPECT_THAT(verdicts, ElementsAre("ALREADY_SEEN", "ALREADY_SEEN", "REJECTED", "REJECTED", "ACCEPTED"));
  EXPECT_THAT(response.acknowledgements(2).reason(), HasSubstr("send OrderCorrected"));
  EXPECT_THAT(response.acknowledgements(3).reason(), HasSubstr("USD"));
  EXPECT_THAT(response.acknowledgements(3).field(), HasSubstr("currency"));

  // The rejected ones lie among the dead letters with their bytes; the accepted ones are in the answers.
  const auto operations = q::OperationsService::NewStub(channel_);
  grpc::ClientContext letters_context;
  q::ListDeadLettersRequest segmentation;
  segmentation.set_service("segmentation");
  q::ListDeadLettersResponse letters;
  ASSERT_TRUE(operations->ListDeadLetters(&letters_context, segmentation, &letters).ok());
  ASSERT_EQ(letters.rows_size(), 2);
  EXPECT_THAT(letters.rows(0).value(), HasSubstr("e3"));
  grpc::ClientContext pareto_context;
  q::GetParetoResponse pareto;
  ASSERT_TRUE(q::SegmentationService::NewStub(channel_)->GetPareto(&pareto_context, {}, &pareto).ok());
  EXPECT_EQ(pareto.revenue().amount(), "20.00");
}

TEST_F(GrpcDoor, EachServiceAnswersForABook) {
  q::PublishResponse published;
  ASSERT_TRUE(Publish({Order("e1", OrderJson("o1", "10.00", "EUR"))}, published).ok());
  grpc::ClientContext pareto_context;
  q::GetParetoResponse pareto;
  ASSERT_TRUE(q::SegmentationService::NewStub(channel_)->GetPareto(&pareto_context, {}, &pareto).ok());
  EXPECT_EQ(pareto.book(), "north");
  grpc::ClientContext risks_context;
  q::ListRisksRequest all;
  all.set_all(true);
  q::ListRisksResponse risks;
  ASSERT_TRUE(q::CadenceService::NewStub(channel_)->ListRisks(&risks_context, all, &risks).ok());
  ASSERT_EQ(risks.rows_size(), 1);
  EXPECT_EQ(risks.rows(0).client(), "acme");
  grpc::ClientContext inbox_context;
  q::ListInboxRequest of;
  of.set_rep("ann");
  q::ListInboxResponse inbox;
  ASSERT_TRUE(q::NotificationService::NewStub(channel_)->ListInbox(&inbox_context, of, &inbox).ok());
  EXPECT_EQ(inbox.book(), "north");
  EXPECT_EQ(inbox.as_of(), "2026-01-06T10:00:00Z");
}

TEST_F(GrpcDoor, ABadEventIsRefusedByFieldAndNothingOfItsCallGoesIn) {
  q::Event event = Order("bad", OrderJson("o", "ten", "EUR"));
  EXPECT_EQ(Refusal(event).field, "events[1].data.lines[0].amount.amount");
  event.set_json(OrderJson("o", "10.00", ""));
  EXPECT_THAT(Refusal(event).field, HasSubstr("events[1].data.lines[0].amount"));
  event.set_json("{");
  EXPECT_THAT(Refusal(event).field, HasSubstr("events[1].data"));
  event.set_json(OrderJson("o", "10.00", "EUR"));
  const auto without = [&](auto change) {
    q::Event changed = event;
    change(changed);
    return Refusal(changed).field;
  };
  EXPECT_EQ(without([](q::Event& e) { e.clear_id(); }), "events[1].id");
  EXPECT_EQ(without([](q::Event& e) { e.clear_source(); }), "events[1].source");
  EXPECT_EQ(without([](q::Event& e) { e.clear_subject(); }), "events[1].subject");
  EXPECT_EQ(without([](q::Event& e) { e.clear_partitionkey(); }), "events[1].partitionkey");
  EXPECT_EQ(without([](q::Event& e) { e.set_time("noon"); }), "events[1].time");
  EXPECT_EQ(without([](q::Event& e) { e.set_type("mainstay.client.Nonsense.v1"); }), "events[1].type");
  EXPECT_EQ(without([](q::Event& e) { e.set_protobuf("\xff\xff"); }), "events[1].data");

  grpc::ClientContext context;
  q::ListBooksResponse books;
  ASSERT_TRUE(q::OperationsService::NewStub(channel_)->ListBooks(&context, {}, &books).ok());
  EXPECT_EQ(books.books_size(), 0) << "the good event of a refused call is not in";
}

TEST_F(GrpcDoor, AStreamAnswersEachEventWithItsOwnVerdict) {
  grpc::ClientContext context;
  const auto stream = events_->PublishStream(&context);
  q::PublishRequest request;
  request.set_wait(q::PublishRequest::PROCESSED);
  *request.add_events() = Order("e1", OrderJson("o1", "10.00", "EUR"));
  *request.add_events() = Order("", OrderJson("o2", "10.00", "EUR"));
  *request.add_events() = Order("e1", OrderJson("o1", "10.00", "EUR"));
  ASSERT_TRUE(stream->Write(request));
  stream->WritesDone();
  q::PublishResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.acknowledgements_size(), 3);
  EXPECT_EQ(response.acknowledgements(0).verdict(), q::Acknowledgement::ACCEPTED);
  EXPECT_EQ(response.acknowledgements(1).verdict(), q::Acknowledgement::REJECTED);
  EXPECT_EQ(response.acknowledgements(1).field(), "id");
  EXPECT_EQ(response.acknowledgements(2).verdict(), q::Acknowledgement::ALREADY_SEEN);
  EXPECT_TRUE(stream->Finish().ok());
}

}  // namespace
}  // namespace mainstay
