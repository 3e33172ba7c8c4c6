#include "mainstay/webhook_sender/webhook_sender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "receiver.h"

namespace mainstay::webhook_sender {
namespace {

using namespace std::chrono_literals;
using notification::SendError;
using testing::Receiver;

const Instant kNow = FromMs(1'614'265'330'999);

// Collects results; a wait ends after 30 s at the latest.
class Results {
 public:
  void Add(SendResult result) {
    const std::lock_guard lock(mutex_);
    results_.push_back(std::move(result));
    changed_.notify_all();
  }
  std::vector<SendResult> WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 30s, [&] { return results_.size() >= count; })) << "results are missing";
    return results_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SendResult> results_;
};

SenderOptions Options(Duration timeout = 20s) {
  SenderOptions options;
  options.timeout = timeout;
  options.allowed_cidrs = {*Cidr::Parse("127.0.0.0/8")};
  options.wall_clock = [] { return kNow; };
  return options;
}

SendRequest Request(const std::string& url, const std::string& endpoint = "hook") {
  SendRequest request;
  request.delivery_id = "d1";
  request.endpoint = EndpointId{endpoint};
  request.url = url;
  request.body = R"({"test": 2432232314})";
  request.webhook_id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  request.sequence = 7;
  request.secrets = {*Secret::Parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")};
  return request;
}

// Sends one request and returns its result.
notification::AttemptResult SendOne(const SendRequest& request, SenderOptions options = Options()) {
  Results results;
  WebhookSender sender(std::move(options), [&](SendResult r) { results.Add(std::move(r)); });
  const auto accepted = sender.Submit(request);
  if (!accepted) return WebhookSender::ResultOf(accepted.error(), request.attempt, kNow);
  const auto all = results.WaitFor(1);
  return all.empty() ? notification::AttemptResult{} : all[0].attempt;
}

TEST(WebhookSender, DeliversASignedCloudEvent) {
  Receiver receiver;
  SendRequest request = Request(receiver.Url("/ok"));
  request.attempt = 3;
  const auto result = SendOne(request);
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.error, SendError::kNone);
  EXPECT_EQ(result.number, 3);
  EXPECT_EQ(result.at, kNow);
  EXPECT_EQ(result.response_head, "thanks\n");
  const auto seen = receiver.Seen();
  ASSERT_EQ(seen.size(), 1U);
  auto headers = seen[0].headers;
  EXPECT_EQ(seen[0].body, request.body);
  EXPECT_EQ(headers["content-type"], "application/cloudevents+json; charset=utf-8");
  EXPECT_EQ(headers["webhook-id"], request.webhook_id);
  EXPECT_EQ(headers["webhook-timestamp"], "1614265330");
  EXPECT_EQ(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_EQ(headers["mainstay-sequence"], "7");
  EXPECT_FALSE(headers.contains("expect"));
}

TEST(WebhookSender, SignsWithEverySecretWhileOneRotates) {
  Receiver receiver;
  SendRequest request = Request(receiver.Url("/ok"));
  request.secrets.push_back(*Secret::FromBytes(std::string(32, 'n')));
  ASSERT_EQ(SendOne(request).status, 200);
  EXPECT_EQ(receiver.Seen()[0].headers["webhook-signature"],
            SignatureHeader(request.secrets, request.webhook_id, 1'614'265'330, request.body));
}

TEST(WebhookSender, ReportsEveryStatusAsItIs) {
  Receiver receiver;
  for (const int status : {204, 404, 410, 500, 503}) {
    EXPECT_EQ(SendOne(Request(receiver.Url("/status/" + std::to_string(status)))).status, status);
  }
  const auto limited = SendOne(Request(receiver.Url("/retry-after")));
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.retry_after, Duration{7s});
}

TEST(WebhookSender, NeverFollowsARedirect) {
  Receiver receiver;
  EXPECT_EQ(SendOne(Request(receiver.Url("/redirect"))).status, 302);
  for (const auto& request : receiver.Seen()) EXPECT_NE(request.path, "/trap");
}

TEST(WebhookSender, AReceiverThatStallsOrNeverReadsTimesOut) {
  Receiver stalls;
  Receiver never_reads(false);
  SendRequest large = Request(never_reads.Url("/"));
  large.body.assign(kBodyLimitBytes - 1, 'x');
  for (const SendRequest& request : {Request(stalls.Url("/stall")), large}) {
    const auto result = SendOne(request, Options(200ms));
    EXPECT_EQ(result.error, SendError::kTimeout) << result.detail;
    EXPECT_FALSE(result.status);
    EXPECT_GE(result.latency, 150ms);
  }
}

TEST(WebhookSender, ACompleteHeaderBlockIsTheAnswerWhateverItsBodyDoes) {
  Receiver receiver;
  for (const char* path : {"/short", "/endless", "/head-then-stall"}) {
    const auto result =
        SendOne(Request(receiver.Url(path)), Options(path == std::string("/endless") ? 20'000ms : 300ms));
    EXPECT_EQ(result.status, 200) << path;
    EXPECT_FALSE(result.detail.empty()) << path;
    EXPECT_LE(result.response_head.size(), 1'024U);
  }
}

TEST(WebhookSender, WhatIsNotAnAnswerIsAnError) {
  Receiver receiver;
  EXPECT_EQ(SendOne(Request(receiver.Url("/headers"))).error, SendError::kProtocol);
  EXPECT_EQ(SendOne(Request(receiver.Url("/garbage"))).error, SendError::kProtocol);
  EXPECT_EQ(SendOne(Request(receiver.Url("/close"))).error, SendError::kConnect);
  std::string https = receiver.Url("/ok");
  https.replace(0, 4, "https");
  EXPECT_EQ(SendOne(Request(https), Options()).error, SendError::kTls);
  std::string closed;
  {
    const Receiver gone;
    closed = gone.Url("/ok");
  }
  EXPECT_EQ(SendOne(Request(closed)).error, SendError::kConnect);
}

// Goal: a name that passes the URL check and then resolves to an internal address reaches nothing.
// Control: the same name reaches the receiver once its network is allowed.
TEST(WebhookSender, ANameThatLeadsInsideIsRefusedAtTheSocket) {
  Receiver receiver;
  const std::string port = std::to_string(receiver.port());
  const SendRequest request = Request("https://hooks.example.com:" + port + "/ok");
  SenderOptions options = Options();
  options.fixed_addresses = {"hooks.example.com:" + port + ":127.0.0.1"};
  SenderOptions open = options;
  options.allowed_cidrs.clear();
  const auto refused = SendOne(request, options);
  EXPECT_EQ(refused.error, SendError::kAddressForbidden) << refused.detail;
  EXPECT_NE(refused.detail.find("127.0.0.1 is loopback"), std::string::npos) << refused.detail;
  EXPECT_EQ(receiver.Connections(), 0U);
  EXPECT_EQ(SendOne(request, open).error, SendError::kTls) << "the receiver speaks no TLS";
  EXPECT_EQ(receiver.Connections(), 1U);
}

TEST(WebhookSender, ProxyOfTheEnvironmentIsNotUsed) {
  Receiver receiver;
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) setenv(name, "http://127.0.0.1:1", 1);
  EXPECT_EQ(SendOne(Request(receiver.Url("/ok"))).status, 200);
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
}

TEST(WebhookSender, WhatCanNeverBeSentIsRefusedAtTheDoor) {
  WebhookSender sender(Options(), [](SendResult) { FAIL() << "no result was promised"; });
  const auto field = [&](auto change) {
    SendRequest request = Request("http://127.0.0.1:9/");
    change(request);
    const auto accepted = sender.Submit(request);
    EXPECT_FALSE(accepted);
    EXPECT_EQ(WebhookSender::ResultOf(accepted.error(), 1, kNow).error, SendError::kRefused);
    return accepted.error().field;
  };
  EXPECT_EQ(field([](SendRequest& r) { r.url = "http://10.0.0.1/"; }), "url");
  EXPECT_EQ(field([](SendRequest& r) { r.body.assign(kBodyLimitBytes, 'x'); }), "body");
  EXPECT_EQ(field([](SendRequest& r) { r.webhook_id = "a\r\nx-evil: 1"; }), "webhook_id");
  EXPECT_EQ(field([](SendRequest& r) { r.webhook_id = "a.b"; }), "webhook_id");
  EXPECT_EQ(field([](SendRequest& r) { r.secrets.clear(); }), "secrets");
}

// Goal: one endpoint that never answers delays no other. Control: sharing its queue does delay.
TEST(WebhookSender, AStallingEndpointDelaysNoOther) {
  Receiver receiver;
  Results results;
  SenderOptions options = Options();
  options.stop_grace = 0ms;
  options.endpoint_concurrency = 2;
  options.endpoint_per_second = 1e6;
  WebhookSender sender(options, [&](SendResult r) { results.Add(std::move(r)); });
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(sender.Submit(Request(receiver.Url("/stall"), "slow")));
  SendRequest behind = Request(receiver.Url("/ok"), "slow");
  behind.delivery_id = "behind";
  ASSERT_TRUE(sender.Submit(behind));
  ASSERT_TRUE(receiver.WaitForRequests(2));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(sender.Submit(Request(receiver.Url("/ok"), "fast")));
  for (const SendResult& result : results.WaitFor(50)) {
    EXPECT_EQ(result.endpoint, EndpointId{"fast"});
    EXPECT_EQ(result.attempt.status, 200);
  }
  sender.Stop();
  const auto all = results.WaitFor(71);
  EXPECT_EQ(all.size(), 71U) << "every accepted request has one result";
  const auto control = std::find_if(all.begin(), all.end(), [](const auto& r) { return r.delivery_id == "behind"; });
  ASSERT_NE(control, all.end());
  EXPECT_EQ(control->attempt.error, SendError::kNotSent);
}

TEST(WebhookSender, StopLetsWhatRunsFinishAndReportsWhatWaits) {
  Receiver receiver;
  Results results;
  SenderOptions options = Options();
  options.stop_grace = 20s;
  options.endpoint_concurrency = 1;
  WebhookSender sender(options, [&](SendResult r) { results.Add(std::move(r)); });
  ASSERT_TRUE(sender.Submit(Request(receiver.Url("/hold"))));
  ASSERT_TRUE(receiver.WaitForRequests(1));
  SendRequest waiting = Request(receiver.Url("/ok"));
  waiting.delivery_id = "waiting";
  ASSERT_TRUE(sender.Submit(waiting));
  std::thread stopper([&] { sender.Stop(); });
  const auto early = results.WaitFor(1);  // What waits is reported first, so the stop has begun.
  ASSERT_FALSE(early.empty());
  EXPECT_EQ(early[0].delivery_id, "waiting");
  EXPECT_EQ(early[0].attempt.error, SendError::kNotSent);
  EXPECT_EQ(sender.Submit(waiting).error().code, ErrorCode::kUnavailable);
  receiver.Release();
  stopper.join();
  const auto all = results.WaitFor(2);
  EXPECT_EQ(all.back().attempt.status, 200);
  sender.Stop();
  EXPECT_EQ(results.WaitFor(2).size(), 2U);
}

TEST(WebhookSender, APassedDeadlineIsNoAttempt) {
  Receiver receiver;
  SendRequest late = Request(receiver.Url("/ok"));
  late.deadline = kNow;
  EXPECT_EQ(SendOne(late).error, SendError::kNotSent);
  SendRequest near = Request(receiver.Url("/stall"));
  near.deadline = kNow + 100ms;
  EXPECT_EQ(SendOne(near).error, SendError::kTimeout) << "cut off at the deadline";
  EXPECT_EQ(receiver.Seen().size(), 1U);
}

TEST(WebhookSender, AFullQueueRefusesAndACallbackMaySubmit) {
  Receiver receiver;
  Results results;
  SenderOptions options = Options();
  options.endpoint_concurrency = 1;
  options.endpoint_queue = 1;
  WebhookSender* self = nullptr;
  std::once_flag again;
  WebhookSender sender(options, [&](SendResult r) {
    std::call_once(again, [&] { EXPECT_TRUE(self->Submit(Request(receiver.Url("/ok"), "other"))); });
    results.Add(std::move(r));
  });
  self = &sender;
  ASSERT_TRUE(sender.Submit(Request(receiver.Url("/hold"))));
  ASSERT_TRUE(receiver.WaitForRequests(1));
  ASSERT_TRUE(sender.Submit(Request(receiver.Url("/ok"))));
  EXPECT_EQ(sender.Submit(Request(receiver.Url("/ok"))).error().code, ErrorCode::kUnavailable);
  receiver.Release();
  EXPECT_EQ(results.WaitFor(3).size(), 3U);
}

}  // namespace
}  // namespace mainstay::webhook_sender
