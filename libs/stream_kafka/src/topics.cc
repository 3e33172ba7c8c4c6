#include "mainstay/stream_kafka/topics.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "admin_request.h"
#include "cluster_parts.h"
#include "handles.h"

namespace mainstay::stream_kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Config = std::map<std::string, std::string>;
using NewTopicHandle = Handle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using ResourceHandle = Handle<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;

tl::unexpected<Error> WrongPartitions(const TopicSpec& spec, std::int32_t found) {
  return Fail(ErrorCode::kFailedPrecondition,
              "topic " + spec.name + " has " + std::to_string(found) + " partitions, not " +
                  std::to_string(spec.partitions) +
                  ": the number is fixed at installation, because it decides which shard a book lives in. Configure " +
                  std::to_string(found) + " partitions, or install under another prefix and import again");
}

// nullopt: there is no such topic.
Result<std::optional<std::int32_t>> PartitionsOf(const KafkaCluster& cluster, const std::string& topic,
                                                 Duration timeout) {
  auto count = cluster.PartitionCount(topic, timeout);
  if (count) return std::optional(*count);
  if (count.error().code == ErrorCode::kNotFound) return std::optional<std::int32_t>{};
  return tl::unexpected(count.error());
}

Result<void> Create(rd_kafka_t* client, const TopicSpec& spec, Duration timeout, bool dry_run) {
  const std::string doing = "create topic " + spec.name;
  std::array<char, 512> reason{};
  const NewTopicHandle topic(
      rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replication, reason.data(), reason.size()));
  if (!topic) return Fail(ErrorCode::kInvalidArgument, doing + ": " + reason.data());
  for (const auto& [name, value] : spec.config) {
    const auto code = rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(ToError(code, doing));
  }
  AdminRequest request(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout);
  rd_kafka_AdminOptions_t* options = request.options();
  if (dry_run) static_cast<void>(rd_kafka_AdminOptions_set_validate_only(options, 1, nullptr, 0));
  std::array<rd_kafka_NewTopic_t*, 1> topics = {topic.get()};
  rd_kafka_CreateTopics(client, topics.data(), topics.size(), options, request.queue());
  MAINSTAY_TRY_ASSIGN(event, request.Wait(doing));
  std::size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  if (count != 1) return Fail(ErrorCode::kUnavailable, doing + ": no answer");
  const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[0]);
  // Somebody else made it in the meantime: CheckTopics says whether it is the right one.
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return {};
  const char* text = rd_kafka_topic_result_error_string(results[0]);
  return tl::unexpected(ToError(code, doing, text == nullptr ? "" : text));
}

struct CurrentConfig {
  Config effective;  // Everything, defaults included.
  Config own;        // What was set for this topic.
};

