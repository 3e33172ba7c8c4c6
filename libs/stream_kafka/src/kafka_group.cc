#include "mainstay/stream_kafka/kafka_group.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "client_config.h"
#include "cluster_parts.h"
#include "handles.h"

namespace mainstay::stream_kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::int16_t kJoinGroup = 11;
constexpr std::int16_t kHeartbeat = 12;
constexpr std::int16_t kSyncGroup = 14;

using Beat = std::atomic<SteadyClock::rep>;

rd_kafka_resp_err_t OnResponse(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t api_key, std::int16_t,
                               std::int32_t, std::size_t, std::int64_t, rd_kafka_resp_err_t error, void* opaque) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR &&
      (api_key == kHeartbeat || api_key == kJoinGroup || api_key == kSyncGroup)) {
    static_cast<Beat*>(opaque)->store(SteadyClock::now().time_since_epoch().count());
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t OnNew(rd_kafka_t* client, const rd_kafka_conf_t*, void* opaque, char*, std::size_t) {
  return rd_kafka_interceptor_add_on_response_received(client, "mainstay.heartbeat", OnResponse, opaque);
}

// The partitions of which we have every topic: a range assignor gives out whole ones.
std::set<std::int32_t> ShardsOf(const rd_kafka_topic_partition_list_t& list, std::size_t topics) {
  std::map<std::int32_t, std::size_t> count;
  for (int i = 0; i < list.cnt; ++i) ++count[list.elems[i].partition];
  std::set<std::int32_t> shards;
  for (const auto& [partition, n] : count) {
    if (n == topics) shards.insert(partition);
  }
  return shards;
}

}  // namespace

std::string GroupId(const std::string& installation, const std::string& service) {
  return installation + "." + service;
}

class KafkaGroup::Impl {
 public:
  Impl(const ClusterSettings& cluster, GroupSettings settings)
      : settings_(std::move(settings)), log_(cluster.log, *this) {}
  ~Impl() {
    // Without saying goodbye: a static member that comes back in time finds its shards.
    if (client_) rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> Join(const ClusterSettings& cluster);
  Result<OwnershipChange> Poll(Duration timeout);
  void Mirror(std::span<const ShardPosition> positions);
  void Leave();
  std::vector<std::int32_t> owned() const {
    const std::lock_guard lock(mutex_);
    return {owned_.begin(), owned_.end()};
  }
  Duration SinceHeartbeat() const {
    const SteadyClock::time_point last{SteadyClock::duration{beat_.load()}};
    return std::chrono::duration_cast<Duration>(SteadyClock::now() - last);
  }

 private:
  // librdkafka has one opaque for the log and the callbacks.
  struct GroupLog : ClientLog {
    GroupLog(std::function<void(int, std::string_view)> sink, Impl& impl) : ClientLog(std::move(sink)), group(impl) {}
    Impl& group;
  };
  static void OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                          void* opaque);
  void Assign(rd_kafka_topic_partition_list_t& list);
  void Revoke();
  [[nodiscard]] OwnershipChange TakeChange();

  const GroupSettings settings_;
  Beat beat_{0};  // As SteadyClock's ticks. Before the client: its threads write to it.
  GroupLog log_;
  ClientHandle client_;
  std::set<std::int32_t> target_;  // What the group says.
  bool assignment_lost_ = false;
  std::optional<SteadyClock::time_point> revoked_at_;  // And no assignment since.
  mutable std::mutex mutex_;
  std::set<std::int32_t> owned_;  // What the caller was told.
};

void KafkaGroup::Impl::OnRebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                                   void* opaque) {
  Impl& group = static_cast<GroupLog*>(static_cast<ClientLog*>(opaque))->group;
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    group.Assign(*list);
  } else {
    group.Revoke();
  }
}

void KafkaGroup::Impl::Assign(rd_kafka_topic_partition_list_t& list) {
  for (int i = 0; i < list.cnt; ++i) list.elems[i].offset = RD_KAFKA_OFFSET_END;  // Never read, so never looked up.
  rd_kafka_assign(client_.get(), &list);
  rd_kafka_pause_partitions(client_.get(), &list);
  target_ = ShardsOf(list, settings_.topics.size());
  assignment_lost_ = false;
  revoked_at_.reset();
}

void KafkaGroup::Impl::Revoke() {
  if (rd_kafka_assignment_lost(client_.get()) != 0) {
    target_.clear();
    assignment_lost_ = true;
    revoked_at_.reset();
  } else {
    revoked_at_ = SteadyClock::now();
  }
  rd_kafka_assign(client_.get(), nullptr);
}

