// One shard of the embedded system: its database, its services' loops, and what waits to be done.
//
// Work goes through in chunks. The first service may take a chunk while the others still have the one before in their
// hands: they see the topics it and the doors write only up to where their chunk ends, so each service meets the same
// records in the same order as if the chunks went through one by one.
#pragma once

#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
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
  struct Links {  // To the rest of the system; called from the shard's two threads.
    std::function<Instant()> wall_now;
    std::function<void(std::int32_t destination, ShardWork work)> send;
    std::function<void(std::size_t module, std::int32_t partition, std::string bytes)> effect;
    std::function<void(std::int64_t stream_time_ms)> time_moved;
  };
  using Awaited = std::map<std::pair<std::string, std::int64_t>, Acknowledgement*>;
  struct Chunk {  // What was appended at once.
    std::deque<ShardWork> work;
    Awaited awaited;
    stream_rocksdb::TopicEnds ends;  // As far as the services behind may look.
  };

  // `modules` in the order in which events flow.
  EmbeddedShardRunner(std::unique_ptr<stream_rocksdb::EmbeddedShard> shard, std::int32_t partition,
                      std::int32_t partitions, const std::vector<ServiceModule>& modules, Links links);

  // Any thread. The caller wakes the worker.
  void Enqueue(ShardWork work);
  // Answers everything that still waits with `error`. Any thread.
  void FailWaiting(const Error& error);

  // Front thread. Appends everything that waits, and the ticks that are due if `wall_clock`, and lets the first service
  // take it. Nothing if there is nothing, or if it has to be tried again after the next Finish: when two chunks are
  // unfinished, or one and the services behind could see the new one too early. An error has been told to the callers.
  [[nodiscard]] Result<std::optional<Chunk>> Begin(bool wall_clock);
  // When a tick is needed next; nothing while a chunk is unfinished.
  [[nodiscard]] Result<std::optional<Instant>> NextTimerAt();

  // Rear thread, in the order of Begin. Lets the other services take the chunk, makes everything durable and answers.
  [[nodiscard]] Result<void> Finish(Chunk chunk);

  // Before the two threads start: everything that the log already holds.
  [[nodiscard]] Result<void> CatchUp(bool wall_clock);

  [[nodiscard]] stream_rocksdb::EmbeddedShard& shard() { return *shard_; }
  [[nodiscard]] const stream_rocksdb::EmbeddedShard& shard() const { return *shard_; }

 private:
  struct ServiceRun {
    const ServiceModule* module = nullptr;
    std::unique_ptr<stream_rocksdb::EmbeddedShardLog> log;
    std::unique_ptr<stream::ShardLoop> loop;
  };

  [[nodiscard]] std::span<ServiceRun> Ahead() { return std::span(services_).first(ahead_); }
  [[nodiscard]] std::span<ServiceRun> Behind() { return std::span(services_).subspan(ahead_); }
  void DivideServices();
  // Whether the services behind can be kept from seeing any of it too early: not on topics of their own.
  [[nodiscard]] bool MayRunAhead(const std::deque<ShardWork>& work) const;
  [[nodiscard]] bool MayBegin() const;  // Under mutex_.
  static void Answer(const Chunk& chunk, const Result<void>& result);

  [[nodiscard]] Result<bool> BeginServices(Chunk& chunk, bool tick);
  [[nodiscard]] Result<void> AppendPublications(Chunk& chunk);
  [[nodiscard]] Result<void> TakeDeliveries(const std::deque<ShardWork>& work);
  [[nodiscard]] Result<bool> RunServices(std::span<ServiceRun> services, Awaited& awaited);
  [[nodiscard]] Result<bool> RunService(ServiceRun& run, Awaited& awaited);
  [[nodiscard]] Result<bool> AppendTicks();
  [[nodiscard]] Result<void> SendOutbox();
  void SendReceipts(const std::deque<ShardWork>& work);
  [[nodiscard]] Result<void> FinishServices(Chunk& chunk);

  std::unique_ptr<stream_rocksdb::EmbeddedShard> shard_;
  const std::int32_t partition_;
  Links links_;
  std::vector<ServiceRun> services_;
  std::size_t ahead_ = 0;                       // How many of them run ahead.
  std::set<std::string, std::less<>> own_;      // Topics that services behind write.
  std::set<std::string, std::less<>> handed_;   // Topics that they only read.
  std::map<std::int32_t, std::uint64_t> sent_;  // Up to which sequence each shard was sent our outbox.
  std::mutex mutex_;
  std::deque<ShardWork> waiting_;
  std::size_t unfinished_ = 0;
};

}  // namespace mainstay::app
