// The same log gives bit-identical outputs and state, however it is cut into transactions and wherever it crashes.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "mainstay/testing/seed.h"
#include "world.h"

namespace mainstay::simulation {
namespace {

using stream_sim::CommitFault;

constexpr int kRecords = 400;

struct Cut {
  std::size_t records = 20'000;
  std::size_t timers = 5'000;
  std::size_t bytes = 16 << 20;
  std::uint64_t fault_percent = 0;
  std::uint64_t seed = 0;
};

// Equal ingest times are wanted here: ties must fall the same way every time.
void WriteLog(stream_sim::SimBroker& broker, Random& random) {
  std::int64_t now = 1'000;
  for (int i = 0; i < kRecords; ++i) {
    now += static_cast<std::int64_t>(Below(random, 3) == 0 ? 0 : Below(random, 5'000'000));
    if (Below(random, 10) == 0) {
      broker.Append({"debug.internal", 0, now, std::string(stream::kTickKey), ""});
      continue;
    }
    Request request;
    request.id = std::to_string(Below(random, kRecords));
    request.kind = Below(random, 30) == 0 ? Request::Kind::kFailing : Request::Kind::kAdd;
    request.remind_after_ms = static_cast<std::int64_t>(Below(random, 20'000'000));
    request.repeats = static_cast<int>(Below(random, 6));
    broker.Append(
        {DebugTopology().inputs[Below(random, 2)], 0, now, "k" + std::to_string(Below(random, 5)), Encode(request)});
  }
}

using Everything = std::tuple<std::vector<Line>, std::vector<Line>, std::vector<std::string>,
                              std::map<stream::TableId, stream_sim::TableImage>, std::map<Hash128, std::int64_t>,
                              std::vector<std::int64_t>, std::int64_t>;

Everything RunLog(std::uint64_t log_seed, const Cut& cut, const Flaws& flaws) {
  Random log_random{log_seed};
  Random random{cut.seed};
  stream_sim::SimBroker broker{1};
  WriteLog(broker, log_random);
  stream_sim::DriverOptions options;
  options.loop = {cut.records, cut.bytes, cut.timers};
  options.fault = [&](std::int32_t) {
    if (Below(random, 100) >= cut.fault_percent) return CommitFault::kNone;
    return static_cast<CommitFault>(1 + Below(random, stream_sim::kCommitFaults - 1));
  };
  options.loss = [&] { return static_cast<stream_sim::Loss>(Below(random, 3)); };
  stream_sim::TaskDriver driver(
      broker, DebugTopology(), [&](auto, auto) { return std::make_unique<DebugProcessor>(flaws); }, options);
  const auto ran = driver.RunUntilIdle();
  EXPECT_TRUE(ran.has_value());
  const ShardEvidence evidence = CollectEvidence(broker, driver.store(0), 0);
  const stream_sim::StoreImage& image = driver.store(0).image();
  return {evidence.left, evidence.right,       evidence.dead_ids,        image.tables,
          image.seen,    image.meta.positions, image.meta.stream_time_ms};
}

const std::vector<Cut>& Cuts() {
  static const std::vector<Cut> cuts = {{},
                                        {1, 1, 16 << 20, 0, 0},
                                        {7, 3, 16 << 20, 0, 0},
                                        {20'000, 5'000, 200, 0, 0},
                                        {3, 2, 16 << 20, 30, 1},
                                        {50, 1, 16 << 20, 60, 2},
                                        {5, 5'000, 500, 40, 3}};
  return cuts;
}

TEST(Determinism, OutputsAndStateDoNotDependOnTransactionsOrCrashes) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  for (std::uint64_t log = seed; log < seed + 5; ++log) {
    SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(log));
    const Everything reference = RunLog(log, Cuts()[0], {});
    ASSERT_GT(std::get<0>(reference).size(), 100U) << "vacuous: hardly anything came out";
    for (std::size_t cut = 1; cut < Cuts().size(); ++cut) {
      ASSERT_TRUE(RunLog(log, Cuts()[cut], {}) == reference) << "cut " << cut;
    }
  }
}

// True if some cut of some log tells the flawed service from itself.
bool IsNoticed(const Flaws& flaws) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  for (std::uint64_t log = seed; log < seed + 5; ++log) {
    const Everything reference = RunLog(log, Cuts()[0], flaws);
    for (std::size_t cut = 1; cut < Cuts().size(); ++cut) {
      if (RunLog(log, Cuts()[cut], flaws) != reference) return true;
    }
  }
  return false;
}

TEST(DeterminismControl, AClockOfTheProcessIsNoticed) {
  Flaws flaws;
  flaws.process_clock = true;
  EXPECT_TRUE(IsNoticed(flaws));
}

TEST(DeterminismControl, TimersAfterTheRecordAreNoticed) {
  Flaws flaws;
  flaws.timers_after_record = true;
  EXPECT_TRUE(IsNoticed(flaws));
}

}  // namespace
}  // namespace mainstay::simulation