Result<void> KafkaGroup::Impl::Join(const ClusterSettings& cluster) {
  ClientConfig config(cluster, log_);
  const auto session = static_cast<std::size_t>(settings_.session_timeout.count());
  config.Set("client.id", settings_.address)
      .Set("group.id", GroupId(cluster.installation, settings_.service))
      .Set("partition.assignment.strategy", "range")
      .Set("session.timeout.ms", session)
      .Set("heartbeat.interval.ms", static_cast<std::size_t>(settings_.heartbeat_interval.count()))
      .Set("max.poll.interval.ms", std::max<std::size_t>(60'000, session))
      .Set("enable.auto.commit", "false")
      .Set("enable.auto.offset.store", "false")
      .Set("auto.offset.reset", "latest")
      .Set("queued.min.messages", "1")
      .Set("queued.max.messages.kbytes", "64");
  if (!settings_.member.empty()) config.Set("group.instance.id", settings_.member);
  rd_kafka_conf_set_rebalance_cb(config.conf(), OnRebalance);
  rd_kafka_conf_interceptor_add_on_new(config.conf(), "mainstay.heartbeat", OnNew, &beat_);
  MAINSTAY_TRY_ASSIGN(client, config.Make(RD_KAFKA_CONSUMER));
  client_ = std::move(client);
  rd_kafka_poll_set_consumer(client_.get());
  const PartitionsHandle topics(rd_kafka_topic_partition_list_new(static_cast<int>(settings_.topics.size())));
  for (const std::string& topic : settings_.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto code = rd_kafka_subscribe(client_.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(ToError(code, "join " + settings_.service));
  return {};
}

OwnershipChange KafkaGroup::Impl::TakeChange() {
  OwnershipChange change;
  const std::lock_guard lock(mutex_);
  std::set_difference(target_.begin(), target_.end(), owned_.begin(), owned_.end(), std::back_inserter(change.gained));
  std::set_difference(owned_.begin(), owned_.end(), target_.begin(), target_.end(), std::back_inserter(change.lost));
  change.assignment_lost = assignment_lost_ && !change.lost.empty();
  owned_ = target_;
  return change;
}

Result<OwnershipChange> KafkaGroup::Impl::Poll(Duration timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::ceil<Duration>(deadline - SteadyClock::now());
    rd_kafka_message_t* message =
        rd_kafka_consumer_poll(client_.get(), static_cast<int>(std::clamp(left, Duration{0}, Duration{100}).count()));
    if (message != nullptr) rd_kafka_message_destroy(message);  // An event of the group; errors pass or end below.
    std::array<char, 512> reason{};
    const auto fatal = rd_kafka_fatal_error(client_.get(), reason.data(), reason.size());
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
      target_.clear();
      const std::lock_guard lock(mutex_);
      owned_.clear();
      return Fail(ErrorCode::kFailedPrecondition, "another process is the member `" + settings_.member + "` of " +
                                                      settings_.service + " now: " + reason.data());
    }
    if (revoked_at_ && SteadyClock::now() - *revoked_at_ >= settings_.release_after) {
      target_.clear();
      revoked_at_.reset();
    }
    OwnershipChange change = TakeChange();
    if (!change.empty() || SteadyClock::now() >= deadline) return change;
  }
}

void KafkaGroup::Impl::Mirror(std::span<const ShardPosition> positions) {
  const PartitionsHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  {
    const std::lock_guard lock(mutex_);
    for (const ShardPosition& at : positions) {
      if (!owned_.contains(at.partition)) continue;
      rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset = at.position;
    }
  }
  if (list->cnt > 0) rd_kafka_commit(client_.get(), list.get(), 1);
}

void KafkaGroup::Impl::Leave() {
  if (!client_) return;
  rd_kafka_consumer_close(client_.get());
  target_.clear();
  const std::lock_guard lock(mutex_);
  owned_.clear();
}

KafkaGroup::KafkaGroup(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaGroup::~KafkaGroup() = default;

Result<std::unique_ptr<KafkaGroup>> KafkaGroup::Join(const ClusterSettings& cluster, GroupSettings settings) {
  MAINSTAY_TRY(CheckProperties(cluster));
  auto impl = std::make_unique<Impl>(cluster, std::move(settings));
  MAINSTAY_TRY(impl->Join(cluster));
  return std::unique_ptr<KafkaGroup>(new KafkaGroup(std::move(impl)));
}

Result<OwnershipChange> KafkaGroup::Poll(Duration timeout) { return impl_->Poll(timeout); }
std::vector<std::int32_t> KafkaGroup::owned() const { return impl_->owned(); }
Duration KafkaGroup::SinceHeartbeat() const { return impl_->SinceHeartbeat(); }
void KafkaGroup::Mirror(std::span<const ShardPosition> positions) { impl_->Mirror(positions); }
void KafkaGroup::Leave() { impl_->Leave(); }

}  // namespace mainstay::stream_kafka
