// SimShardLog: one service's shard on a SimBroker, with its changelog (state, timers, dedup and META) on it too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"
#include "mainstay/stream_sim/broker.h"
#include "mainstay/stream_sim/faults.h"

namespace mainstay::stream_sim {

class SimShardLog final : public stream::ShardLog {
 public:
  // All outlive it.
  SimShardLog(SimBroker& broker, const stream::Topology& topology, std::int32_t partition, Faults& faults,
              const Mutations& mutations);

  // Works with any Store. kDataLoss: the store is ahead of the changelog.
  Result<stream::Meta> Acquire(stream::Store& store) override;
  Result<void> Read(stream::TopicId topic, std::int64_t offset, std::size_t max,
                    std::vector<stream::Record>& out) override;
  Result<std::int64_t> End(stream::TopicId topic) override;
  stream::Outcome Commit(const stream::CommitBatch& batch) override;

 private:
  [[nodiscard]] std::vector<Write> Writes(const stream::CommitBatch& batch) const;
  [[nodiscard]] Write MetaWrite(const stream::Meta& meta) const;
  [[nodiscard]] bool Transact(const std::vector<Write>& writes, SimBroker::End end);
  [[nodiscard]] stream::Outcome CommitInTwo(const stream::CommitBatch& batch, CommitFault fault);
  stream::Outcome Die();

  SimBroker& broker_;
  const stream::Topology& topology_;
  const std::int32_t partition_;
  Faults& faults_;
  const Mutations& mutations_;
  const std::string changelog_;
  const std::string id_;
  std::uint64_t epoch_ = 0;
  stream::Store* store_ = nullptr;  // Of the last Acquire; only for a mutation.
};

}  // namespace mainstay::stream_sim
