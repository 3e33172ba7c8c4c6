// Exactly once under everything the world does at once, and the mistakes the checker must notice.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "mainstay/testing/seed.h"
#include "world.h"

namespace mainstay::simulation {
namespace {

constexpr int kWorlds = 60;
constexpr int kWorldsForControl = 40;

void Add(const WorldReport& world, WorldReport& total) {
  for (const auto& [fault, count] : world.faults) total.faults[fault] += count;
  total.crashes += world.crashes;
  total.disks_lost += world.disks_lost;
  total.takeovers += world.takeovers;
  total.fenced += world.fenced;
  total.waits += world.waits;
  total.left_open += world.left_open;
  total.answers += world.answers;
  total.killed += world.killed;
  total.probes.reminders += world.probes.reminders;
  total.probes.repeats_of_ids += world.probes.repeats_of_ids;
  total.probes.forgotten_ids += world.probes.forgotten_ids;
  total.probes.set_aside += world.probes.set_aside;
}

TEST(CrashExact, EveryRecordOnceInOrderWhateverFails) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  WorldReport total;
  for (int i = 0; i < kWorlds; ++i) {
    const std::uint64_t world_seed = seed + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(world_seed));
    const WorldReport world = RunWorld(world_seed, {});
    ASSERT_TRUE(world.violations.empty()) << world.violations.front();
    Add(world, total);
  }
  for (int fault = 1; fault < stream_sim::kCommitFaults; ++fault) {
    EXPECT_GT(total.faults[static_cast<stream_sim::CommitFault>(fault)], 0) << "never met fault " << fault;
  }
  EXPECT_GT(total.disks_lost, 0U);
  EXPECT_GT(total.takeovers, 0U);
  EXPECT_GT(total.fenced, 0U);
  EXPECT_GT(total.waits, 0U);
  EXPECT_GT(total.left_open, 0U);
  EXPECT_GT(total.answers, 1'000);
  EXPECT_GT(total.killed, 100);
  EXPECT_GT(total.probes.reminders, 1'000);
  EXPECT_GT(total.probes.repeats_of_ids, 100);
  EXPECT_GT(total.probes.forgotten_ids, 0);
  EXPECT_GT(total.probes.set_aside, 100);
}

TEST(CrashExact, SweepingIdsAtTheEndOfTheWindowChangesNothing) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  WorldReport total;
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t world_seed = seed + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(world_seed));
    WorldOptions options;
    options.mutations.sweep_dedup_after = std::chrono::days{35};
    const WorldReport world = RunWorld(world_seed, options);
    ASSERT_TRUE(world.violations.empty()) << world.violations.front();
    Add(world, total);
  }
  EXPECT_GT(total.probes.repeats_of_ids, 0);
}

struct Control {
  std::string name;
  std::function<void(WorldOptions&)> break_it;
};

class CheckerControl : public ::testing::TestWithParam<Control> {};

TEST_P(CheckerControl, IsNoticed) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  for (int i = 0; i < kWorldsForControl; ++i) {
    WorldOptions options;
    GetParam().break_it(options);
    if (!RunWorld(seed + static_cast<std::uint64_t>(i), options).violations.empty()) return;
  }
  ADD_FAILURE() << "the checker accepts this mistake";
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, CheckerControl,
    ::testing::Values(
        Control{"MetaInASecondTransaction", [](WorldOptions& o) { o.mutations.meta_in_second_transaction = true; }},
        Control{"OverlayAppliedBeforeTheCommit", [](WorldOptions& o) { o.mutations.apply_before_commit = true; }},
        Control{"NoFencing", [](WorldOptions& o) { o.mutations.no_fencing = true; }},
        Control{"RestoreUpToTheLastStableOffset", [](WorldOptions& o) { o.mutations.acquire_ignores_prepared = true; }},
        Control{"TopicsTakenWithoutWaiting", [](WorldOptions& o) { o.mutations.hide_lag = true; }},
        Control{"TornApply", [](WorldOptions& o) { o.mutations.torn_apply = true; }},
        Control{"TimersOnlyInTheStore", [](WorldOptions& o) { o.mutations.changelog_without_timers = true; }},
        Control{"DedupOnlyInTheStore", [](WorldOptions& o) { o.mutations.changelog_without_dedup = true; }},
        Control{"IdsSweptTooEarly", [](WorldOptions& o) { o.mutations.sweep_dedup_after = std::chrono::days{34}; }},
        Control{"IdsExpireBySweepingOnly",
                [](WorldOptions& o) {
                  o.mutations.sweep_dedup_after = std::chrono::days{35};
                  o.mutations.dedup_expires_by_sweeping = true;
                }},
        Control{"NobodyRemembersWhatKilled", [](WorldOptions& o) { o.mutations.no_taken_marks = true; }},
        Control{"NoSavepoint", [](WorldOptions& o) { o.flaws.no_savepoint = true; }},
        Control{"TimersAfterTheRecord", [](WorldOptions& o) { o.flaws.timers_after_record = true; }},
        Control{"ACacheThatMissesRollbacks", [](WorldOptions& o) { o.flaws.stale_cache = true; }}),
    [](const auto& control) { return control.param.name; });

}  // namespace
}  // namespace mainstay::simulation
