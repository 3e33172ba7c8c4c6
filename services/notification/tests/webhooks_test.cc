#include <gtest/gtest.h>

#include <charconv>

#include "mainstay/testing/temporary_directory.h"
#include "mainstay/webhook_sender/standard_webhooks.h"
#include "receiver.h"
#include "running_system.h"

namespace mainstay::notification::testing {
namespace {

using mainstay::testing::TemporaryDirectory;
using webhook_sender::testing::Receiver;
using webhook_sender::testing::SeenRequest;

NotificationOptions Loopback() {
  NotificationOptions options;
  options.allowed_cidrs = {"127.0.0.0/8"};
  return options;
}

bool SignatureHolds(const std::string& secret, const SeenRequest& request) {
  std::int64_t timestamp = 0;
  const std::string& text = request.headers.at("webhook-timestamp");
  std::from_chars(text.data(), text.data() + text.size(), timestamp);
  return request.headers.at("webhook-signature") == webhook_sender::Sign(webhook_sender::Secret::Parse(secret).value(),
                                                                         request.headers.at("webhook-id"), timestamp,
                                                                         request.body);
}

// Loses what is to be sent, as a crash between the commit and the sender does.
class Losing final : public app::Doors {
 public:
  explicit Losing(std::unique_ptr<app::Doors> doors) : doors_(std::move(doors)) {}
  std::vector<grpc::Service*> services() override { return doors_->services(); }
  void OnEffect(std::int32_t, std::string) override {}
  void Shutdown() override { doors_->Shutdown(); }

