// How fast a process takes records from Kafka through KafkaShardLog and ShardLoop. Prints; asserts only that every
// record was counted once.
//   kafka_loop_bench [records] [keys] [shards] [full|state|pass]
//     pass   one output of 64 bytes a record, no state
//     state  and get, put of 100 bytes
//     full   and dedup and a timer that is replaced
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kafka_world.h"
#include "mainstay/base/hash.h"
#include "mainstay/stream/shard_loop.h"

namespace mainstay::stream_kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;
enum class Work : std::uint8_t { kPass, kState, kFull };

class Totals final : public stream::Processor {
 public:
  explicit Totals(Work work) : work_(work) {}
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override {
    if (work_ == Work::kFull) {
      MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({"bench", record.value.substr(0, 20)})));
      if (!first) return {};
      MAINSTAY_TRY(context.SetTimer(1, record.key, context.Now() + std::chrono::hours{24 * 7}, "due"));
    }
    if (work_ != Work::kPass) {
      MAINSTAY_TRY_ASSIGN(total, context.Get(1, record.key));
      std::string next = total.value_or(std::string(100, '0'));
      ++next[static_cast<std::size_t>(record.offset % 50)];
      context.Put(1, record.key, std::move(next));
    }
    context.Emit(0, std::string(record.key), std::string(64, 'o'));
    return {};
  }
  Result<void> OnTimer(stream::Context&, const stream::Timer&) override { return {}; }
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}

 private:
  const Work work_;
};

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double Seconds(SteadyClock::time_point since) {
  return std::chrono::duration<double>(SteadyClock::now() - since).count();
}

