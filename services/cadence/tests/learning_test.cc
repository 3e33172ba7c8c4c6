// A book's parameters: when they are fitted, what they say, and that a replay gives the same ones.
#include "services/cadence/learning.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"
#include "mainstay/wire/out_event.h"
#include "services/cadence/book_model.h"
#include "world.h"

namespace mainstay::cadence {
namespace {

constexpr const char* kTopic = "mainstay.model-parameters";
const Instant kStart = At(2025, 1, 6);

// Clients that each order about every `gap_days`, from `kStart` on; the first half stops after half of the time.
std::vector<InEvent> Orders(int clients, int weeks, int gap_days, std::uint64_t seed) {
  Random random{seed};
  std::vector<InEvent> events;
  for (int c = 0; c < clients; ++c) {
    const std::string client = "c" + std::to_string(c);
    const int last = 7 * (c < clients / 2 ? weeks / 2 : weeks);
    int order = 0;
    for (int day = static_cast<int>(Below(random, 14)); day < last; ++order) {
      const std::string id = client + "-" + std::to_string(order);
      events.push_back(Event(id, client, kStart + std::chrono::days{day}, Order(id, 100)));
      day += 1 + static_cast<int>(Below(random, 2 * static_cast<std::uint64_t>(gap_days)));
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const InEvent& l, const InEvent& r) { return l.time < r.time; });
  return events;
}

// Named values of a version; 0 for one it does not have.
double ValueOf(const ParametersFitted& version, const std::string& name) {
  for (const RiskInput& value : version.values) {
    if (value.name == name) return value.value;
  }
  return 0;
}

std::vector<ParametersFitted> Versions(const World& world) {
  std::vector<ParametersFitted> versions;
  for (const std::string& bytes : world.Bytes(kTopic)) {
    versions.push_back(std::get<ParametersFitted>(wire::DecodeOutEvent(bytes).value().data));
  }
  return versions;
}

void Tell(World& world, const std::vector<InEvent>& events, int weeks) {
  for (const InEvent& event : events) world.Publish(event);
  world.TickTo(kStart + std::chrono::weeks{weeks});
}

TEST(CadenceLearning, ABookOfFewClientsKeepsTheDefaults) {
  World world;
  Tell(world, Orders(19, 30, 10, 1), 40);
  EXPECT_TRUE(world.Bytes(kTopic).empty());
  World control;
  Tell(control, Orders(20, 30, 10, 1), 40);
  EXPECT_FALSE(control.Bytes(kTopic).empty());
}

TEST(CadenceLearning, WhatAnOrderIsWorthIsFittedToTheBooksOwnOrders) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  std::vector<InEvent> events = Orders(60, 30, 10, seed);
  std::map<std::string, double> scale;  // Of each client: from 100 to 1,000 an order, more or less.
  double sum = 0;
  for (InEvent& event : events) {
    double& own = scale[event.client->raw()];
    if (own == 0) own = 100 * std::pow(10, Uniform(random));
    const int amount = static_cast<int>(own * (.5 + Uniform(random)));
    sum += amount;
    event.data = Order(event.id.raw(), amount);
  }
  World world;
  Tell(world, events, 40);
  const ParametersFitted last = Versions(world).back();
  const double p = ValueOf(last, "value_p"), q = ValueOf(last, "value_q"), gamma = ValueOf(last, "value_gamma");
  ASSERT_GT(q, 1);
  const double mean = sum / static_cast<double>(events.size());
  EXPECT_NEAR(p * gamma / (q - 1) / mean, 1, .3);
}

TEST(CadenceLearning, AFitNeedsFivePercentMoreOrdersAndLabelsWaitFourWeeks) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  World world;
  Tell(world, Orders(40, 30, 10, seed), 60);
  const std::vector<ParametersFitted> versions = Versions(world);
  ASSERT_GT(versions.size(), 3U);
  int refits = 0, learned = 0;
  for (std::size_t i = 1; i < versions.size(); ++i) {
    if (versions[i].orders == versions[i - 1].orders) {
      ++learned;
      EXPECT_EQ(versions[i].k, versions[i - 1].k);
    } else {
      ++refits;
      EXPECT_GE(static_cast<double>(versions[i].orders), 1.05 * static_cast<double>(versions[i - 1].orders));
    }
    EXPECT_TRUE(versions[i].version.starts_with("fit-" + std::to_string(i + 1) + "-")) << versions[i].version;
    for (const RiskInput& value : versions[i].values) EXPECT_TRUE(std::isfinite(value.value)) << value.name;
  }
  EXPECT_GT(refits, 0);
  EXPECT_GT(learned, 0) << "no label ever made a version";
  query::v1::GetCadenceResponse answer;
  ASSERT_TRUE(world.Cadence("c39", kStart + std::chrono::weeks{60}, answer).ok());
  EXPECT_EQ(answer.risk().model_version(), versions.back().version);
  ASSERT_EQ(answer.risk().interval_size(), 2);
  EXPECT_LE(answer.risk().interval(0), answer.risk().interval(1));
}