 private:
  std::unique_ptr<app::Doors> doors_;
};

TEST(Webhooks, AnEventThatMatchesIsDeliveredOnceWithAVerifiableSignature) {
  Receiver receiver;
  const TemporaryDirectory directory;
  RunningSystem system(directory.path(), Loopback());
  system.Put("a", kStart, Risk("before", RiskLevel::kHigh));
  std::string secret;
  ASSERT_TRUE(system.AddWebhook(receiver.Url("/ok"), "crm", &secret, {"mainstay.risk.*"}).ok());
  system.Put("a", kStart + 1h, Risk("e1", RiskLevel::kHigh));
  system.Put("a", kStart + 1h, TouchFellDue{Plan("no match")});
  const auto attempts = system.AwaitAttempts([](const auto& rows) { return rows.size() == 1; });
  EXPECT_EQ(attempts.at(0).state(), "DELIVERED");
  EXPECT_EQ(attempts.at(0).status(), 200);
  ASSERT_EQ(receiver.Seen().size(), 1U);
  const SeenRequest request = receiver.Seen()[0];
  EXPECT_TRUE(SignatureHolds(secret, request));
  SeenRequest forged = request;
  forged.body += " ";
  EXPECT_FALSE(SignatureHolds(secret, forged)) << "control";
  EXPECT_NE(request.body.find("\"e1\""), std::string::npos);
  EXPECT_NE(request.body.find("\"type\":\"mainstay.risk.ChurnRiskChanged.v1\""), std::string::npos);

  grpc::ClientContext context;
  q::ListWebhooksResponse webhooks;
  ASSERT_TRUE(system.stub().ListWebhooks(&context, {}, &webhooks).ok());
  ASSERT_EQ(webhooks.rows_size(), 1);
  EXPECT_EQ(webhooks.rows(0).delivered(), 1);
  EXPECT_EQ(webhooks.rows(0).pending(), 0);
}

TEST(Webhooks, EveryShardKnowsAnEndpointUntilItIsRemoved) {
  Receiver receiver;
  const TemporaryDirectory directory;
  RunningSystem system(directory.path(), Loopback());
  ASSERT_TRUE(system.AddWebhook(receiver.Url("/ok"), "crm", nullptr).ok());
  EXPECT_EQ(system.AddWebhook(receiver.Url("/ok"), "crm", nullptr).error_code(), grpc::StatusCode::ALREADY_EXISTS);
  for (int i = 0; i < 32; ++i) {
    system.Put("a", kStart, Risk("e" + std::to_string(i), RiskLevel::kHigh), BookId{"book-" + std::to_string(i)});
  }
  ASSERT_TRUE(receiver.WaitForRequests(32));
  system.AwaitAttempts([](const auto& rows) { return rows.size() == 32; });
  q::RemoveWebhookRequest remove;
  remove.set_endpoint("crm");
  q::RemoveWebhookResponse removed;
  grpc::ClientContext first;
  ASSERT_TRUE(system.stub().RemoveWebhook(&first, remove, &removed).ok());
  grpc::ClientContext second;
  EXPECT_EQ(system.stub().RemoveWebhook(&second, remove, &removed).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(system.AwaitAttempts([](const auto& rows) { return rows.empty(); }).empty());
  ASSERT_TRUE(system.AddWebhook(receiver.Url("/status/204"), "crm", nullptr).ok()) << "the id is free again";
}

TEST(Webhooks, AFailedOneIsRetriedWithTheSameIdWhenTheClockSaysSo) {
  Receiver receiver;
  const TemporaryDirectory directory;
  RunningSystem system(directory.path(), Loopback());
  ASSERT_TRUE(system.AddWebhook(receiver.Url("/status/500"), "crm", nullptr).ok());
  system.Put("a", kStart, Risk("e1", RiskLevel::kHigh));
  const auto first = system.AwaitAttempts([](const auto& rows) { return rows.size() == 1; });
  EXPECT_EQ(first[0].status(), 500);
  EXPECT_EQ(first[0].state(), "PENDING");
  const Instant next = ParseInstant(first[0].next_attempt()).value();
  EXPECT_GE(next, kStart + 4s);
  EXPECT_LE(next, kStart + 6s);
  system.AdvanceTo(next - 1ms);
  EXPECT_EQ(receiver.Seen().size(), 1U);
  system.AdvanceTo(next);
  system.AwaitAttempts([](const auto& rows) { return rows.size() == 2; });
  const auto seen = receiver.Seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].headers.at("webhook-id"), seen[1].headers.at("webhook-id"));
  EXPECT_EQ(seen[0].body, seen[1].body);
}

TEST(Webhooks, AReceiverThatIsGoneIsDisabledAndAnEventSaysSo) {
  Receiver receiver;
  const TemporaryDirectory directory;
  RunningSystem system(directory.path(), Loopback());
  ASSERT_TRUE(system.AddWebhook(receiver.Url("/status/410"), "crm", nullptr).ok());
  system.Put("a", kStart, Risk("e1", RiskLevel::kHigh));
  const auto attempts = system.AwaitAttempts([](const auto& rows) { return rows.size() == 1; });
  EXPECT_EQ(attempts[0].state(), "EXHAUSTED");
  EXPECT_EQ(system.Events({"mainstay.delivery.EndpointDisabled.v1"}).size(), 1U);
  EXPECT_EQ(system.Events({"mainstay.delivery.DeliveryExhausted.v1"}).size(), 1U);
  system.Put("a", kStart + 1h, Risk("e2", RiskLevel::kHigh));
  grpc::ClientContext context;
  q::ListWebhooksResponse webhooks;
  ASSERT_TRUE(system.stub().ListWebhooks(&context, {}, &webhooks).ok());
  EXPECT_EQ(webhooks.rows(0).state(), "DISABLED");
  EXPECT_EQ(receiver.Seen().size(), 1U);
}

TEST(Webhooks, AnAttemptWithoutAResultIsSentAgainAfterARestart) {
  Receiver receiver;
  const TemporaryDirectory directory;
  std::string secret;
  {
    RunningSystem system(directory.path(), Loopback(),
                         [](std::unique_ptr<app::Doors> doors) { return std::make_unique<Losing>(std::move(doors)); });
    ASSERT_TRUE(system.AddWebhook(receiver.Url("/ok"), "crm", &secret).ok());
    system.Put("a", kStart, Risk("e1", RiskLevel::kHigh));
    grpc::ClientContext context;
    q::ListWebhooksResponse webhooks;
    // The delivery may be on its way to the endpoint's shard; stopping finishes what was accepted there.
    std::uint64_t news = 0;
    for (int i = 0; i < 300 && (webhooks.rows_size() == 0 || webhooks.rows(0).pending() == 0); ++i) {
      grpc::ClientContext again;
      ASSERT_TRUE(system.stub().ListWebhooks(&again, {}, &webhooks).ok());
      if (webhooks.rows(0).pending() == 0) news = system.system().AwaitNews(news, 100ms);
    }
    EXPECT_EQ(webhooks.rows(0).pending(), 1);
  }
  EXPECT_EQ(receiver.Seen().size(), 0U);
  RunningSystem system(directory.path(), Loopback());
  system.AwaitAttempts([](const auto& rows) { return rows.size() == 1; });
  ASSERT_EQ(receiver.Seen().size(), 1U);
  EXPECT_TRUE(SignatureHolds(secret, receiver.Seen()[0])) << "with the secret of before";
}

TEST(Webhooks, PromptsAreForwardedToo) {
  Receiver receiver;
  const TemporaryDirectory directory;
  RunningSystem system(directory.path(), Loopback());
  ASSERT_TRUE(system.AddWebhook(receiver.Url("/ok"), "crm", nullptr, {"mainstay.prompt.*"}).ok());
  system.Put("acme", kStart, Order("o1", {{"pens", "10.00"}}));
  system.Put("bolt", kStart, Order("o2", {{"ink", "10.00"}}));
  system.Put("acme", kStart + 1h, SupportTouch());
  ASSERT_TRUE(receiver.WaitForRequests(1));
  EXPECT_NE(receiver.Seen()[0].body.find("PromptIssued"), std::string::npos);
}

TEST(Webhooks, APrivateAddressIsRefusedWhenItIsAdded) {
  const TemporaryDirectory directory;
  RunningSystem system(directory.path());
  for (const char* url : {"https://10.0.0.1/hook", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/",
                          "http://example.com/", "https://user@example.com/", "https://0x7f000001/"}) {
    const grpc::Status status = system.AddWebhook(url, "crm", nullptr);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << url;
    EXPECT_EQ(status.error_message().rfind("[url] ", 0), 0U) << status.error_message();
  }
  EXPECT_EQ(system.AddWebhook("https://example.com/", "a b", nullptr).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(system.AddWebhook("https://example.com/", "crm", nullptr).ok()) << "control";
}

}  // namespace
}  // namespace mainstay::notification::testing
