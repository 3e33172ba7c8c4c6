// What is inside KafkaCluster.
#pragma once

#include <memory>
#include <mutex>

#include "client_config.h"
#include "handles.h"
#include "mainstay/stream_kafka/kafka_cluster.h"

namespace mainstay::stream_kafka {

struct ClusterParts {
  ClusterParts(const ClusterSettings& cluster, const ClusterMemory& budget)
      : settings(cluster), memory(budget), log(cluster.log) {}

  const ClusterSettings settings;
  const ClusterMemory memory;
  ClientLog log;
  ClientHandle data;     // read_committed: the inputs of all shards.
  ClientHandle offsets;  // read_uncommitted: asked for high watermarks, metadata, groups. Reads nothing.

  // The consumer that restores; made when first needed, gone when nobody restores, with what it had queued.
  [[nodiscard]] Result<std::shared_ptr<rd_kafka_t>> Restorer();

 private:
  std::mutex mutex_;
  std::weak_ptr<rd_kafka_t> restorer_;
};

}  // namespace mainstay::stream_kafka
