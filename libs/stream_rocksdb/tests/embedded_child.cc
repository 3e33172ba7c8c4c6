// The process that the tests kill, starve and lock out. Prints one line per event.
//   hold DIR            opens the directory, prints "held", waits to be killed
//   count DIR [MICROS]  commits 1, 2, 3 ... and prints how far it is every few commits, until it is killed: from
//                       outside, or by the kernel in the middle of its work after so much CPU time
//   count-torn DIR [MICROS]  the same, with META in a second write
//   fill DIR BYTES      commits until the disk is full (no file may grow above BYTES), prints "N error"
//   handle DIR          handles "one", "kill" and "two", with a handler that ends the process at "kill"; prints "done"
//   handle-unmarked DIR  the same, without remembering which record it died of
//   open-as-nobody DIR  opens the directory without privileges, prints the error
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "embedded_fixture.h"
#include "levers.h"
#include "mainstay/stream/shard_loop.h"

namespace mainstay::stream_rocksdb {
namespace {

void Say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

int Hold(const std::string& path) {
  const auto directory = EmbeddedDirectory::Open(path, {});
  Say(directory ? "held" : directory.error().message);
  for (;;) pause();
}

void DieAfterCpuTime(long micros) {
  if (micros == 0) return;
  itimerval timer{};
  timer.it_value = {micros / 1'000'000, micros % 1'000'000};
  setitimer(ITIMER_PROF, &timer, nullptr);  // Nobody handles SIGPROF: the process just ends.
}

int Count(const std::string& path, long micros) {
  auto opened = OpenShardIn(path);
  if (!opened) {
    Say("error " + opened.error().message);
    return 1;
  }
  const stream::Topology topology = CounterTopology();
  EmbeddedShardLog log(*opened->shard, topology);
  auto meta = log.Acquire(log);
  if (!meta) {
    Say("error " + meta.error().message);
    return 1;
  }
  DieAfterCpuTime(micros);
  for (;;) {
    const auto count = static_cast<std::int64_t>(meta->transaction) + 1;
    if (CommitCount(log, *meta, count, static_cast<std::size_t>(count % 50)) != stream::Outcome::kCommitted) return 1;
    if (count % 20 == 0 && !opened->shard->Sync()) return 1;
    if (count % 5 == 0) Say(std::to_string(count));
  }
}

int Fill(const std::string& path, rlim_t bytes) {
  auto opened = OpenShardIn(path);
  if (!opened) return 1;
  const stream::Topology topology = CounterTopology();
  EmbeddedShardLog log(*opened->shard, topology);
  auto meta = log.Acquire(log);
  if (!meta) return 1;
  signal(SIGXFSZ, SIG_IGN);  // The write fails with EFBIG instead.
  const rlimit limit{bytes, bytes};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
  std::int64_t count = 0;
  while (CommitCount(log, *meta, count + 1, 1000) == stream::Outcome::kCommitted) {
    ++count;
    if (!opened->shard->Sync()) break;
  }
  stream::Meta again = *meta;
  const bool still_refused = CommitCount(log, again, count + 2) == stream::Outcome::kUnknown;
  const auto acquired = log.Acquire(log);
  Say(std::to_string(count) + (still_refused && !acquired ? " stopped " : " went on ") + log.last_error());
  _exit(0);  // As a process that dies of it.
}

class Fragile final : public stream::Processor {
 public:
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override {
    if (record.value == "kill") raise(SIGKILL);
    context.Emit(0, std::string(record.key), std::string(record.value));
    return {};
  }
  Result<void> OnTimer(stream::Context&, const stream::Timer&) override { return {}; }
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}
};

int Handle(const std::string& path) {
  auto opened = OpenShardIn(path);
  if (!opened) return 1;
  EmbeddedShard& shard = *opened->shard;
  const std::vector<Append> appends = {{"in", 1, "k", "one"}, {"in", 2, "k", "kill"}, {"in", 3, "k", "two"}};
  if (shard.WrittenEnd("in") == 0 && !shard.AppendAll(appends)) return 1;
  const stream::Topology topology = CounterTopology();
  EmbeddedShardLog log(shard, topology);
  stream::ShardLoop loop(topology, 0, 1, log, log, std::make_unique<Fragile>(), {});
  for (;;) {
    const auto step = loop.Step(FromMs(0));
    if (!step) return 1;
    if (!step->progressed) break;
  }
  if (!shard.Sync()) return 1;
  Say("done");
  return 0;
}

int OpenAsNobody(const std::string& path) {
  constexpr uid_t kNobody = 65534;
  if (getuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) return 1;
  const auto directory = EmbeddedDirectory::Open(path, {});
  Say(directory ? "opened" : directory.error().message);
  return 0;
}

int Run(const std::string& command, const std::string& path, const char* extra) {
  if (command == "hold") return Hold(path);
  if (command == "fill") return Fill(path, std::strtoul(extra, nullptr, 10));
  if (command == "handle" || command == "handle-unmarked") {
    TestLevers().no_taken_marks = command == "handle-unmarked";
    return Handle(path);
  }
  if (command == "open-as-nobody") return OpenAsNobody(path);
  TestLevers().meta_in_second_write = command == "count-torn";
  return Count(path, std::strtol(extra, nullptr, 10));
}

}  // namespace
}  // namespace mainstay::stream_rocksdb

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  return mainstay::stream_rocksdb::Run(argv[1], argv[2], argc > 3 ? argv[3] : "0");
}
