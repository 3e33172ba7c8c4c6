// A seeded world: clients that send, retry and lose answers; shards that crash, are fenced, taken over and held up.
// Then the faults heal, everything comes to rest, and the checker judges what is there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "debug_processor.h"
#include "mainstay/base/random.h"
#include "mainstay/stream_sim/broker.h"
#include "mainstay/stream_sim/task_driver.h"
#include "verify.h"

namespace mainstay::simulation {

struct WorldOptions {
  int steps = 600;
  std::int32_t partitions = 2;
  std::uint64_t fault_percent = 25;  // Of all commits.
  stream_sim::Mutations mutations;
  Flaws flaws;
};

// What went wrong and what was reached, over all shards.
struct WorldReport {
  std::vector<std::string> violations;
  Probes probes;
  std::map<stream_sim::CommitFault, int> faults;
  std::size_t crashes = 0;
  std::size_t disks_lost = 0;
  std::size_t takeovers = 0;
  std::size_t fenced = 0;     // Old owners that woke up and committed nothing.
  std::size_t waits = 0;      // Steps that waited for a slow topic.
  std::size_t left_open = 0;  // Steps whose batch was left to the next one.
  int answers = 0;
  int killed = 0;  // Processes that a request ended.
};

[[nodiscard]] WorldReport RunWorld(std::uint64_t seed, const WorldOptions& options);

// What a shard left behind, for the checker.
[[nodiscard]] ShardEvidence CollectEvidence(const stream_sim::SimBroker& broker, stream_sim::SimStore& store,
                                            std::int32_t partition);

}  // namespace mainstay::simulation
