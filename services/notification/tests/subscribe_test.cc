#include <gtest/gtest.h>

#include <set>

#include "mainstay/testing/temporary_directory.h"
#include "running_system.h"

namespace mainstay::notification::testing {
namespace {

using mainstay::testing::TemporaryDirectory;

NotificationOptions Impatient() {
  NotificationOptions options;
  options.keep_alive = 20ms;
  return options;
}

// One stream under test.
class Subscriber {
 public:
  Subscriber(RunningSystem& system, const std::string& from, std::uint32_t credit,
             const std::vector<std::string>& types = {})
      : stream_(system.stub().Subscribe(&context_)) {
    q::SubscribeRequest request;
    for (const std::string& type : types) request.mutable_start()->mutable_filter()->add_types(type);
    request.mutable_start()->set_from(from);
    request.mutable_start()->set_num_requested(credit);
    stream_->Write(request);
  }
  void Grant(std::uint32_t credit) {
    q::SubscribeRequest request;
    request.set_num_requested(credit);
    stream_->Write(request);
  }
  // The next event; empty at the end. Keeps the token.
  std::string NextEvent() {
    q::SubscribeResponse response;
    while (stream_->Read(&response)) {
      token = response.token();
      if (!response.event_json().empty()) return response.event_json();
    }
    return {};
  }
  // True if the next `count` messages are keep-alives.
  bool OnlyKeepAlives(int count) {
    q::SubscribeResponse response;
    for (int i = 0; i < count; ++i) {
      if (!stream_->Read(&response) || !response.event_json().empty()) return false;
      token = response.token();
    }
    return true;
  }
  grpc::Status Finish() { return stream_->Finish(); }
  void Cancel() {
    context_.TryCancel();
    (void)stream_->Finish();
  }

  std::string token;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
};

TEST(Subscribe, NothingIsSentWithoutCreditAndNothingIsLostOrDoubledAcrossARestart) {
  const TemporaryDirectory directory;
  constexpr int kPerPhase = 20;
  const auto publish = [](RunningSystem& system, int phase) {
    for (int i = 0; i < kPerPhase; ++i) {
      const std::string n = std::to_string(phase * kPerPhase + i);
      const Instant at = kStart + std::chrono::minutes{phase * kPerPhase + i};
      system.Put("c" + n, at, Risk("e" + n, RiskLevel::kHigh), BookId{"book-" + std::to_string(i % 5)});
    }
  };
  std::multiset<std::string> seen;
  std::string token;
  {
    RunningSystem system(directory.path(), Impatient());
    publish(system, 0);
    Subscriber subscriber(system, "earliest", 3);
    for (int i = 0; i < 3; ++i) seen.insert(subscriber.NextEvent());
    EXPECT_TRUE(subscriber.OnlyKeepAlives(3)) << "the credit is used up";
    subscriber.Grant(4);
    for (int i = 0; i < 4; ++i) seen.insert(subscriber.NextEvent());
    token = subscriber.token;
    subscriber.Cancel();
  }
  RunningSystem system(directory.path(), Impatient());
  publish(system, 1);
  for (const std::string& event : system.Events({}, token)) seen.insert(event);
  EXPECT_EQ(seen.size(), 2U * kPerPhase);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 2U * kPerPhase);
  EXPECT_FALSE(seen.contains(""));
}

TEST(Subscribe, UntilEndFinishesAndFollowsTheOrderOfTime) {
  const TemporaryDirectory directory;
  RunningSystem system(directory.path());
  EXPECT_TRUE(system.Events({}).empty());
  for (int i = 0; i < 300; ++i) {
    system.Put("c", kStart + std::chrono::minutes{i}, Risk("e" + std::to_string(i), RiskLevel::kHigh),
               BookId{"book-" + std::to_string(i % 7)});
  }
  const auto events = system.Events({"mainstay.risk.*"});
  ASSERT_EQ(events.size(), 300U);
  for (int i = 0; i < 300; ++i) {
    EXPECT_NE(events[static_cast<std::size_t>(i)].find("\"e" + std::to_string(i) + "\""), std::string::npos) << i;
  }
  EXPECT_TRUE(system.Events({"mainstay.risk.*"}, "latest").empty());
  EXPECT_TRUE(system.Events({"mainstay.prompt.*"}).empty());
}

TEST(Subscribe, FiltersByBookLevelAndOwner) {
  const TemporaryDirectory directory;
  RunningSystem system(directory.path());
  system.Put("a", kStart, Risk("e1", RiskLevel::kHigh, "ann"));
  system.Put("b", kStart, Risk("e2", RiskLevel::kElevated, "ann"));
  system.Put("c", kStart, Risk("e3", RiskLevel::kHigh, "bob"));
  grpc::ClientContext context;
  const auto stream = system.stub().Subscribe(&context);
  q::SubscribeRequest request;
  q::SubscribeStart& start = *request.mutable_start();
  start.mutable_filter()->add_levels("HIGH");
  start.mutable_filter()->add_owners("ann");
  start.mutable_filter()->add_books("north");
  start.set_from("earliest");
  start.set_until_end(true);
  start.set_num_requested(10);
  stream->Write(request);
  std::vector<std::string> events;
  q::SubscribeResponse response;
  while (stream->Read(&response)) {
    if (!response.event_json().empty()) events.push_back(response.event_json());
  }
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].find("\"e1\""), std::string::npos);
}

