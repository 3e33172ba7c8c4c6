// TaskDriver: runs the real ShardLoop of one service over a SimBroker, one process per partition, and lets them die.
//
// Everything happens inside Step calls, in an order the test chooses: same calls, same faults, same result.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/processor.h"
#include "mainstay/stream/shard_loop.h"
#include "mainstay/stream_sim/broker.h"
#include "mainstay/stream_sim/faults.h"
#include "mainstay/stream_sim/shard_log.h"
#include "mainstay/stream_sim/store.h"

namespace mainstay::stream_sim {

// What a crash leaves of the local state.
enum class Loss : std::uint8_t { kProcess, kPower, kDisk };

struct DriverOptions {
  stream::LoopOptions loop;
  Mutations mutations;
  // Asked at each commit of a partition; empty: no faults.
  std::function<CommitFault(std::int32_t partition)> fault;
  // What a crash takes with it; empty: the process only. With kPower, every batch since the last Sync.
  std::function<Loss()> loss;
  // Each committed input record, as a waiting publisher would hear of it.
  std::function<void(std::int32_t partition, const stream::ProcessedRecord&)> processed;
};

class TaskDriver {
 public:
  // The broker and the topology outlive it.
  TaskDriver(SimBroker& broker, const stream::Topology& topology, stream::ProcessorFactory factory,
             DriverOptions options);
  ~TaskDriver();

  // One Step of one partition, `worth_committing` as in ShardLoop. A process that died is started again by the next
  // call. An error is one the loop gave while alive: the shard stopped.
  [[nodiscard]] Result<stream::StepResult> Step(std::int32_t partition, std::size_t worth_committing = 0);
  // Steps all partitions in turn until none moves; a fenced one takes its shard back. kInternal after `limit` rounds.
  [[nodiscard]] Result<void> RunUntilIdle(std::size_t limit = 100'000);
  // Appends a tick of time `at` to the internal topic of each shard whose earliest timer is due by then.
  [[nodiscard]] Result<void> TickTo(Instant at);

  // The process dies now.
  void Crash(std::int32_t partition, Loss loss);
  // For processors to call: the process dies in the middle of what it is doing. The next Step starts it again.
  void KillSelf() { stepping_->faults.dead = true; }
  // Another machine takes the shard over, with an empty disk; the old owner freezes until StepZombies.
  void TakeOver(std::int32_t partition);
  // The frozen owners wake up, go on for a few steps and are gone. Returns how many transactions they committed: none,
  // unless one had yet to acquire its shard and so rightly took it back.
  [[nodiscard]] std::size_t StepZombies();

  [[nodiscard]] SimStore& store(std::int32_t partition) { return processes_.at(Index(partition))->store; }
  [[nodiscard]] stream::ShardLoop& loop(std::int32_t partition) { return *processes_.at(Index(partition))->loop; }
  [[nodiscard]] const std::vector<std::pair<std::int32_t, std::string>>& effects() const { return effects_; }
  [[nodiscard]] std::size_t crashes() const { return crashes_; }
  [[nodiscard]] std::size_t dropped() const { return dropped_; }
  [[nodiscard]] std::size_t commits() const { return commits_; }
  void set_wall(Instant wall) { wall_ = wall; }

 private:
  struct Process {
    explicit Process(const Mutations& mutations) : store(faults, mutations) {}
    Faults faults;
    SimStore store;
    std::unique_ptr<SimShardLog> log;
    std::unique_ptr<stream::ShardLoop> loop;
  };
  static std::size_t Index(std::int32_t partition) { return static_cast<std::size_t>(partition); }
  [[nodiscard]] std::unique_ptr<Process> MakeProcess(std::int32_t partition);
  void Start(std::int32_t partition, Process& process);

  SimBroker& broker_;
  const stream::Topology& topology_;
  stream::ProcessorFactory factory_;
  const DriverOptions options_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::unique_ptr<Process>> zombies_;
  Process* stepping_ = nullptr;
  std::vector<std::pair<std::int32_t, std::string>> effects_;
  std::size_t crashes_ = 0;
  std::size_t dropped_ = 0;
  std::size_t commits_ = 0;
  Instant wall_{};
};

}  // namespace mainstay::stream_sim
