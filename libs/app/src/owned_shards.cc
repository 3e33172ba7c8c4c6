#include "owned_shards.h"

#include <algorithm>

#include "mainstay/telemetry/log.h"

namespace mainstay::app {
namespace {

using telemetry::LogKey;
using telemetry::Severity;

constexpr Duration kAskTopics{5'000};
constexpr Duration kPause{1'000};
constexpr Duration kPoll{200};
constexpr Duration kStalled{30'000};
constexpr Duration kFirstAssignment{15'000};
constexpr Duration kMirror{1'000};
constexpr Duration kMirrorAgain{30'000};
constexpr telemetry::Family kShards{"mainstay_assigned_shards", "Shards this process owns."};
constexpr telemetry::Family kRebalances{"mainstay_rebalances_total", "Changes of what this process owns."};
constexpr telemetry::Family kReady{"mainstay_ready", "1 while the process is ready."};

}  // namespace

OwnedShards::OwnedShards(const ProcessSettings& settings, const KafkaShardWorker::Setting& worker,
                         stream_kafka::TopicPlan topics, telemetry::Health& health)
    : settings_(settings), worker_(worker), topics_(std::move(topics)), health_(health) {}

OwnedShards::~OwnedShards() { Stop(); }

void OwnedShards::Join(const std::string& address) {
  thread_ = std::thread([this, address] { Run(address); });
}

void OwnedShards::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void OwnedShards::Say(const std::string& reason) {
  if (reason.empty()) {
    health_.SetReady();
  } else {
    health_.SetNotReady(reason);
  }
  worker_.metrics->Set(kReady, {}, reason.empty() ? 1 : 0);
  if (reason == said_) return;
  said_ = reason;
  telemetry::Log(reason.empty() ? Severity::kInfo : Severity::kWarning, reason.empty() ? "ready" : "not_ready",
                 {{LogKey::kService, worker_.module->topology.service}, {LogKey::kMessage, reason}});
}

void OwnedShards::Run(const std::string& address) {
  if (!AwaitTopics()) return;
  stream_kafka::GroupSettings group;
  group.service = worker_.module->topology.service;
  group.topics = worker_.module->topology.inputs;
  group.address = address;
  group.member = settings_.member;
  group.session_timeout = settings_.session_timeout;
  group.heartbeat_interval = std::min<Duration>(settings_.session_timeout / 5, std::chrono::seconds{2});
  auto joined = stream_kafka::KafkaGroup::Join(settings_.cluster, std::move(group));
  {
    const std::lock_guard lock(mutex_);
    if (!joined) {
      failure_ = joined.error();
      return;
    }
    group_ = std::move(*joined);
    joined_at_ = std::chrono::steady_clock::now();
  }
  while (Serve()) {
  }
  for (const auto& worker : All()) worker->RequestStop();
  std::map<std::int32_t, std::shared_ptr<KafkaShardWorker>> workers;
  {
    const std::lock_guard lock(mutex_);
    workers.swap(workers_);
  }
  workers.clear();  // Waits for each; commits are finished.
  group_->Leave();
}

// True when the topics are as planned; false when the process stops first.
bool OwnedShards::AwaitTopics() {
  for (;;) {
    auto there = worker_.cluster->CheckReachable(kAskTopics);
    if (there) there = stream_kafka::CheckTopics(*worker_.cluster, topics_, kAskTopics);
    if (there) return true;
    Say("waiting for Kafka: " + there.error().message);
    std::unique_lock lock(mutex_);
    if (stop_.wait_for(lock, kPause, [this] { return stopping_; })) return false;
  }
}

bool OwnedShards::Serve() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
  }
  const auto change = group_->Poll(kPoll);
  if (!change) {
    const std::lock_guard lock(mutex_);
    failure_ = change.error();
    return false;
  }
  if (!change->empty()) Apply(*change);
  Report(*group_);
  return true;
}

void OwnedShards::Apply(const stream_kafka::OwnershipChange& change) {
  std::vector<std::shared_ptr<KafkaShardWorker>> released;
  {
    const std::lock_guard lock(mutex_);
    for (const std::int32_t partition : change.lost) {
      const auto found = workers_.find(partition);
      if (found == workers_.end()) continue;
      found->second->RequestStop();
      released.push_back(std::move(found->second));
      workers_.erase(found);
    }
  }
  released.clear();  // Before a shard may be gained again: two workers never share a folder.
  {
    const std::lock_guard lock(mutex_);
    for (const std::int32_t partition : change.gained) {
      if (!workers_.contains(partition)) {
        workers_[partition] = std::make_shared<KafkaShardWorker>(worker_, partition);
      }
    }
    worker_.metrics->Set(kShards, {}, static_cast<double>(workers_.size()));
  }
  mirrored_.clear();
  worker_.metrics->Count(kRebalances, {});
  telemetry::Log(
      Severity::kInfo, "ownership_changed",
      {{LogKey::kService, worker_.module->topology.service},
       {LogKey::kMessage, std::to_string(change.gained.size()) + " gained, " + std::to_string(change.lost.size()) +
                              " lost, " + std::to_string(All().size()) + " owned"}});
}

std::string OwnedShards::WhatIsMissing(const stream_kafka::KafkaGroup& group) const {
  if (!Confirmed()) {
    const std::string error = worker_.cluster->last_error();
    return "no heartbeat from Kafka for " + std::to_string(group.SinceHeartbeat().count() / 1000) + " s" +
           (error.empty() ? "" : ": " + error);
  }
  const auto workers = All();
  if (workers.empty() && std::chrono::steady_clock::now() - joined_at_ < kFirstAssignment) {
    return "waiting for shards from the consumer group";
  }
  for (const auto& worker : workers) {
    if (!worker->progress().running()) return worker->progress().reason().message;
    if (worker->Stalled() > kStalled) {
      return "shard " + std::to_string(worker->partition()) + " has not moved for " +
             std::to_string(worker->Stalled().count() / 1000) + " s although input waits";
    }
  }
  return {};
}

void OwnedShards::Report(stream_kafka::KafkaGroup& group) {
  Say(WhatIsMissing(group));
  Mirror(group);
}

void OwnedShards::Mirror(stream_kafka::KafkaGroup& group) {
  std::vector<stream_kafka::ShardPosition> positions;
  const stream::Topology& topology = worker_.module->topology;
  for (const auto& worker : All()) {
    const std::vector<std::int64_t> passed = worker->Passed();
    for (std::size_t i = 0; i < passed.size() && i < topology.inputs.size(); ++i) {
      positions.push_back({topology.inputs[i], worker->partition(), passed[i]});
    }
  }
  // An idle system writes nothing; but a commit that got lost in a rebalance is made again.
  const auto now = std::chrono::steady_clock::now();
  if (now - mirrored_at_ < (positions == mirrored_ ? kMirrorAgain : kMirror)) return;
  mirrored_at_ = now;
  group.Mirror(positions);
  mirrored_ = std::move(positions);
}

std::shared_ptr<KafkaShardWorker> OwnedShards::Find(std::int32_t partition) const {
  if (!Confirmed()) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto found = workers_.find(partition);
  return found == workers_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<KafkaShardWorker>> OwnedShards::All() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<KafkaShardWorker>> all;
  for (const auto& [partition, worker] : workers_) all.push_back(worker);
  return all;
}

// After a freeze the coordinator may have given our shards away: until it answers again we answer nothing.
bool OwnedShards::Confirmed() const {
  std::shared_ptr<stream_kafka::KafkaGroup> group;
  {
    const std::lock_guard lock(mutex_);
    group = group_;
  }
  return group != nullptr && group->SinceHeartbeat() < settings_.session_timeout * 3 / 5;
}

std::optional<Error> OwnedShards::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace mainstay::app