TEST(Subscribe, AFollowerHearsOfWhatHappensLater) {
  const TemporaryDirectory directory;
  RunningSystem system(directory.path(), Impatient());
  Subscriber subscriber(system, "latest", 10);
  ASSERT_TRUE(subscriber.OnlyKeepAlives(1)) << "the stream has begun";
  system.Put("a", kStart, Risk("e1", RiskLevel::kHigh));
  EXPECT_NE(subscriber.NextEvent().find("\"e1\""), std::string::npos);
  subscriber.Cancel();
}

TEST(Subscribe, AShutdownSendsTheLastTokenAndAnswersUnavailable) {
  const TemporaryDirectory directory;
  RunningSystem system(directory.path());
  Subscriber subscriber(system, "latest", 10);
  ASSERT_TRUE(subscriber.OnlyKeepAlives(1));
  const std::string first = std::exchange(subscriber.token, {});
  system.system().ShutDownDoors();
  EXPECT_EQ(subscriber.NextEvent(), "");
  EXPECT_EQ(subscriber.token, first) << "the token again";
  EXPECT_EQ(subscriber.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(Subscribe, ATokenThatWeDidNotMakeOrForOtherTopicsIsRefused) {
  const TemporaryDirectory directory;
  const TemporaryDirectory elsewhere;
  RunningSystem system(directory.path(), Impatient());
  RunningSystem other(elsewhere.path(), Impatient());
  const auto refusal = [](RunningSystem& at, const std::string& token, const std::vector<std::string>& types = {}) {
    Subscriber subscriber(at, token, 1, types);
    EXPECT_FALSE(subscriber.OnlyKeepAlives(1));
    const grpc::Status status = subscriber.Finish();
    EXPECT_EQ(status.error_message().rfind("[from] ", 0), 0U) << status.error_message();
    return status.error_code();
  };
  Subscriber subscriber(system, "latest", 1);
  ASSERT_TRUE(subscriber.OnlyKeepAlives(1));
  const std::string token = subscriber.token;
  subscriber.Cancel();
  for (const std::size_t at : {std::size_t{0}, token.size() / 2, token.size() - 1}) {
    std::string tampered = token;
    tampered[at] = tampered[at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(refusal(system, tampered), grpc::StatusCode::INVALID_ARGUMENT) << at;
  }
  EXPECT_EQ(refusal(system, token.substr(1)), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refusal(system, "yesterday"), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refusal(other, token), grpc::StatusCode::INVALID_ARGUMENT) << "another installation's";
  EXPECT_EQ(refusal(system, token, {"mainstay.risk.*"}), grpc::StatusCode::INVALID_ARGUMENT) << "other topics";
  EXPECT_TRUE(system.Events({}, token).empty()) << "control: the token itself is good";
}

TEST(Subscribe, TheFirstMessageMustStart) {
  const TemporaryDirectory directory;
  RunningSystem system(directory.path());
  grpc::ClientContext context;
  const auto stream = system.stub().Subscribe(&context);
  q::SubscribeRequest request;
  request.set_num_requested(1);
  stream->Write(request);
  q::SubscribeResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace mainstay::notification::testing
