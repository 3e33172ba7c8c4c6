#include "mainstay/stream_kafka/kafka_cluster.h"

#include <algorithm>
#include <utility>

#include "cluster_parts.h"

namespace mainstay::stream_kafka {
namespace {

constexpr Duration kLiveFetchWait{100};
constexpr Duration kRestoreFetchWait{5};
constexpr std::size_t kFewestMessages = 1'000;
constexpr std::size_t kBytesOfMessage = 1 << 10;  // A touch with what librdkafka keeps beside it, and some air.
constexpr std::size_t kRestoreMessages = 1'000'000;
constexpr std::size_t kLargestQueue = 32 << 20;
constexpr std::size_t kInputsPerShard = 4;  // Roughly, for dividing the budget.

int TimeoutMs(Duration timeout) { return static_cast<int>(timeout.count()); }

}  // namespace

Result<std::shared_ptr<rd_kafka_t>> ClusterParts::Restorer() {
  const std::lock_guard lock(mutex_);
  if (auto known = restorer_.lock()) return known;
  MAINSTAY_TRY_ASSIGN(made,
                      MakeReader(settings, log, "restore", true, kRestoreFetchWait, kRestoreMessages, kLargestQueue));
  std::shared_ptr<rd_kafka_t> shared = std::move(made);
  restorer_ = shared;
  return shared;
}

KafkaCluster::KafkaCluster(std::unique_ptr<ClusterParts> parts) : parts_(std::move(parts)) {}
KafkaCluster::~KafkaCluster() = default;

Result<std::unique_ptr<KafkaCluster>> KafkaCluster::Open(const ClusterSettings& settings, const ClusterMemory& memory) {
  MAINSTAY_TRY(CheckProperties(settings));
  auto parts = std::make_unique<ClusterParts>(settings, memory);
  const auto shards = static_cast<std::size_t>(std::max(memory.shards, 1));
  const std::size_t share = memory.consumer_queue_bytes / shards;
  const std::size_t queue = std::clamp<std::size_t>(share / kInputsPerShard, 256 << 10, kLargestQueue);
  const std::size_t messages = std::max(share / kBytesOfMessage, kFewestMessages);
  MAINSTAY_TRY_ASSIGN(data, MakeReader(settings, parts->log, "data", true, kLiveFetchWait, messages, queue));
  MAINSTAY_TRY_ASSIGN(offsets, MakeReader(settings, parts->log, "offsets", false, kLiveFetchWait, 1, 1));
  parts->data = std::move(data);
  parts->offsets = std::move(offsets);
  return std::unique_ptr<KafkaCluster>(new KafkaCluster(std::move(parts)));
}

Result<void> KafkaCluster::CheckReachable(Duration timeout) const {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(parts_->offsets.get(), 0, nullptr, &metadata, TimeoutMs(timeout));
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const std::string last = last_error();
  return tl::unexpected(ToError(code, "no Kafka broker answers at " + settings().brokers, last));
}

Result<std::int32_t> KafkaCluster::PartitionCount(const std::string& topic, Duration timeout) const {
  const TopicHandle handle(rd_kafka_topic_new(parts_->offsets.get(), topic.c_str(), nullptr));
  if (!handle) return tl::unexpected(ToError(rd_kafka_last_error(), "topic " + topic));
  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_resp_err_t code = rd_kafka_metadata(parts_->offsets.get(), 0, handle.get(), &metadata, TimeoutMs(timeout));
  std::int32_t partitions = 0;
  if (metadata != nullptr) {
    if (metadata->topic_cnt == 1) {
      code = metadata->topics[0].err;
      partitions = metadata->topics[0].partition_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(ToError(code, "topic " + topic));
  return partitions;
}

Result<OffsetRange> KafkaCluster::Offsets(const std::string& topic, std::int32_t partition, Duration timeout) const {
  OffsetRange range;
  const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(parts_->offsets.get(), topic.c_str(), partition,
                                                                    &range.begin, &range.end, TimeoutMs(timeout));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return range;
  return tl::unexpected(ToError(code, "offsets of " + topic + "/" + std::to_string(partition)));
}

Result<std::vector<OffsetRange>> KafkaCluster::Offsets(const std::vector<std::string>& topics, std::int32_t partition,
                                                       Duration timeout) const {
  std::vector<OffsetRange> ranges(topics.size());
  for (const bool end : {false, true}) {
    const PartitionsHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
    for (const std::string& topic : topics) {
      if (rd_kafka_topic_partition_list_find(list.get(), topic.c_str(), partition) != nullptr) continue;
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset =
          end ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;  // Which the protocol takes for a time, too.
    }
    const auto code = rd_kafka_offsets_for_times(parts_->offsets.get(), list.get(), TimeoutMs(timeout));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      for (const std::string& topic : topics) MAINSTAY_TRY(PartitionCount(topic, timeout));  // Which one is it?
      return tl::unexpected(ToError(code, "offsets of " + topics.front()));
    }
    for (std::size_t i = 0; i < topics.size(); ++i) {
      const auto* found = rd_kafka_topic_partition_list_find(list.get(), topics[i].c_str(), partition);
      if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR || found->offset < 0) {
        return tl::unexpected(ToError(found->err, "offsets of " + topics[i] + "/" + std::to_string(partition)));
      }
      (end ? ranges[i].end : ranges[i].begin) = found->offset;
    }
  }
  return ranges;
}

std::string KafkaCluster::last_error() const { return parts_->log.last_error(); }
const ClusterSettings& KafkaCluster::settings() const { return parts_->settings; }

}  // namespace mainstay::stream_kafka
