#include "mainstay/app/topic_plan.h"

#include <algorithm>
#include <utility>

#include "mainstay/app/config_file.h"
#include "mainstay/app/process_settings.h"
#include "mainstay/config/v1/topics.pb.h"
#include "topics_text.h"

namespace mainstay::app {
namespace {

namespace c = config::v1;

constexpr std::int64_t kDayMs = 86'400'000;
// A replay spans years: by its records' times Kafka would begin a new segment file every week.
constexpr const char* kReplaySegmentMs = "315360000000";
constexpr const char* kAnyTime = "9223372036854775807";

std::map<std::string, std::string> ConfigOf(const c::Topic& topic, const TopicChoices& choices) {
  std::map<std::string, std::string> config(topic.config().begin(), topic.config().end());
  const bool changelog = topic.name().ends_with(".changelog");
  const bool compact = topic.cleanup() == c::Topic::COMPACT && (!choices.data_clock || changelog);
  config["cleanup.policy"] = compact ? "compact" : "delete";
  if (!compact) {
    const bool for_ever = choices.data_clock || topic.retention_days() < 0;
    config["retention.ms"] = for_ever ? "-1" : std::to_string(topic.retention_days() * kDayMs);
    config["retention.bytes"] = "-1";
  }
  const bool by_broker = topic.timestamps() == c::Topic::BROKER && !choices.data_clock;
  config["message.timestamp.type"] = by_broker ? "LogAppendTime" : "CreateTime";
  if (choices.data_clock) {
    config["segment.ms"] = kReplaySegmentMs;
    // From 4.0 on a broker refuses times more than an hour ahead; a replay may run on into the future.
    config["message.timestamp.before.max.ms"] = kAnyTime;
    config["message.timestamp.after.max.ms"] = kAnyTime;
  }
  if (choices.replication >= 3) config["min.insync.replicas"] = "2";
  return config;
}

}  // namespace

Result<std::vector<PlannedTopic>> PlanTopics(const TopicChoices& choices) {
  c::TopicFile file;
  if (const auto merged = MergeText(kTopicsText, "deploy/topics.textproto", file); !merged) {
    return Fail(ErrorCode::kInternal, merged.error().message);
  }
  std::vector<PlannedTopic> planned;
  for (const c::Topic& topic : file.topics()) {
    if (topic.name().empty() || topic.cleanup() == 0 || topic.timestamps() == 0 ||
        (topic.cleanup() == c::Topic::DELETE && topic.retention_days() == 0)) {
      return Fail(ErrorCode::kInternal, "deploy/topics.textproto: topic '" + topic.name() +
                                            "' needs a name, cleanup, timestamps and retention_days");
    }
    PlannedTopic& next = planned.emplace_back();
    next.spec.name = choices.installation + "." + topic.name();
    next.spec.partitions = choices.partitions;
    next.spec.replication = choices.replication;
    next.spec.config = ConfigOf(topic, choices);
    next.what = topic.what();
  }
  return planned;
}

stream_kafka::TopicPlan SpecsOf(const std::vector<PlannedTopic>& planned) {
  stream_kafka::TopicPlan plan;
  for (const PlannedTopic& topic : planned) plan.push_back(topic.spec);
  return plan;
}

stream_kafka::TopicPlan SpecsOf(const std::vector<PlannedTopic>& planned, const std::string& installation,
                                const std::string& service) {
  stream_kafka::TopicPlan plan;
  for (const PlannedTopic& topic : planned) {
    const bool of_another = std::any_of(std::begin(kServices), std::end(kServices), [&](const char* other) {
      return service != other && topic.spec.name.starts_with(installation + "." + other + ".");
    });
    if (!of_another) plan.push_back(topic.spec);
  }
  return plan;
}

}  // namespace mainstay::app