Result<CurrentConfig> ReadConfig(rd_kafka_t* client, const std::string& topic, Duration timeout) {
  const std::string doing = "read the configuration of " + topic;
  const ResourceHandle resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  AdminRequest request(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout);
  std::array<rd_kafka_ConfigResource_t*, 1> resources = {resource.get()};
  rd_kafka_DescribeConfigs(client, resources.data(), resources.size(), request.options(), request.queue());
  MAINSTAY_TRY_ASSIGN(event, request.Wait(doing));
  std::size_t count = 0;
  const auto* results = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
  if (count != 1) return Fail(ErrorCode::kUnavailable, doing + ": no answer");
  const auto code = rd_kafka_ConfigResource_error(results[0]);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(ToError(code, doing));
  CurrentConfig config;
  std::size_t entries = 0;
  const auto* list = rd_kafka_ConfigResource_configs(results[0], &entries);
  for (std::size_t i = 0; i < entries; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(list[i]);
    if (value == nullptr) continue;
    const char* name = rd_kafka_ConfigEntry_name(list[i]);
    config.effective[name] = value;
    if (rd_kafka_ConfigEntry_source(list[i]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG) config.own[name] = value;
  }
  return config;
}

// Sets the whole configuration of a topic: what is not named goes back to the cluster's default.
Result<void> WriteConfig(rd_kafka_t* client, const std::string& topic, const Config& config, Duration timeout) {
  const std::string doing = "configure " + topic;
  const ResourceHandle resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  for (const auto& [name, value] : config) {
    const auto code = rd_kafka_ConfigResource_set_config(resource.get(), name.c_str(), value.c_str());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(ToError(code, doing));
  }
  AdminRequest request(client, RD_KAFKA_ADMIN_OP_ALTERCONFIGS, timeout);
  std::array<rd_kafka_ConfigResource_t*, 1> resources = {resource.get()};
  rd_kafka_AlterConfigs(client, resources.data(), resources.size(), request.options(), request.queue());
  MAINSTAY_TRY_ASSIGN(event, request.Wait(doing));
  std::size_t count = 0;
  const auto* results = rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
  if (count != 1) return Fail(ErrorCode::kUnavailable, doing + ": no answer");
  const auto code = rd_kafka_ConfigResource_error(results[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const char* text = rd_kafka_ConfigResource_error_string(results[0]);
  return tl::unexpected(ToError(code, doing, text == nullptr ? "" : text));
}

Result<void> Reconfigure(rd_kafka_t* client, const TopicSpec& spec, Duration timeout, bool dry_run,
                         TopicOutcome& outcome) {
  MAINSTAY_TRY_ASSIGN(current, ReadConfig(client, spec.name, timeout));
  Config wanted = current.own;  // What an operator set beyond the plan stays.
  for (const auto& [name, value] : spec.config) {
    const auto found = current.effective.find(name);
    const std::string before = found == current.effective.end() ? "(unset)" : found->second;
    if (before != value) outcome.changes.push_back(name + ": " + before + " -> " + value);
    wanted[name] = value;
  }
  if (outcome.changes.empty()) return {};
  outcome.kind = TopicOutcome::Kind::kReconfigured;
  return dry_run ? Result<void>{} : WriteConfig(client, spec.name, wanted, timeout);
}

// Creation answers before every broker knows the topic.
Result<void> AwaitTopics(const KafkaCluster& cluster, const TopicPlan& plan, Duration timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  for (;;) {
    const Result<void> checked = CheckTopics(cluster, plan, timeout);
    if (checked || checked.error().code == ErrorCode::kFailedPrecondition || SteadyClock::now() > deadline) {
      return checked;
    }
  }
}

}  // namespace

Result<std::vector<TopicOutcome>> ApplyTopics(const KafkaCluster& cluster, const TopicPlan& plan, Duration timeout,
                                              bool dry_run) {
  rd_kafka_t* client = cluster.parts().offsets.get();
  std::vector<bool> exists;
  for (const TopicSpec& spec : plan) {
    MAINSTAY_TRY_ASSIGN(found, PartitionsOf(cluster, spec.name, timeout));
    if (found && *found != spec.partitions) return WrongPartitions(spec, *found);
    exists.push_back(found.has_value());
  }
  // What the cluster would refuse is refused before the first topic is made.
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (!exists[i]) MAINSTAY_TRY(Create(client, plan[i], timeout, true));
  }
  std::vector<TopicOutcome> outcomes;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    TopicOutcome& outcome = outcomes.emplace_back();
    outcome.name = plan[i].name;
    if (exists[i]) {
      MAINSTAY_TRY(Reconfigure(client, plan[i], timeout, dry_run, outcome));
      continue;
    }
    outcome.kind = TopicOutcome::Kind::kCreated;
    if (!dry_run) MAINSTAY_TRY(Create(client, plan[i], timeout, false));
  }
  if (!dry_run) MAINSTAY_TRY(AwaitTopics(cluster, plan, timeout));
  return outcomes;
}

Result<void> CheckTopics(const KafkaCluster& cluster, const TopicPlan& plan, Duration timeout) {
  for (const TopicSpec& spec : plan) {
    MAINSTAY_TRY_ASSIGN(found, PartitionsOf(cluster, spec.name, timeout));
    if (!found) {
      return Fail(ErrorCode::kNotFound, "there is no topic " + spec.name + " at " + cluster.settings().brokers +
                                            ": run `mainstay topics apply` first");
    }
    if (*found != spec.partitions) return WrongPartitions(spec, *found);
  }
  return {};
}

}  // namespace mainstay::stream_kafka
