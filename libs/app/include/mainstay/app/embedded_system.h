// The whole system in one process, without a broker: every shard of every service over one data directory.
//
// One worker thread per core, each with its share of the shards. For each shard a worker appends what was published,
// runs the services in line order until none has input, moves records to other shards, syncs, and only then
// answers publishers. With the wall clock it also appends the ticks that let timers fire in an idle system.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/app/ports.h"
#include "mainstay/app/service_module.h"
#include "mainstay/base/result.h"

namespace mainstay::app {

struct EmbeddedOptions {
  std::filesystem::path directory;
  bool new_with_data_clock = false;  // Of a directory that does not exist yet: `data` instead of `wall`.
  bool create = true;                // Else a missing directory is an error.
  unsigned workers = 0;              // 0: one per core, at most one per shard.
};

class EmbeddedSystem final : public StateReader, public Publisher, public LogReader, public ClockControl {
 public:
  // Opens the directory and brings every shard to the end of its log. `modules` in line order.
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedSystem>> Start(const EmbeddedOptions& options,
                                                                     std::vector<ServiceModule> modules);
  ~EmbeddedSystem() override;
  EmbeddedSystem(const EmbeddedSystem&) = delete;
  EmbeddedSystem& operator=(const EmbeddedSystem&) = delete;

  // Of all modules' doors, for one server.
  [[nodiscard]] std::vector<grpc::Service*> services();
  // Ends streams and senders: call before shutting the server down.
  void ShutDownDoors();
  // Finishes what was accepted and closes the files. Nothing may be published afterwards. Idempotent.
  [[nodiscard]] Result<void> Stop();
  // Why a shard stopped (disk full ...); nullopt while all is well. Publishing fails from then on.
  [[nodiscard]] std::optional<Error> failure() const;

  std::int32_t partitions() const override;
  Result<std::unique_ptr<stream::Snapshot>> ReadShard(std::string_view service, std::int32_t partition) const override;
  Instant Now() const override;
  std::future<Result<std::vector<Acknowledgement>>> Publish(std::vector<Publication> publications, Wait wait) override;
  Result<std::vector<stream::Record>> Read(const std::string& topic, std::int32_t partition, std::int64_t offset,
                                           std::size_t max) const override;
  Result<std::int64_t> End(const std::string& topic, std::int32_t partition) const override;
  std::uint64_t AwaitNews(std::uint64_t seen, Duration timeout) const override;
  std::string ClockName() const override;
  std::optional<Instant> StreamTime() const override;
  Result<void> AdvanceTo(Instant until) override;
  Result<void> SwitchToWall() override;

 private:
  class Impl;
  explicit EmbeddedSystem(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mainstay::app
