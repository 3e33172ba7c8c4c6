// Topics as a plan; publishing and reading.
#include <algorithm>
#include <future>
#include <iterator>

#include "kafka_world.h"

namespace mainstay::stream_kafka {
namespace {

constexpr Duration kPatience{20'000};

class TopicsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MAINSTAY_NEED_BROKER(broker);
    stream::Topology topology;
    topology.service = "x";
    topology.inputs = {"in", "x.internal"};
    topology.internal = 1;
    topology.dead_letter = "x.dead-letter";
    auto world = KafkaWorld::Make(broker, topology, 2);
    ASSERT_TRUE(world.has_value()) << world.error().message;
    world_ = std::move(*world);
  }
  [[nodiscard]] Result<std::vector<TopicOutcome>> Apply(const TopicPlan& plan, bool dry_run = false) {
    return ApplyTopics(world_->cluster(), plan, kPatience, dry_run);
  }
  std::unique_ptr<KafkaWorld> world_;
};

TEST_F(TopicsTest, ApplyingAPlanAgainChangesNothing) {
  const auto again = Apply(world_->plan());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  for (const TopicOutcome& outcome : *again) EXPECT_EQ(outcome.kind, TopicOutcome::Kind::kUnchanged) << outcome.name;
  EXPECT_TRUE(CheckTopics(world_->cluster(), world_->plan(), kPatience).has_value());
}

TEST_F(TopicsTest, AWrongNumberOfPartitionsIsRefusedBeforeAnythingIsMade) {
  TopicPlan plan = {{world_->Named("new"), 3, 1, {}}, world_->plan()[0]};
  plan[1].partitions = 3;
  const auto applied = Apply(plan);
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(applied.error().message.find(plan[1].name + " has 2 partitions, not 3"), std::string::npos)
      << applied.error().message;
  const auto checked = CheckTopics(world_->cluster(), {plan[0]}, kPatience);
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().code, ErrorCode::kNotFound);
  EXPECT_NE(checked.error().message.find("mainstay topics apply"), std::string::npos);
}

TEST_F(TopicsTest, AConfigurationTheClusterRefusesIsRefusedBeforeAnythingIsMade) {
  const TopicPlan plan = {{world_->Named("good"), 2, 1, {}}, {world_->Named("bad"), 2, 1, {{"retention.ms", "soon"}}}};
  const auto applied = Apply(plan);
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().code, ErrorCode::kInvalidArgument) << applied.error().message;
  EXPECT_FALSE(CheckTopics(world_->cluster(), {plan[0]}, kPatience).has_value());
}

TEST_F(TopicsTest, AChangedConfigurationIsSetAndWhatAnOperatorAddedStays) {
  TopicPlan plan = {world_->plan()[0]};
  plan[0].config["retention.ms"] = "1000000";
  plan[0].config["segment.ms"] = "600000";
  const auto dry = Apply(plan, true);
  ASSERT_TRUE(dry.has_value());
  EXPECT_EQ((*dry)[0].kind, TopicOutcome::Kind::kReconfigured);
  EXPECT_EQ((*dry)[0].changes.size(), 2U);
  ASSERT_TRUE(Apply(plan).has_value());
  plan[0].config.erase("segment.ms");  // Now it is the operator's.
  plan[0].config["retention.ms"] = "2000000";
  const auto applied = Apply(plan);
  ASSERT_TRUE(applied.has_value());
  EXPECT_EQ((*applied)[0].changes, std::vector<std::string>{"retention.ms: 1000000 -> 2000000"});
  plan[0].config["segment.ms"] = "600000";
  const auto unchanged = Apply(plan);
  ASSERT_TRUE(unchanged.has_value());
  EXPECT_EQ((*unchanged)[0].kind, TopicOutcome::Kind::kUnchanged);
}