bool Load(KafkaWorld& world, int records, int keys, std::int32_t shards) {
  auto publisher = KafkaPublisher::Open(world.settings(), {64 << 20, Duration{120'000}});
  if (!publisher) return false;
  std::vector<std::future<bool>> done;
  for (int i = 0; i < records;) {
    std::vector<Outgoing> batch;
    for (int n = 0; n < 10'000 && i < records; ++n, ++i) {
      std::string key =
          "client-" + std::to_string(static_cast<unsigned>(i) * 2654435761U % static_cast<unsigned>(keys));
      std::string value = "event-" + std::to_string(i);
      value.resize(200, '.');
      const std::int32_t partition = PartitionOf(key, shards);
      batch.push_back({world.Named("in"), partition, std::move(key), std::move(value), {}, 1'700'000'000'000 + i});
    }
    auto promise = std::make_shared<std::promise<bool>>();
    done.push_back(promise->get_future());
    (*publisher)->Publish(std::move(batch), [promise](auto result) { promise->set_value(result.has_value()); });
  }
  bool all = true;
  for (auto& one : done) all = one.get() && all;
  return all;
}

struct Worker {
  std::unique_ptr<stream_rocksdb::LocalStore> store;
  std::unique_ptr<KafkaShardLog> log;
  std::unique_ptr<stream::ShardLoop> loop;
  std::size_t commits = 0;
};

// As a service's worker: commits when drained, not more often than twice the latency of a commit.
void Drain(Worker& worker, std::atomic<std::int64_t>& left) {
  while (left.load() > 0) {
    const auto begin = SteadyClock::now();
    const auto step = worker.loop->Step(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
    if (!step) {
      std::fprintf(stderr, "%s\n", step.error().message.c_str());
      worker.loop->Reacquire();
      continue;
    }
    left -= static_cast<std::int64_t>(step->records);
    worker.commits += step->progressed ? 1 : 0;
    if (!step->progressed) {
      worker.log->AwaitInput(Duration{20});
    } else if (step->records < 1'000) {
      const Duration pause = std::clamp(2 * worker.log->stats().commit_latency, Duration{10}, Duration{100});
      std::this_thread::sleep_until(begin + pause);
    }
  }
}

// How long a process with warm shards needs until all of them may work, and one with a lost disk.
bool StartAgain(KafkaWorld& world, std::int32_t shards, std::vector<Worker>& workers) {
  for (Worker& worker : workers) worker.log->Release();
  for (const bool lost : {false, true}) {
    for (Worker& worker : workers) worker = {};
    const auto begin = SteadyClock::now();
    auto cluster = KafkaCluster::Open(world.settings());
    if (!cluster) return false;
    std::atomic<std::uint64_t> restored{0};
    std::atomic<bool> all{true};
    std::vector<std::thread> threads;
    for (std::int32_t p = 0; p < shards; ++p) {
      threads.emplace_back([&, p] {
        Worker& worker = workers[static_cast<std::size_t>(p)];
        worker.store = world.OpenStore(lost ? p + 1'000 : p);
        worker.log = std::make_unique<KafkaShardLog>(**cluster, world.topology(), p);
        const auto meta = worker.log->Acquire(*worker.store);
        if (!meta) std::fprintf(stderr, "%s\n", meta.error().message.c_str());
        all = all && meta.has_value();
        restored += worker.log->stats().restored_records;
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::printf("%s   %9.2f s until %d shards are acquired, %llu records restored\n",
                lost ? "lost disk " : "warm start", Seconds(begin), shards,
                static_cast<unsigned long long>(restored.load()));
    for (Worker& worker : workers) worker = {};
    if (!all) return false;
  }
  return true;
}

int Run(int records, int keys, std::int32_t shards, Work work) {
  std::string reason;
  broker::Broker* broker = broker::SharedBroker(&reason);
  if (broker == nullptr) return std::fprintf(stderr, "%s\n", reason.c_str()), 77;
  stream::Topology topology;
  topology.service = "bench";
  topology.inputs = {"in", "bench.internal"};
  topology.outputs = {"out"};
  topology.dead_letter = "bench.dead-letter";
  topology.internal = 1;
  topology.tables = {1};
  auto made = KafkaWorld::Make(*broker, topology, shards);
  if (!made) return std::fprintf(stderr, "%s\n", made.error().message.c_str()), 1;
  KafkaWorld& world = **made;
  const auto loading = SteadyClock::now();
  if (!Load(world, records, keys, shards)) return std::fprintf(stderr, "cannot load\n"), 1;
  std::printf("published   %9.0f records/s\n", records / Seconds(loading));

  std::vector<Worker> workers(static_cast<std::size_t>(shards));
  for (std::int32_t p = 0; p < shards; ++p) {
    Worker& worker = workers[static_cast<std::size_t>(p)];
    worker.store = world.OpenStore(p);
    worker.log = std::make_unique<KafkaShardLog>(world.cluster(), world.topology(), p);
    worker.loop = std::make_unique<stream::ShardLoop>(world.topology(), p, shards, *worker.log, *worker.store,
                                                      std::make_unique<Totals>(work), stream::EffectSink{});
  }
  std::atomic<std::int64_t> left{records};
  const auto begin = SteadyClock::now();
  const double cpu = CpuSeconds();
  std::vector<std::thread> threads;
  for (Worker& worker : workers) threads.emplace_back([&] { Drain(worker, left); });
  for (std::thread& thread : threads) thread.join();
  const double wall = Seconds(begin);
  const double used = CpuSeconds() - cpu;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::size_t commits = 0;
  for (const Worker& worker : workers) commits += worker.commits;
  std::printf(
      "processed   %9.0f records/s wall, %.0f per CPU second of the process; %d records, %d keys, %d shards, "
      "%zu commits of %lld ms, %ld MiB\n",
      records / wall, records / used, records, keys, shards, commits,
      static_cast<long long>(workers[0].log->stats().commit_latency.count()), usage.ru_maxrss / 1024);
  if (!StartAgain(world, shards, workers)) return 1;
  std::size_t outputs = 0;
  for (std::int32_t p = 0; p < shards; ++p) outputs += world.ReadAll(world.Named("out"), p).size();
  if (outputs == static_cast<std::size_t>(records)) return 0;
  std::fprintf(stderr, "%zu outputs for %d records: the figure does not count\n", outputs, records);
  return 1;
}

}  // namespace
}  // namespace mainstay::stream_kafka

int main(int argc, char** argv) {
  using mainstay::stream_kafka::Work;
  const int records = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  const int keys = argc > 2 ? std::atoi(argv[2]) : 50'000;
  const int shards = argc > 3 ? std::atoi(argv[3]) : 4;
  const std::string work = argc > 4 ? argv[4] : "full";
  return mainstay::stream_kafka::Run(records, keys, shards,
                                     work == "pass"    ? Work::kPass
                                     : work == "state" ? Work::kState
                                                       : Work::kFull);
}
