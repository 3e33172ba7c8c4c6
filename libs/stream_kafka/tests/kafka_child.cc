// A process that runs one shard of the counting service until it is killed or has nothing left to do.
//   kafka_child BROKERS PREFIX STORE_DIRECTORY UNTIL_OFFSET
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "counting_processor.h"
#include "counting_topology.h"
#include "mainstay/stream/shard_loop.h"
#include "mainstay/stream_kafka/kafka_cluster.h"
#include "mainstay/stream_kafka/kafka_shard_log.h"
#include "mainstay/stream_rocksdb/local_store.h"
#include "mainstay/stream_rocksdb/shared_memory.h"

namespace mainstay::stream_kafka {
namespace {

// 0: took everything. 3: another owner came. 1: refused.
Result<int> Run(const ClusterSettings& settings, const std::string& directory, std::int64_t until) {
  const stream::Topology topology = CountingTopology(settings.installation);
  const stream_rocksdb::SharedMemory memory;
  MAINSTAY_TRY_ASSIGN(cluster, KafkaCluster::Open(settings));
  MAINSTAY_TRY_ASSIGN(store, stream_rocksdb::LocalStore::Open(directory, settings.installation, memory));
  KafkaShardLog log(*cluster, topology, 0);
  // Small transactions, so that a kill finds every stage of them.
  stream::LoopOptions options;
  options.max_records_per_commit = 20;
  stream::ShardLoop loop(topology, 0, 1, log, *store, std::make_unique<CountingProcessor>(), {}, options);
  for (;;) {
    const auto step = loop.Step(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
    if (!step) {
      if (step.error().code != ErrorCode::kUnavailable) return tl::unexpected(step.error());
      loop.Reacquire();
      continue;
    }
    if (step->released) return 3;
    if (!loop.meta().positions.empty() && loop.meta().positions[0] >= until) return 0;
    if (!step->progressed) log.AwaitInput(Duration{50});
  }
}

}  // namespace
}  // namespace mainstay::stream_kafka

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  mainstay::stream_kafka::ClusterSettings settings;
  settings.brokers = argv[1];
  settings.installation = argv[2];
  const auto code = mainstay::stream_kafka::Run(settings, argv[3], std::atoll(argv[4]));
  if (!code) std::fprintf(stderr, "%s\n", code.error().message.c_str());
  return code ? *code : 1;
}