TEST_F(TopicsTest, WhatIsPublishedIsReadBackWithHeadersNullsAndTimes) {
  auto publisher = KafkaPublisher::Open(world_->settings());
  auto reader = TopicReader::Open(world_->settings());
  ASSERT_TRUE(publisher && reader);
  const std::string topic = world_->Named("in");
  std::promise<Result<std::vector<Appended>>> promise;
  (*publisher)
      ->Publish({{topic, 1, "a", "one", {{"ce_id", "7"}, {"empty", ""}}, 1'234},
                 {topic, 1, "b", std::nullopt, {}, 0},
                 {topic, 1, "c", "", {}, 0}},
                [&](auto result) { promise.set_value(std::move(result)); });
  const auto appended = promise.get_future().get();
  ASSERT_TRUE(appended.has_value()) << appended.error().message;
  ASSERT_EQ(appended->size(), 3U);
  EXPECT_EQ((*appended)[2].offset, 2);
  std::vector<WireRecord> read;  // A read gives what has been fetched: one batch of the producer's, or all.
  while (read.size() < 3) {
    auto some = (*reader)->Read(topic, 1, static_cast<std::int64_t>(read.size()), 10, Duration{0});
    ASSERT_TRUE(some.has_value()) << some.error().message;
    ASSERT_FALSE(some->empty()) << "after " << read.size();
    std::move(some->begin(), some->end(), std::back_inserter(read));
  }
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].headers, (std::vector<Header>{{"ce_id", "7"}, {"empty", ""}}));
  EXPECT_EQ(read[0].timestamp_ms, 1'234);
  EXPECT_EQ(read[1].value, std::nullopt);
  EXPECT_EQ(read[2].value, std::optional<std::string>(""));

  const auto middle = (*reader)->Read(topic, 1, 1, 1, Duration{0});
  ASSERT_TRUE(middle.has_value());
  ASSERT_EQ(middle->size(), 1U);
  EXPECT_EQ((*middle)[0].key, "b");
  const auto end = (*reader)->Read(topic, 1, 3, 10, Duration{0});
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->empty());
}

TEST_F(TopicsTest, AReaderWaitsForWhatComesAndIsToldWhatIsGone) {
  auto reader = TopicReader::Open(world_->settings());
  ASSERT_TRUE(reader);
  const std::string topic = world_->Named("in");
  auto waiting = std::async(std::launch::async, [&] { return (*reader)->Read(topic, 0, 0, 10, Duration{20'000}); });
  static_cast<void>(world_->Append(topic, 0, {{0, 1, "k", "v"}, {0, 1, "k", "w"}, {0, 1, "k", "x"}}));
  const auto came = waiting.get();
  ASSERT_TRUE(came.has_value()) << came.error().message;
  EXPECT_FALSE(came->empty());
  world_->DeleteRecords(topic, 0, 2);
  const auto fresh = TopicReader::Open(world_->settings());
  for (const Duration wait : {Duration{0}, Duration{100}}) {
    const auto gone = (*fresh)->Read(topic, 0, 0, 10, wait);
    ASSERT_FALSE(gone.has_value());
    EXPECT_EQ(gone.error().code, ErrorCode::kOutOfRange) << gone.error().message;
  }
  const auto missing = (*fresh)->Read(world_->Named("nothing"), 0, 0, 10, Duration{0});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound) << missing.error().message;
}

TEST_F(TopicsTest, PropertiesTheRuntimeDependsOnCannotBeOverridden) {
  ClusterSettings settings = world_->settings();
  settings.properties["isolation.level"] = "read_uncommitted";
  const auto refused = KafkaCluster::Open(settings);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("isolation.level"), std::string::npos);
  settings.properties = {{"no.such.property", "1"}};
  EXPECT_FALSE(KafkaCluster::Open(settings).has_value());
}

TEST_F(TopicsTest, AWrongAddressIsSaidNotWaitedForForEver) {
  ClusterSettings settings = world_->settings();
  settings.brokers = "127.0.0.1:1";  // Nobody listens there.
  const auto cluster = KafkaCluster::Open(settings);
  ASSERT_TRUE(cluster.has_value()) << "a broker that is away is no reason not to start";
  const auto reachable = (*cluster)->CheckReachable(Duration{500});
  ASSERT_FALSE(reachable.has_value());
  EXPECT_EQ(reachable.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(reachable.error().message.find("127.0.0.1:1"), std::string::npos) << reachable.error().message;
}

}  // namespace
}  // namespace mainstay::stream_kafka
