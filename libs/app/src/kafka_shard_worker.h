// One owned shard of a service on Kafka: its thread, local state, log and loop.
//
// A session opens the store, acquires the shard (fencing earlier owners, restoring) and runs the loop until the shard
// is released, fenced or something fails; after a failure the next session begins, later each time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mainstay/app/service_module.h"
#include "mainstay/stream/shard_loop.h"
#include "mainstay/stream_kafka/kafka_shard_log.h"
#include "mainstay/stream_rocksdb/local_store.h"
#include "mainstay/telemetry/metrics.h"
#include "shard_progress.h"
#include "transaction_pace.h"

namespace mainstay::app {

class KafkaShardWorker {
 public:
  struct Setting {  // The same for all shards of a process; outlives them.
    stream_kafka::KafkaCluster* cluster = nullptr;
    const ServiceModule* module = nullptr;
    std::int32_t partitions = 0;
    std::filesystem::path directory;
    std::string identity;  // Of the installation and service, for the local store.
    std::string at;        // " HOST:PORT" of this process, for messages; set before the first worker.
    const stream_rocksdb::SharedMemory* memory = nullptr;
    stream_kafka::ShardLogOptions log;
    stream::LoopOptions loop;
    bool ticks = true;
    telemetry::Metrics* metrics = nullptr;
    std::function<Instant()> wall_now;
    std::function<void(std::int32_t partition, Instant at)> append_tick;
    std::function<void(std::int32_t partition, std::string bytes)> effect;
    std::function<bool()> confirmed;  // The group still counts on us.
    std::function<void()> news;       // Something was committed.
  };

  KafkaShardWorker(const Setting& setting, std::int32_t partition);
  ~KafkaShardWorker();  // Stops.
  KafkaShardWorker(const KafkaShardWorker&) = delete;
  KafkaShardWorker& operator=(const KafkaShardWorker&) = delete;

  void RequestStop();  // Returns at once; the destructor waits. Any thread.

  [[nodiscard]] std::int32_t partition() const { return partition_; }
  [[nodiscard]] const ShardProgress& progress() const { return progress_; }
  // kUnavailable while it is being restored.
  [[nodiscard]] Result<std::unique_ptr<stream::Snapshot>> TakeSnapshot() const;
  [[nodiscard]] std::vector<std::int64_t> OutputEnds() const;
  // How far each input was taken, for lag tools; seconds old at most, empty until it runs.
  [[nodiscard]] std::vector<std::int64_t> Passed() const;
  // How long it has stood still although input waits.
  [[nodiscard]] Duration Stalled() const;

 private:
  void Run();
  [[nodiscard]] Result<void> RunSession();
  [[nodiscard]] Result<void> RunLoop(stream::ShardLoop& loop, stream_kafka::KafkaShardLog& log,
                                     const stream_rocksdb::LocalStore& store);
  // How long nothing is due, `longest` at most.
  [[nodiscard]] Result<Duration> Tick(stream::ShardLoop& loop, Duration longest);
  void Measure(const stream::StepResult& step, double seconds);
  void MeasureSometimes(stream_kafka::KafkaShardLog& log, stream::ShardLoop& loop,
                        const stream_rocksdb::LocalStore& store);
  void MeasureLog(stream_kafka::KafkaShardLog& log, const stream::Meta& meta);
  void MeasureStore(stream::ShardLoop& loop, const stream_rocksdb::LocalStore& store);
  void Progressed(stream::StepResult& step, const stream::ShardLoop& loop, std::chrono::steady_clock::time_point begun);
  void WaitStopped(std::chrono::steady_clock::time_point until);

  const Setting& setting_;
  const std::int32_t partition_;
  ShardProgress progress_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> last_alive_ms_{0};  // Steady clock; when it last progressed or had nothing to do.
  std::optional<Instant> ticked_at_;
  std::chrono::steady_clock::time_point measured_at_{};
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  std::shared_ptr<stream_rocksdb::LocalStore> store_;  // While a session runs.
  stream_kafka::KafkaShardLog* log_ = nullptr;
  std::vector<std::int64_t> passed_;
  std::thread thread_;
};

}  // namespace mainstay::app
