#include "mainstay/app/topic_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mainstay::app {
namespace {

const stream_kafka::TopicSpec* Find(const stream_kafka::TopicPlan& plan, const std::string& name) {
  const auto found = std::find_if(plan.begin(), plan.end(), [&](const auto& topic) { return topic.name == name; });
  return found == plan.end() ? nullptr : &*found;
}

TEST(TopicPlan, IngestTimeIsTheBrokersForWhatOthersWrite) {
  const auto planned = PlanTopics({"x", 4, 1, false});
  ASSERT_TRUE(planned) << planned.error().message;
  const auto plan = SpecsOf(*planned);
  const auto* in = Find(plan, "x.client-events");
  ASSERT_NE(in, nullptr);
  EXPECT_EQ(in->partitions, 4);
  EXPECT_EQ(in->config.at("message.timestamp.type"), "LogAppendTime");
  EXPECT_EQ(Find(plan, "x.churn-risk")->config.at("message.timestamp.type"), "CreateTime");
  EXPECT_EQ(Find(plan, "x.segments")->config.at("cleanup.policy"), "compact");
  EXPECT_EQ(Find(plan, "x.cadence.dedup")->config.at("retention.ms"), std::to_string(36LL * 86'400'000));
}

TEST(TopicPlan, AReplayKeepsEverythingWithTheWritersTimes) {
  const auto planned = PlanTopics({"x", 4, 3, true});
  ASSERT_TRUE(planned);
  for (const auto& topic : *planned) {
    SCOPED_TRACE(topic.spec.name);
    EXPECT_EQ(topic.spec.config.at("message.timestamp.type"), "CreateTime");
    EXPECT_EQ(topic.spec.config.at("min.insync.replicas"), "2");
    EXPECT_EQ(topic.spec.config.at("message.timestamp.after.max.ms"), "9223372036854775807");
    if (topic.spec.name.ends_with(".changelog")) continue;
    EXPECT_EQ(topic.spec.config.at("retention.ms"), "-1");
  }
}

TEST(TopicPlan, AServiceChecksItsOwnTopicsAndThePublicOnes) {
  const auto planned = PlanTopics({"x", 4, 1, false});
  ASSERT_TRUE(planned);
  const auto plan = SpecsOf(*planned, "x", "cadence");
  EXPECT_NE(Find(plan, "x.cadence.internal"), nullptr);
  EXPECT_NE(Find(plan, "x.segments"), nullptr);
  EXPECT_EQ(Find(plan, "x.notification.internal"), nullptr);
}

}  // namespace
}  // namespace mainstay::app
