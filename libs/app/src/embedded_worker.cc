#include "embedded_worker.h"

#include <algorithm>

#include "mainstay/app/wall_clock.h"

namespace mainstay::app {
namespace {

constexpr Duration kLongestWait = std::chrono::minutes{1};

}  // namespace

EmbeddedWorker::EmbeddedWorker(const std::atomic<bool>& wall_clock, Links links)
    : wall_clock_(wall_clock), links_(std::move(links)) {}

EmbeddedWorker::~EmbeddedWorker() { Stop(); }

void EmbeddedWorker::Serve(EmbeddedShardRunner& shard) { shards_.push_back(&shard); }

void EmbeddedWorker::Start() {
  front_ = std::thread([this] { RunFront(); });
  rear_ = std::thread([this] { RunRear(); });
}

void EmbeddedWorker::Wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  front_wake_.notify_one();
}

void EmbeddedWorker::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  front_wake_.notify_one();
  if (front_.joinable()) front_.join();
  {
    const std::lock_guard lock(mutex_);
    front_ended_ = true;
  }
  rear_wake_.notify_one();
  if (rear_.joinable()) rear_.join();
}

void EmbeddedWorker::RunFront() {
  for (;;) {
    const Instant next = BeginAll();
    std::unique_lock lock(mutex_);
    if (!woken_ && stopping_) return;
    front_wake_.wait_until(lock, next, [&] { return woken_ || stopping_; });
    woken_ = false;
  }
}

Instant EmbeddedWorker::BeginAll() {
  Instant next = WallNow() + kLongestWait;
  for (EmbeddedShardRunner* shard : shards_) {
    const Result<void> begun = BeginOne(*shard, next);
    if (begun) continue;
    links_.failed(begun.error());
    break;
  }
  return next;
}

Result<void> EmbeddedWorker::BeginOne(EmbeddedShardRunner& shard, Instant& next) {
  MAINSTAY_TRY_ASSIGN(chunk, shard.Begin(wall_clock_));
  if (chunk) {
    {
      const std::lock_guard lock(mutex_);
      begun_.emplace_back(&shard, std::move(*chunk));
    }
    rear_wake_.notify_one();
    return {};  // The rear thread wakes this one.
  }
  if (!wall_clock_) return {};
  MAINSTAY_TRY_ASSIGN(timer, shard.NextTimerAt());
  if (timer) next = std::min(next, *timer);
  return {};
}

void EmbeddedWorker::RunRear() {
  for (;;) {
    std::unique_lock lock(mutex_);
    rear_wake_.wait(lock, [&] { return !begun_.empty() || front_ended_; });
    if (begun_.empty()) return;
    auto [shard, chunk] = std::move(begun_.front());
    begun_.pop_front();
    lock.unlock();
    if (const Result<void> finished = shard->Finish(std::move(chunk)); !finished) links_.failed(finished.error());
    links_.news();
    Wake();
  }
}

}  // namespace mainstay::app
