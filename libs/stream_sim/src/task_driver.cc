#include "mainstay/stream_sim/task_driver.h"

#include <utility>

namespace mainstay::stream_sim {

TaskDriver::TaskDriver(SimBroker& broker, const stream::Topology& topology, stream::ProcessorFactory factory,
                       DriverOptions options)
    : broker_(broker), topology_(topology), factory_(std::move(factory)), options_(std::move(options)) {
  for (std::int32_t p = 0; p < broker_.partitions(); ++p) processes_.push_back(MakeProcess(p));
}

TaskDriver::~TaskDriver() = default;

std::unique_ptr<TaskDriver::Process> TaskDriver::MakeProcess(std::int32_t partition) {
  auto process = std::make_unique<Process>(options_.mutations);
  Start(partition, *process);
  return process;
}

void TaskDriver::Start(std::int32_t partition, Process& process) {
  process.loop.reset();
  process.faults.dead = false;
  process.faults.at_apply = CommitFault::kNone;
  if (options_.fault) process.faults.at_commit = [this, partition] { return options_.fault(partition); };
  process.log = std::make_unique<SimShardLog>(broker_, topology_, partition, process.faults, options_.mutations);
  const auto sink = [this](std::int32_t p, std::string bytes) { effects_.emplace_back(p, std::move(bytes)); };
  process.loop =
      std::make_unique<stream::ShardLoop>(topology_, partition, broker_.partitions(), *process.log, process.store,
                                          factory_(partition, broker_.partitions()), sink, options_.loop);
}

void TaskDriver::Crash(std::int32_t partition, Loss loss) {
  Process& process = *processes_.at(Index(partition));
  ++crashes_;
  if (loss == Loss::kPower) process.store.LosePower(0);
  if (loss == Loss::kDisk) process.store.LoseDisk();
  Start(partition, process);
}

void TaskDriver::TakeOver(std::int32_t partition) {
  zombies_.push_back(std::exchange(processes_.at(Index(partition)), MakeProcess(partition)));
}

std::size_t TaskDriver::StepZombies() {
  std::size_t committed = 0;
  for (const auto& zombie : zombies_) {
    stepping_ = zombie.get();
    for (int i = 0; i < 3; ++i) {
      const auto step = zombie->loop->Step(wall_);
      if (step && step->progressed) ++committed;
    }
  }
  zombies_.clear();
  return committed;
}

Result<stream::StepResult> TaskDriver::Step(std::int32_t partition, std::size_t worth_committing) {
  Process& process = *processes_.at(Index(partition));
  stepping_ = &process;
  auto step = process.loop->Step(wall_, worth_committing);
  if (!step) {
    if (!process.faults.dead) return step;
    Crash(partition, options_.loss ? options_.loss() : Loss::kProcess);
    stream::StepResult died;
    died.dropped = true;
    return died;
  }
  if (step->dropped) ++dropped_;
  if (step->progressed) ++commits_;
  if (options_.processed) {
    for (const stream::ProcessedRecord& record : step->processed) options_.processed(partition, record);
  }
  return step;
}

Result<void> TaskDriver::RunUntilIdle(std::size_t limit) {
  for (std::size_t round = 0; round < limit; ++round) {
    bool moved = false;
    for (std::int32_t p = 0; p < broker_.partitions(); ++p) {
      MAINSTAY_TRY_ASSIGN(step, Step(p));
      if (step.released) loop(p).Reacquire();
      moved = moved || step.progressed || step.dropped || step.released;
    }
    if (!moved) return {};
  }
  return Fail(ErrorCode::kInternal, topology_.service + " did not come to rest");
}

Result<void> TaskDriver::TickTo(Instant at) {
  for (std::int32_t p = 0; p < broker_.partitions(); ++p) {
    MAINSTAY_TRY_ASSIGN(next, loop(p).NextTimerAt());
    if (!next || *next > at) continue;
    broker_.Append({topology_.inputs.at(topology_.internal), p, ToMs(at), std::string(stream::kTickKey), ""});
  }
  return {};
}

}  // namespace mainstay::stream_sim
