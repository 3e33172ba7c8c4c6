// What is inside KafkaShardLog.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "input_topic.h"
#include "mainstay/stream_kafka/kafka_shard_log.h"
#include "restore.h"
#include "transactional_producer.h"

namespace mainstay::stream_kafka {

class KafkaShardLog::Impl {
 public:
  Impl(KafkaCluster& cluster, const stream::Topology& topology, std::int32_t partition, ShardLogOptions options);

  Result<stream::Meta> Acquire(stream::Store& store);
  Result<void> Read(stream::TopicId topic, std::int64_t offset, std::size_t max, std::vector<stream::Record>& out);
  Result<std::int64_t> End(stream::TopicId topic);
  [[nodiscard]] std::int64_t Passed(stream::TopicId topic, std::int64_t position) const;
  stream::Outcome Commit(const stream::CommitBatch& batch);
  void AwaitInput(Duration timeout);
  void Wake();
  void Release();
  [[nodiscard]] std::vector<std::int64_t> OutputEnds() const;
  [[nodiscard]] ShardLogStats stats() const;
  [[nodiscard]] std::string last_error() const;

 private:
  // Topics of the producer, resolved by Acquire.
  struct Sinks {
    std::vector<rd_kafka_topic_t*> outputs;
    std::vector<bool> formatted;  // By output: the format applies.
    rd_kafka_topic_t* dead_letter = nullptr;
    rd_kafka_topic_t* changelog = nullptr;
    rd_kafka_topic_t* dedup = nullptr;
  };

  [[nodiscard]] Result<void> MakeProducer();
  [[nodiscard]] Result<void> ResolveSinks();
  [[nodiscard]] Result<void> OpenInputs(std::span<const OffsetRange> ranges, bool is_new, stream::Meta& meta);
  // Remembers a lower bound of where the next restore begins, in one write with the META it belongs to.
  [[nodiscard]] Result<void> NoteOffsets();
  [[nodiscard]] Result<void> ApplyNotes();
  [[nodiscard]] Result<void> ProduceAll(const stream::CommitBatch& batch);
  [[nodiscard]] Result<void> ProduceChange(const stream::TableChange& change);
  // What was seen, packed.
  [[nodiscard]] Result<void> ProduceSeen(std::span<const stream::SeenId> ids);
  [[nodiscard]] Result<void> ProduceOutput(const stream::OutRecord& out);
  [[nodiscard]] stream::Outcome Transact(const stream::CommitBatch& batch);
  [[nodiscard]] stream::Outcome Settle(stream::Outcome outcome, const stream::CommitBatch& batch);
  void TakeDeliveries();
  void SetError(std::string message);

  KafkaCluster& cluster_;
  const stream::Topology& topology_;
  const std::int32_t partition_;
  const ShardLogOptions options_;
  const std::string changelog_;
  const std::string dedup_;

  std::unique_ptr<TransactionalProducer> producer_;  // Null until Acquire, and after it may not be used any more.
  Sinks sinks_;
  std::vector<DeliverySlot> output_slots_;
  DeliverySlot changelog_slot_;
  DeliverySlot dedup_slot_;
  std::string changelog_key_;  // Memory for one key at a time,
  std::string seen_;           // and for one record of the dedup topic.

  stream::Store* store_ = nullptr;
  stream::Meta committed_;  // Committed last.
  std::int64_t committed_changelog_ = 0;
  std::int64_t committed_dedup_ = 0;
  std::int64_t noted_changelog_ = -1;
  std::chrono::steady_clock::time_point last_note_{};
  bool is_dead_ = false;  // Only by a lever.

  mutable std::mutex mutex_;  // What other threads see, and the news.
  std::condition_variable news_;
  bool has_news_ = false;
  std::vector<std::int64_t> output_ends_;
  ShardLogStats stats_;
  std::string last_error_;

  std::vector<std::unique_ptr<InputTopic>> inputs_;  // Last: their queues call Wake until they are gone.
};

}  // namespace mainstay::stream_kafka
