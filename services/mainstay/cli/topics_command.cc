#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "invocation.h"
#include "mainstay/app/topic_plan.h"

namespace mainstay::cli {
namespace {

constexpr Duration kPatience = std::chrono::seconds{30};

struct TopicsOptions {
  std::string kafka;
  std::vector<std::string> properties;
  app::TopicChoices choices;
  std::string clock = "wall";
  bool dry_run = false;
};

Result<std::unique_ptr<stream_kafka::KafkaCluster>> Open(const TopicsOptions& options) {
  stream_kafka::ClusterSettings settings;
  settings.brokers = options.kafka;
  settings.installation = options.choices.installation;
  for (const std::string& property : options.properties) {
    const std::size_t equals = property.find('=');
    if (equals == std::string::npos) {
      return Fail(ErrorCode::kInvalidArgument, "--property takes name=value, not '" + property + "'");
    }
    settings.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  MAINSTAY_TRY_ASSIGN(cluster, stream_kafka::KafkaCluster::Open(settings));
  MAINSTAY_TRY(cluster->CheckReachable(kPatience));
  return std::move(cluster);
}

const char* KindName(stream_kafka::TopicOutcome::Kind kind) {
  using Kind = stream_kafka::TopicOutcome::Kind;
  return kind == Kind::kCreated ? "created" : kind == Kind::kReconfigured ? "reconfigured" : "unchanged";
}

int Apply(Invocation& invocation, TopicsOptions options) {
  options.choices.data_clock = options.clock == "data";
  const auto planned = app::PlanTopics(options.choices);
  if (!planned) return invocation.Report(planned.error());
  const auto cluster = Open(options);
  if (!cluster) return invocation.Report(cluster.error());
  const auto outcomes = stream_kafka::ApplyTopics(**cluster, app::SpecsOf(*planned), kPatience, options.dry_run);
  if (!outcomes) return invocation.Report(outcomes.error());
  if (invocation.json()) {
    nlohmann::ordered_json json = {{"dry_run", options.dry_run}, {"topics", nlohmann::ordered_json::array()}};
    for (const auto& outcome : *outcomes) {
      json["topics"].push_back(
          {{"name", outcome.name}, {"outcome", KindName(outcome.kind)}, {"changes", outcome.changes}});
    }
    std::cout << json.dump(2) << "\n";
    return kDone;
  }
  std::size_t changed = 0;
  for (const auto& outcome : *outcomes) {
    if (outcome.kind == stream_kafka::TopicOutcome::Kind::kUnchanged) continue;
    ++changed;
    fmt::print("{}{} {}\n", options.dry_run ? "would be " : "", KindName(outcome.kind), outcome.name);
    for (const std::string& change : outcome.changes) fmt::print("  {}\n", change);
  }
  fmt::print("{} topics with {} partitions: {} {}, {} unchanged\n", outcomes->size(), options.choices.partitions,
             changed, options.dry_run ? "to change" : "changed", outcomes->size() - changed);
  return kDone;
}

int List(Invocation& invocation, TopicsOptions options) {
  options.choices.data_clock = options.clock == "data";
  const auto planned = app::PlanTopics(options.choices);
  if (!planned) return invocation.Report(planned.error());
  const auto cluster = Open(options);
  if (!cluster) return invocation.Report(cluster.error());
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  bool complete = true;
  for (const app::PlannedTopic& topic : *planned) {
    const auto count = (*cluster)->PartitionCount(topic.spec.name, kPatience);
    if (!count && count.error().code != ErrorCode::kNotFound) return invocation.Report(count.error());
    complete = complete && count;
    rows.push_back({{"name", topic.spec.name},
                    {"partitions", count ? nlohmann::ordered_json(*count) : nlohmann::ordered_json(nullptr)},
                    {"cleanup", topic.spec.config.at("cleanup.policy")},
                    {"what", topic.what}});
  }
  if (invocation.json()) {
    std::cout << nlohmann::ordered_json{{"topics", rows}}.dump(2) << "\n";
  } else {
    for (const auto& row : rows) {
      const std::string count = row["partitions"].is_null() ? "missing" : row["partitions"].dump();
      fmt::print("{:<40} {:>7}  {:<8} {}\n", row["name"].get<std::string>(), count, row["cleanup"].get<std::string>(),
                 row["what"].get<std::string>());
    }
    if (!complete) fmt::print("`mainstay topics apply` makes what is missing\n");
  }
  return complete ? kDone : kRefused;
}

void AddOptions(CLI::App& command, TopicsOptions& options) {
  const char* kafka = std::getenv("MAINSTAY_KAFKA");
  options.kafka = kafka == nullptr ? "127.0.0.1:9092" : kafka;
  command.add_option("--kafka", options.kafka, "Brokers, HOST:PORT,... (or MAINSTAY_KAFKA)")->capture_default_str();
  command.add_option("--property", options.properties, "Further librdkafka property, name=value");
  command.add_option("--installation", options.choices.installation, "Prefix of the names")->capture_default_str();
}

void AddPlanOptions(CLI::App& command, TopicsOptions& options) {
  command.add_option("--partitions", options.choices.partitions, "Of every topic; fixed for good")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command.add_option("--replication", options.choices.replication, "Copies; 3 outside development")
      ->capture_default_str()
      ->check(CLI::Range(1, 9));
  command.add_option("--clock", options.clock, "`data` keeps everything, with the events' own times")
      ->capture_default_str()
      ->check(CLI::IsMember({"wall", "data"}));
  command.add_flag("--dry-run", options.dry_run, "Say what would be done");
}

}  // namespace

void AddTopicsCommands(CLI::App& app, Invocation& invocation) {
  auto* topics = app.add_subcommand("topics", "The topics of an installation on Kafka");
  topics->require_subcommand(1);
  topics->footer("Example: mainstay topics apply --kafka 127.0.0.1:9092 --partitions 4");
  auto options = std::make_shared<TopicsOptions>();
  auto* apply = topics->add_subcommand("apply", "Create what is missing, set what differs; never deletes");
  apply->footer("Example: mainstay topics apply --kafka 127.0.0.1:9092 --partitions 4 --dry-run");
  AddOptions(*apply, *options);
  AddPlanOptions(*apply, *options);
  apply->callback(
      [&invocation, options] { invocation.Choose([&invocation, options] { return Apply(invocation, *options); }); });
  auto* list = topics->add_subcommand("list", "Each topic, its partitions on the cluster, what it carries");
  list->footer("Example: mainstay topics list --json");
  AddOptions(*list, *options);
  list->callback(
      [&invocation, options] { invocation.Choose([&invocation, options] { return List(invocation, *options); }); });
}

}  // namespace mainstay::cli
