#include "mainstay/app/embedded_system.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "embedded_shard_runner.h"
#include "embedded_worker.h"
#include "mainstay/app/wall_clock.h"
#include "mainstay/base/check.h"
#include "mainstay/base/hash.h"
#include "mainstay/stream_rocksdb/directory.h"

namespace mainstay::app {
namespace {

namespace rdb = stream_rocksdb;

}  // namespace

class EmbeddedSystem::Impl {
 public:
  explicit Impl(std::vector<ServiceModule> modules) : modules_(std::move(modules)), memory_(rdb::Memory{}) {}

  Result<void> Open(const EmbeddedOptions& options, const System& system);
  void MakeWorkers(unsigned workers);  // Before anything can be sent to a shard.
  Result<void> StartWorkers();
  Result<void> Stop();
  void ShutDownDoors();
  void Send(std::int32_t partition, ShardWork work);
  void Fail(const Error& error);
  std::future<Result<std::vector<Acknowledgement>>> Submit(const std::shared_ptr<PublishCall>& call,
                                                           std::map<std::int32_t, ShardWork> work);

  const std::vector<ServiceModule> modules_;
  // Before the doors, whose last streams still wait for news when they are destroyed.
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  std::uint64_t news_count_ = 1;
  std::optional<Error> failure_;

  rdb::SharedMemory memory_;
  std::unique_ptr<rdb::EmbeddedDirectory> directory_;
  std::vector<std::unique_ptr<EmbeddedShardRunner>> shards_;
  std::vector<std::unique_ptr<Doors>> doors_;
  std::vector<std::unique_ptr<EmbeddedWorker>> workers_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> wall_clock_{true};
  std::atomic<std::int64_t> stream_time_ms_{INT64_MIN};
  std::once_flag doors_down_;
};

Result<void> EmbeddedSystem::Impl::Open(const EmbeddedOptions& options, const System& system) {
  rdb::DirectoryOptions directory;
  directory.new_clock = options.new_with_data_clock ? rdb::Clock::kData : rdb::Clock::kWall;
  directory.create = options.create;
  directory.now = WallNow();
  MAINSTAY_TRY_ASSIGN(opened, rdb::EmbeddedDirectory::Open(options.directory, directory));
  directory_ = std::move(opened);
  wall_clock_ = directory_->clock() == rdb::Clock::kWall;
  MakeWorkers(options.workers);
  for (const ServiceModule& module : modules_) doors_.push_back(module.make_doors(system));
  EmbeddedShardRunner::Links links;
  links.wall_now = WallNow;
  links.send = [this](std::int32_t partition, ShardWork work) { Send(partition, std::move(work)); };
  links.effect = [this](std::size_t module, std::int32_t partition, std::string bytes) {
    doors_[module]->OnEffect(partition, std::move(bytes));
  };
  links.time_moved = [this](std::int64_t ms) {
    std::int64_t seen = stream_time_ms_;
    while (ms > seen && !stream_time_ms_.compare_exchange_weak(seen, ms)) {
    }
  };
  MAINSTAY_TRY_ASSIGN(shards, rdb::EmbeddedShard::OpenAll(*directory_, memory_));
  for (auto& shard : shards) {
    const std::int32_t p = shard->partition();
    shards_.push_back(
        std::make_unique<EmbeddedShardRunner>(std::move(shard), p, directory_->partitions(), modules_, links));
  }
  return {};
}

void EmbeddedSystem::Impl::MakeWorkers(unsigned count) {
  if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
  count = std::min(count, static_cast<unsigned>(directory_->partitions()));
  EmbeddedWorker::Links links;
  links.news = [this] {
    {
      const std::lock_guard lock(mutex_);
      ++news_count_;
    }
    news_.notify_all();
  };
  links.failed = [this](const Error& error) { Fail(error); };
  for (unsigned w = 0; w < count; ++w) workers_.push_back(std::make_unique<EmbeddedWorker>(wall_clock_, links));
}

Result<void> EmbeddedSystem::Impl::StartWorkers() {
  for (std::size_t s = 0; s < shards_.size(); ++s) workers_[s % workers_.size()]->Serve(*shards_[s]);
  // Every shard takes what its log already holds before anybody may ask.
  for (auto& shard : shards_) MAINSTAY_TRY(shard->CatchUp(wall_clock_));
  for (auto& worker : workers_) worker->Start();
  return {};
}

void EmbeddedSystem::Impl::Send(std::int32_t partition, ShardWork work) {
  const auto shard = static_cast<std::size_t>(partition);
  shards_[shard]->Enqueue(std::move(work));
  workers_[shard % workers_.size()]->Wake();
}

void EmbeddedSystem::Impl::Fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = error;
  }
  for (auto& shard : shards_) shard->FailWaiting(error);
  news_.notify_all();
}

std::future<Result<std::vector<Acknowledgement>>> EmbeddedSystem::Impl::Submit(const std::shared_ptr<PublishCall>& call,
                                                                               std::map<std::int32_t, ShardWork> work) {
  auto future = call->promise.get_future();
  call->acknowledgements.resize(call->publications.size());
  call->shards_left = work.size();
  std::optional<Error> failure;
  {
    const std::lock_guard lock(mutex_);
    failure = failure_;
  }
  if (stopping_ && !failure) failure = Error{ErrorCode::kUnavailable, Recovery::kRetry, "the system is stopping", {}};
  if (failure || work.empty()) {
    if (failure) {
      call->promise.set_value(tl::unexpected(*failure));
    } else {
      call->promise.set_value(std::vector<Acknowledgement>{});
    }
    return future;
  }
  for (auto& [partition, item] : work) Send(partition, std::move(item));
  return future;
}

