// The two threads that serve some shards of the embedded system: the front one begins chunks of work, the rear one
// finishes them (embedded_shard_runner.h), so that a single book keeps two processors busy.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "embedded_shard_runner.h"

namespace mainstay::app {

class EmbeddedWorker {
 public:
  struct Links {  // To the rest of the system; called from both threads.
    std::function<void()> news;
    std::function<void(const Error& error)> failed;
  };
  // `wall_clock` outlives it: whether ticks are wanted.
  EmbeddedWorker(const std::atomic<bool>& wall_clock, Links links);
  ~EmbeddedWorker();
  EmbeddedWorker(const EmbeddedWorker&) = delete;
  EmbeddedWorker& operator=(const EmbeddedWorker&) = delete;

  void Serve(EmbeddedShardRunner& shard);  // Before Start. It outlives the threads.
  void Start();
  void Wake();  // Any thread: there is work, or the clock has changed.
  void Stop();  // Does what waits, then ends the threads. May be called again.

 private:
  void RunFront();
  void RunRear();
  [[nodiscard]] Instant BeginAll();  // Until when there is nothing to do unless somebody wakes it.
  [[nodiscard]] Result<void> BeginOne(EmbeddedShardRunner& shard, Instant& next);

  const std::atomic<bool>& wall_clock_;
  const Links links_;
  std::vector<EmbeddedShardRunner*> shards_;
  std::mutex mutex_;
  std::condition_variable front_wake_;
  std::condition_variable rear_wake_;
  std::deque<std::pair<EmbeddedShardRunner*, EmbeddedShardRunner::Chunk>> begun_;
  bool woken_ = false;
  bool stopping_ = false;
  bool front_ended_ = false;
  std::thread front_;
  std::thread rear_;
};

}  // namespace mainstay::app
