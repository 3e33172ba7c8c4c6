// A policy tried on the schedules and risks of a live book; applied, it does exactly what was said.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "mainstay/testing/seed.h"
#include "world.h"

namespace mainstay::cadence {
namespace {

namespace q = query::v1;

using Thresholds = std::map<std::string, double>;
constexpr int kPeople = 60;

std::string ClientNumber(int number) { return "c" + std::to_string(number); }

// What of each client a policy may move, as text.
std::map<std::string, std::string> Standings(World& world) {
  std::map<std::string, std::string> standings;
  for (int i = 0; i < kPeople; ++i) {
    const ClientRecord client = world.Client(ClientNumber(i));
    const ClientPlan& plan = client.plan;
    std::string text = std::string(TierName(plan.tier)) + " " + std::string(RiskLevelName(client.risk.level));
    if (plan.due) text += " due " + FormatDay(*plan.due);
    if (plan.episode) text += " open";
    if (plan.episode && plan.episode->overdue_since) text += " overdue " + FormatDay(*plan.episode->overdue_since);
    standings[ClientNumber(i)] = text;
  }
  return standings;
}

// The same of everybody, as an answer predicts it from `before`.
std::map<std::string, std::string> Predicted(World& world, const q::CadenceChange& change) {
  std::map<std::string, std::string> standings = Standings(world);
  std::map<std::string, std::string> levels;
  for (const q::WhatIfLevel& row : change.levels()) levels[row.client()] = row.to();
  for (auto& [id, text] : standings) {
    const ClientRecord client = world.Client(id);
    const ClientPlan& plan = client.plan;
    std::string tier(TierName(plan.tier));
    std::string due = plan.due ? FormatDay(*plan.due) : "";
    std::string overdue;
    bool open = plan.episode.has_value();
    if (open && plan.episode->overdue_since) overdue = FormatDay(*plan.episode->overdue_since);
    for (const q::WhatIfSchedule& row : change.schedules()) {
      if (row.client() != id) continue;
      tier = row.tier();
      due = row.due_after();
      open = (open || row.falls_due()) && !due.empty();
      if (row.becomes_overdue()) overdue = row.overdue_after();
      if (due.empty()) overdue.clear();
    }
    const auto level = levels.find(id);
    text = tier + " " + (level == levels.end() ? std::string(RiskLevelName(client.risk.level)) : level->second);
    if (!due.empty()) text += " due " + due;
    if (open) text += " open";
    if (!overdue.empty()) text += " overdue " + overdue;
  }
  return standings;
}

// Clients of all tiers, touched some time ago or not at all, that buy more or less often, with a few complaints.
void Live(World& world, std::mt19937_64& random) {
  for (int i = 0; i < kPeople; ++i) {
    const std::string id = ClientNumber(i);
    const std::chrono::days gap{10 + random() % 110};
    Instant at = At(2026, 5, 15) - std::chrono::hours{random() % 3600};
    for (int order = 0; order < 5; ++order, at -= gap) {
      const std::string order_id = "o" + std::to_string(order) + id;
      world.Publish(Event(order_id, id, at, Order(order_id, 100)), At(2026, 5, 15));
    }
    world.PublishTier(id, static_cast<Tier>(random() % 4), At(2026, 5, 15));
  }
  for (int i = 0; i < kPeople; ++i) {
    const std::string id = ClientNumber(i);
    if (random() % 6 == 0) continue;
    const Instant at = At(2026, 5, 19) - std::chrono::hours{random() % (random() % 2 == 0 ? 400 : 3000)};
    world.Publish(Event("t" + id, id, at, Call("ann")), At(2026, 5, 20));
    if (random() % 5 == 0) {
      world.Publish(Event("k" + id, id, at, ComplaintMade{ComplaintId{"k" + id}, {}}), At(2026, 5, 20));
    }
  }
  world.TickTo(At(2026, 5, 21));
}

// Goal: what-if predicts for every client what applying the policy does, and changes nothing itself.
// Method: random books and policies of intervals, graces and levels, asked, compared, applied, compared. The probes
// prove that due days moved, touches fell due and became overdue at once, and levels changed.
TEST(CadenceWhatIf, ApplyingAPolicyGivesExactlyWhatWasPredicted) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  std::mt19937_64 random{seed};
  const auto from = [&](int lo, int hi) {
    return lo + static_cast<int>(random() % static_cast<unsigned>(hi - lo + 1));
  };
  int moved = 0;
  int fell_due = 0;
  int became_overdue = 0;
  int levels = 0;
  for (int round = 0; round < 6; ++round) {
    World world;
    Live(world, random);
    Instant now = At(2026, 5, 21);
    for (int change = 0; change < 4; ++change) {
      now += std::chrono::hours{from(1, 120)};
      world.TickTo(now);
      const double months = from(1, 4);
      const Thresholds policy = {
          {"interval_a_days", from(1, 28)},  {"interval_b_months", months}, {"interval_c_months", months + from(0, 3)},
          {"grace_a_days", from(0, 9)},      {"grace_b_days", from(0, 20)}, {"grace_c_days", from(0, 30)},
          {"elevated", from(10, 40) / 100.}, {"high", from(40, 80) / 100.}};
      const auto before = world.Tables();
      const q::CadenceChange said = world.WhatIf(now, policy, {}).change();
      EXPECT_EQ(world.Tables(), before) << "a question changes nothing";
      const auto predicted = Predicted(world, said);
      PolicySet set;
      set.thresholds = policy;
      world.Publish(BookEvent("p" + std::to_string(change), now, set), now);
      world.Run();
      ASSERT_EQ(Standings(world), predicted) << "round " << round << ", change " << change;
      const q::CadenceChange again = world.WhatIf(now, policy, {}).change();
      EXPECT_EQ(again.schedules_size() + again.levels_size(), 0) << "asked again, nothing is left to do";
      EXPECT_EQ(again.due_before(), said.due_after());
      EXPECT_EQ(again.overdue_before(), said.overdue_after());
      EXPECT_EQ(again.at_stake_before().amount(), said.at_stake_after().amount());
      moved += said.schedules_size();
      levels += said.levels_size();
      for (const q::WhatIfSchedule& row : said.schedules()) {
        fell_due += row.falls_due() ? 1 : 0;
        became_overdue += row.becomes_overdue() ? 1 : 0;
      }
    }
  }
  EXPECT_TRUE(moved > 200 && fell_due > 5 && became_overdue > 5 && levels > 5)
      << moved << " moved, " << fell_due << " fell due, " << became_overdue << " became overdue, " << levels;
}

TEST(CadenceWhatIf, TiersThatMoveWithThePolicyMoveTheirSchedules) {
  std::mt19937_64 random{7};
  World world;
  Live(world, random);
  const Instant now = At(2026, 5, 21);
  std::map<std::string, std::string> tiers;
  for (int i = 0; i < kPeople; i += 2) tiers[ClientNumber(i)] = i % 4 == 0 ? "A" : "C";
  const q::CadenceChange said = world.WhatIf(now, {}, tiers).change();
  EXPECT_GT(said.schedules_size(), 10);
  auto predicted = Predicted(world, said);
  for (const auto& [client, tier] : tiers) world.PublishTier(client, ParseTier(tier).value(), now);
  world.Run();
  for (auto& [client, standing] : predicted) standing = standing.substr(standing.find(' '));
  auto applied = Standings(world);
  for (auto& [client, standing] : applied) standing = standing.substr(standing.find(' '));
  EXPECT_EQ(applied, predicted);
}

TEST(CadenceWhatIf, NonsenseIsRefusedAndSaysWhere) {
  World world;
  world.Publish(Event("u", "acme", At(2026, 1, 5), ClientUpdated{}));
  world.Run();
  for (const Thresholds& wrong : {Thresholds{{"interval_a_days", 0}}, Thresholds{{"interval_a_days", 40}},
                                  Thresholds{{"intervall_a_days", 7}}, Thresholds{{"high", 2}}}) {
    const grpc::Status status = world.WhatIfStatus(At(2026, 1, 5), wrong, {});
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_NE(status.error_message().find(wrong.begin()->first), std::string::npos) << status.error_message();
  }
  EXPECT_EQ(world.WhatIfStatus(At(2026, 1, 5), {}, {{"acme", "D"}}).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST(CadenceWhatIf, WorkloadAndCallListFollowThePolicy) {
  World world;
  for (int i = 0; i < 8; ++i) {
    world.Publish(Event("u" + std::to_string(i), ClientNumber(i), At(2026, 1, 5), ClientUpdated{}));
    world.PublishTier(ClientNumber(i), i < 4 ? Tier::kA : Tier::kB, At(2026, 1, 5));
  }
  world.Run();
  EXPECT_EQ(world.Workload(At(2026, 1, 5)).calls_per_week(), 5);
  PolicySet set;
  set.thresholds = {{"interval_a_days", 14}, {"interval_b_months", 2}, {"minutes_per_call", 12}};
  world.Publish(BookEvent("p", At(2026, 1, 6), set));
  world.Run();
  const auto workload = world.Workload(At(2026, 1, 6));
  EXPECT_EQ(workload.calls_per_week(), 2.5);
  EXPECT_EQ(workload.hours_per_week(), .5);
  EXPECT_EQ(workload.by_tier(0).calls_per_week(), 2);
  world.TickTo(At(2026, 4, 1));
  const auto calls = world.Calls("unassigned", "2026-04-01", At(2026, 4, 1));
  ASSERT_FALSE(calls.rows().empty());
  EXPECT_EQ(calls.rows(0).minutes(), 12);
}

TEST(CadenceWhatIf, LatenessIsMeasuredByTheIntervalOfThePolicy) {
  World world;
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 100)));
  world.Publish(Event("t", "acme", At(2026, 1, 5), Call("ann")));
  world.PublishTier("acme", Tier::kA, At(2026, 1, 5));
  world.TickTo(At(2026, 1, 19));
  const auto lateness = [&] {
    q::GetCadenceResponse answer;
    EXPECT_TRUE(world.Cadence("acme", At(2026, 1, 19), answer).ok());
    for (const auto& signal : answer.inputs().signals()) {
      if (signal.kind() == "touch_lateness") return signal.value();
    }
    return -1.;
  };
  EXPECT_NEAR(lateness(), 1, 1e-9) << "14 days, 7 allowed";
  PolicySet set;
  set.thresholds = {{"interval_a_days", 14}};
  world.Publish(BookEvent("p", At(2026, 1, 19), set));
  world.Run();
  EXPECT_NEAR(lateness(), 0, 1e-9);
}

}  // namespace
}  // namespace mainstay::cadence