void EmbeddedSystem::Impl::ShutDownDoors() {
  std::call_once(doors_down_, [this] {
    for (auto& doors : doors_) doors->Shutdown();
  });
}

Result<void> EmbeddedSystem::Impl::Stop() {
  ShutDownDoors();
  stopping_ = true;
  news_.notify_all();
  for (auto& worker : workers_) worker->Stop();
  for (auto& shard : shards_) {
    shard->FailWaiting({ErrorCode::kUnavailable, Recovery::kRetry, "the system is stopping", {}});
  }
  if (failure_) return tl::unexpected(*failure_);
  return {};
}

Result<std::unique_ptr<EmbeddedSystem>> EmbeddedSystem::Start(const EmbeddedOptions& options,
                                                              std::vector<ServiceModule> modules) {
  auto system = std::unique_ptr<EmbeddedSystem>(new EmbeddedSystem(std::make_unique<Impl>(std::move(modules))));
  EmbeddedSystem* self = system.get();
  MAINSTAY_TRY(self->impl_->Open(options, {self, self, self, self}));
  MAINSTAY_TRY(self->impl_->StartWorkers());
  return system;
}

EmbeddedSystem::EmbeddedSystem(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

EmbeddedSystem::~EmbeddedSystem() {
  if (impl_) (void)impl_->Stop();
}

std::vector<grpc::Service*> EmbeddedSystem::services() {
  std::vector<grpc::Service*> all;
  for (auto& doors : impl_->doors_) {
    for (grpc::Service* service : doors->services()) all.push_back(service);
  }
  return all;
}

void EmbeddedSystem::ShutDownDoors() { impl_->ShutDownDoors(); }

Result<void> EmbeddedSystem::Stop() { return impl_->Stop(); }

std::optional<Error> EmbeddedSystem::failure() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->failure_;
}

std::int32_t EmbeddedSystem::partitions() const { return impl_->directory_->partitions(); }

Result<std::unique_ptr<stream::Snapshot>> EmbeddedSystem::ReadShard(std::string_view service,
                                                                    std::int32_t partition) const {
  return impl_->shards_[static_cast<std::size_t>(partition)]->shard().TakeSnapshot(service);
}

Instant EmbeddedSystem::Now() const {
  if (impl_->wall_clock_) return WallNow();
  const std::optional<Instant> time = StreamTime();
  return time ? *time : WallNow();
}

std::future<Result<std::vector<Acknowledgement>>> EmbeddedSystem::Publish(std::vector<Publication> publications,
                                                                          Wait wait) {
  auto call = std::make_shared<PublishCall>();
  call->wait = wait;
  std::map<std::int32_t, ShardWork> work;
  const Instant now = WallNow();
  for (std::size_t i = 0; i < publications.size(); ++i) {
    Publication& publication = publications[i];
    if (impl_->wall_clock_) publication.event_time = now;  // The ingest time is the clock at the door.
    const std::int32_t partition =
        publication.partition ? *publication.partition : PartitionOf(publication.book, partitions());
    ShardWork& item = work[partition];
    item.call = call;
    item.indices.push_back(i);
  }
  call->publications = std::move(publications);
  return impl_->Submit(call, std::move(work));
}

Result<std::vector<stream::Record>> EmbeddedSystem::Read(const std::string& topic, std::int32_t partition,
                                                         std::int64_t offset, std::size_t max) const {
  return impl_->shards_[static_cast<std::size_t>(partition)]->shard().ReadTopic(topic, offset, max);
}

Result<std::int64_t> EmbeddedSystem::End(const std::string& topic, std::int32_t partition) const {
  return impl_->shards_[static_cast<std::size_t>(partition)]->shard().DurableEnd(topic);
}

std::uint64_t EmbeddedSystem::AwaitNews(std::uint64_t seen, Duration timeout) const {
  std::unique_lock lock(impl_->mutex_);
  impl_->news_.wait_for(lock, timeout, [&] { return impl_->news_count_ != seen || impl_->stopping_; });
  return impl_->news_count_;
}

std::string EmbeddedSystem::ClockName() const { return impl_->wall_clock_ ? "wall" : "data"; }

std::optional<Instant> EmbeddedSystem::StreamTime() const {
  const std::int64_t ms = impl_->stream_time_ms_;
  if (ms == INT64_MIN) return std::nullopt;
  return FromMs(ms);
}

Result<void> EmbeddedSystem::AdvanceTo(Instant until) {
  if (impl_->wall_clock_) {
    return Fail(ErrorCode::kFailedPrecondition, "this directory runs on the wall clock, which nobody can move");
  }
  auto call = std::make_shared<PublishCall>();
  std::map<std::int32_t, ShardWork> work;
  for (std::int32_t p = 0; p < partitions(); ++p) {
    work[p].call = call;
    work[p].advance_to = until;
  }
  MAINSTAY_TRY(impl_->Submit(call, std::move(work)).get());
  return {};
}

Result<void> EmbeddedSystem::SwitchToWall() {
  if (impl_->wall_clock_) return {};
  MAINSTAY_TRY(impl_->directory_->SwitchToWall());
  impl_->wall_clock_ = true;
  for (std::int32_t p = 0; p < partitions(); ++p) impl_->Send(p, {});
  return {};
}

}  // namespace mainstay::app