TEST(CadenceLearning, AnEventCarriesAnIntervalAroundItsProbabilityOnceThereIsAFit) {
  World world;
  std::vector<InEvent> events = Orders(40, 30, 10, 1);
  // One client alarms before anybody has come back.
  events.insert(events.begin() + 1, Event("call", events[0].client->raw(), events[0].time, CompetitorCalled{}));
  Tell(world, events, 60);
  int without = 0, within = 0;
  for (const OutEvent& event : world.Risk()) {
    const auto* change = std::get_if<ChurnRiskChanged>(&event.data);
    if (change == nullptr || !change->probability) continue;
    ASSERT_EQ(change->interval.has_value(), change->model_version != "default-1") << event.id.raw();
    if (!change->interval) {
      ++without;
      continue;
    }
    const RiskInterval interval = *change->interval;
    EXPECT_LT(0, interval.lo);
    EXPECT_LT(interval.lo, interval.hi);
    EXPECT_LE(interval.hi, 1);
    within += interval.lo <= *change->probability && *change->probability <= interval.hi ? 1 : 0;
  }
  EXPECT_GT(without, 0);
  EXPECT_GT(within, 0);
}

TEST(CadenceLearning, AnImportIsFittedAtItsEnd) {
  World world;
  const Instant end = kStart + std::chrono::weeks{30};
  world.Publish(BookEvent("begin", end, ImportStarted{ImportId{"i"}, {}}), end);
  for (const InEvent& event : Orders(30, 26, 10, 1)) world.Publish(event, end);
  world.Run();
  EXPECT_TRUE(world.Bytes(kTopic).empty());
  world.Publish(BookEvent("end", end, ImportFinished{ImportId{"i"}, {}}), end);
  world.Run();
  EXPECT_EQ(world.Bytes(kTopic).size(), 1U);
}

TEST(CadenceLearning, AnErasedClientLeavesNoSnapshot) {
  World world;
  Tell(world, Orders(30, 12, 10, 1), 14);
  const auto kept = [&] {
    const std::vector<std::string> tables = world.Tables();
    return std::count_if(tables.begin(), tables.end(), [](const std::string& entry) {
      return entry.starts_with(std::to_string(kSnapshots) + "/") && entry.find("c29=") != std::string::npos;
    });
  };
  ASSERT_GT(kept(), 0) << "vacuous: nothing was kept";
  world.Publish(Event("erase", "c29", kStart + std::chrono::weeks{15}, ClientErased{}));
  world.Run();
  EXPECT_EQ(kept(), 0);
}

TEST(CadenceLearning, ReplaysInOtherBatchesAndAfterCrashesAreIdentical) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  const std::vector<InEvent> events = Orders(30, 30, 10, seed);
  World calm;
  Tell(calm, events, 50);
  ASSERT_GT(calm.Bytes(kTopic).size(), 2U);
  Random random{seed};
  stream_sim::DriverOptions options;
  options.loop.max_records_per_commit = 3;
  options.fault = [&](std::int32_t) {
    return static_cast<stream_sim::CommitFault>(Below(random, 10) == 0 ? Below(random, stream_sim::kCommitFaults) : 0);
  };
  World stormy(std::move(options));
  Tell(stormy, events, 50);
  EXPECT_EQ(stormy.Bytes(kTopic), calm.Bytes(kTopic));
  EXPECT_EQ(stormy.Bytes("mainstay.churn-risk"), calm.Bytes("mainstay.churn-risk"));
  EXPECT_EQ(stormy.Tables(), calm.Tables());
  EXPECT_GT(stormy.driver().crashes(), 0U) << "no crash was reached";
}

}  // namespace
}  // namespace mainstay::cadence
