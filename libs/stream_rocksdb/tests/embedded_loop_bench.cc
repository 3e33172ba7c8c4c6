// How fast one core takes stateful steps: get, put, dedup, timer replaced, one output, per record; batches of up to
// 20,000 records in one write, synced after every batch. Prints; asserts nothing.
//   embedded_loop_bench [records] [keys]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/stream/shard_loop.h"
#include "mainstay/stream_rocksdb/directory.h"
#include "mainstay/stream_rocksdb/shard.h"
#include "mainstay/testing/temporary_directory.h"

namespace mainstay::stream_rocksdb {
namespace {

constexpr stream::TableId kTotals = 1;
constexpr Duration kWeek = std::chrono::hours{24 * 7};

class Totals final : public stream::Processor {
 public:
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override {
    MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({"bench", record.value})));
    if (!first) return {};
    MAINSTAY_TRY_ASSIGN(total, context.Get(kTotals, record.key));
    std::string next = total.value_or(std::string(100, '0'));
    ++next[next.size() - 1 - static_cast<std::size_t>(record.offset % 50)];
    context.Put(kTotals, record.key, next);
    MAINSTAY_TRY(context.SetTimer(1, record.key, context.Now() + kWeek, "due"));
    context.Emit(0, std::string(record.key), std::move(next));
    return {};
  }
  Result<void> OnTimer(stream::Context&, const stream::Timer&) override { return {}; }
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}
};

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

Result<void> FillInput(EmbeddedShard& shard, int records, int keys) {
  std::vector<std::string> texts;
  std::vector<Append> appends;
  for (int i = 0; i < records;) {
    texts.clear();
    appends.clear();
    for (int n = 0; n < 10'000 && i < records; ++n, ++i) {
      texts.push_back("client-" + std::to_string(static_cast<unsigned>(i) * 2654435761U % static_cast<unsigned>(keys)));
      texts.push_back("event-" + std::to_string(i) + std::string(80, '.'));
    }
    for (std::size_t t = 0; t < texts.size(); t += 2) appends.push_back({"in", i, texts[t], texts[t + 1]});
    MAINSTAY_TRY(shard.AppendAll(appends));
  }
  return shard.Sync();
}

Result<void> Run(int records, int keys) {
  const testing::TemporaryDirectory root;
  const SharedMemory memory;
  MAINSTAY_TRY_ASSIGN(directory, EmbeddedDirectory::Open(root.path() / "data", {}));
  MAINSTAY_TRY_ASSIGN(shard, EmbeddedShard::Open(directory->ShardPath(0), 0, memory, directory->installation()));
  stream::Topology topology;
  topology.service = "totals";
  topology.inputs = {"in", "totals.internal"};
  topology.outputs = {"out"};
  topology.dead_letter = "totals.dead-letter";
  topology.internal = 1;
  topology.tables = {kTotals};

  const auto publishing = std::chrono::steady_clock::now();
  MAINSTAY_TRY(FillInput(*shard, records, keys));
  std::printf("published   %9.0f records/s\n", records / Seconds(publishing));

  EmbeddedShardLog log(*shard, topology);
  stream::ShardLoop loop(topology, 0, 1, log, log, std::make_unique<Totals>(), {});
  const auto begin = std::chrono::steady_clock::now();
  const double cpu = CpuSeconds();
  std::size_t taken = 0;
  int commits = 0;
  for (;;) {
    MAINSTAY_TRY_ASSIGN(step, loop.Step(FromMs(0)));
    if (!step.progressed) break;
    MAINSTAY_TRY(shard->Sync());
    taken += step.records;
    ++commits;
  }
  const double seconds = Seconds(begin);
  std::printf(
      "processed   %9.0f steps/s wall, %.0f per CPU second (all threads); %zu records, %d keys, %d synced commits\n",
      static_cast<double>(taken) / seconds, static_cast<double>(taken) / (CpuSeconds() - cpu), taken, keys, commits);
  return {};
}

}  // namespace
}  // namespace mainstay::stream_rocksdb

int main(int argc, char** argv) {
  const int records = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  const int keys = argc > 2 ? std::atoi(argv[2]) : 50'000;
  const auto run = mainstay::stream_rocksdb::Run(records, keys);
  if (!run) std::fprintf(stderr, "%s\n", run.error().message.c_str());
  return run ? 0 : 1;
}
