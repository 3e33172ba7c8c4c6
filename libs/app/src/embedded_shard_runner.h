// One shard of the embedded system: its database, its services' loops, and what waits to be done.
#pragma once

#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/app/ports.h"
#include "mainstay/app/service_module.h"
#include "mainstay/stream/shard_loop.h"
#include "mainstay/stream_rocksdb/shard.h"

namespace mainstay::app {

// One call of Publish, which may touch several shards; the last one to finish answers.
struct PublishCall {
  std::promise<Result<std::vector<Acknowledgement>>> promise;
  std::vector<Publication> publications;
  std::vector<Acknowledgement> acknowledgements;
  Wait wait = Wait::kDurable;
  std::mutex mutex;
  std::size_t shards_left = 0;
  std::optional<Error> error;

  void ShardDone(const Result<void>& result);
};

struct ShardWork {
  std::shared_ptr<PublishCall> call;  // Either a publication ...
  std::vector<std::size_t> indices;   // ... of these records,
  std::optional<Instant> advance_to;  // or a tick to this time (with `call` to answer),
  std::int32_t source = -1;           // or records from another shard,
  std::vector<stream_rocksdb::Outbound> delivered;
  std::optional<std::uint64_t> acknowledged;  // or what `source` has of ours.
};

class EmbeddedShardRunner {
 public:
  struct Links {  // To the rest of the system; called from the worker thread.
    std::function<Instant()> wall_now;
    std::function<void(std::int32_t destination, ShardWork work)> send;
    std::function<void(std::size_t module, std::int32_t partition, std::string bytes)> effect;
    std::function<void(std::int64_t stream_time_ms)> time_moved;
  };

  EmbeddedShardRunner(std::unique_ptr<stream_rocksdb::EmbeddedShard> shard, std::int32_t partition,
                      std::int32_t partitions, const std::vector<ServiceModule>& modules, Links links);

  // Any thread. The caller wakes the worker.
  void Enqueue(ShardWork work);

  // Worker thread: does everything that waits, once; `wall_clock` appends ticks. True if there was something.
  [[nodiscard]] Result<bool> RunOnce(bool wall_clock);
  // When a tick is needed next.
  [[nodiscard]] Result<std::optional<Instant>> NextTimerAt();
  // Answers everything that still waits with `error`.
  void FailWaiting(const Error& error);

  [[nodiscard]] stream_rocksdb::EmbeddedShard& shard() { return *shard_; }
  [[nodiscard]] const stream_rocksdb::EmbeddedShard& shard() const { return *shard_; }

 private:
  struct ServiceRun {
    const ServiceModule* module = nullptr;
    std::unique_ptr<stream_rocksdb::EmbeddedShardLog> log;
    std::unique_ptr<stream::ShardLoop> loop;
  };
  using Awaited = std::map<std::pair<std::string, std::int64_t>, Acknowledgement*>;

  [[nodiscard]] Result<void> AppendPublications(std::deque<ShardWork>& work, Awaited& awaited);
  [[nodiscard]] Result<void> TakeDeliveries(std::deque<ShardWork>& work);
  [[nodiscard]] Result<bool> RunServices(Awaited& awaited);
  [[nodiscard]] Result<bool> RunService(ServiceRun& run, Awaited& awaited);
  [[nodiscard]] Result<bool> AppendTicks();
  [[nodiscard]] Result<void> SendOutbox();
  [[nodiscard]] Result<bool> Work(std::deque<ShardWork>& work, bool wall_clock);

  std::unique_ptr<stream_rocksdb::EmbeddedShard> shard_;
  const std::int32_t partition_;
  Links links_;
  std::vector<ServiceRun> services_;
  std::map<std::int32_t, std::uint64_t> sent_;  // Up to which sequence each shard was sent our outbox.
  std::mutex mutex_;
  std::deque<ShardWork> waiting_;
};

}  // namespace mainstay::app
