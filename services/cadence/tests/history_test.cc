// Random histories: redelivered, shuffled, crashed. The answers must not care.
#include <gtest/gtest.h>

#include <algorithm>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"
#include "services/cadence/book.h"
#include "world.h"

namespace mainstay::cadence {
namespace {

constexpr int kClientCount = 8;

std::string ClientName(std::uint64_t number) { return "c" + std::to_string(number); }

InEventData RandomFact(Random& random, const std::string& id) {
  switch (Below(random, 9)) {
    case 0: return CompetitorCalled{};
    case 1: return EmergencyRaised{EmergencyId{id}, {}, {}};
    case 2: return ComplaintMade{ComplaintId{id}, {}};
    case 3: return ReferralGiven{ReferralId{id}, {}, {}};
    case 4: return Call("ann");
    case 5: {
      ClientUpdated updated;
      updated.changes.owner = RepId{"rep" + id};
      if (Below(random, 2) == 0) updated.changes.time_zone = Below(random, 2) == 0 ? "Asia/Tokyo" : "Europe/London";
      return updated;
    }
    default: return Order(id, static_cast<std::int64_t>(Below(random, 500)) + 1);
  }
}

// What may follow `before`; nullopt if nothing does.
std::optional<InEventData> Sequel(const InEvent& before, const std::string& id) {
  if (const auto* raised = std::get_if<EmergencyRaised>(&before.data)) return EmergencyResolved{raised->emergency};
  if (const auto* made = std::get_if<ComplaintMade>(&before.data)) return ComplaintResolved{made->complaint};
  if (std::holds_alternative<Touched>(before.data)) return TouchRetracted{before.id};
  if (const auto* placed = std::get_if<OrderPlaced>(&before.data)) {
    return OrderRefunded{RefundId{id}, placed->order, kGbp, Money::FromUnits(2'500'000), {}};
  }
  return std::nullopt;
}

// `count` facts over `days` days, times ascending, each its own id.
std::vector<InEvent> RandomHistory(Random& random, std::uint64_t count, int days) {
  std::vector<Instant> times;
  const auto span = static_cast<std::uint64_t>(days) * 86'400'000;
  for (std::uint64_t i = 0; i < count; ++i) {
    times.push_back(At(2025, 1, 1) + Duration{static_cast<std::int64_t>(Below(random, span))});
  }
  std::sort(times.begin(), times.end());
  std::vector<InEvent> history;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string id = std::to_string(i);
    if (i > 0 && Below(random, 3) == 0) {
      const InEvent& before = history[Below(random, i)];
      if (auto sequel = Sequel(before, id)) {
        history.push_back(Event("e" + id, before.client->raw(), times[i], *std::move(sequel)));
        continue;
      }
    }
    history.push_back(Event("e" + id, ClientName(Below(random, kClientCount)), times[i], RandomFact(random, id)));
  }
  return history;
}

std::vector<std::string> Outputs(const World& world) {
  std::vector<std::string> all = world.Bytes("mainstay.cadence-events");
  for (std::string& bytes : world.Bytes("mainstay.churn-risk")) all.push_back(std::move(bytes));
  return all;
}

// Goal: what is delivered twice, at any later moment, adds no output and changes no state.
TEST(CadenceHistory, RedeliveryAddsNothing) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  const std::vector<InEvent> history = RandomHistory(random, 200, 30);
  World once;
  World twice;
  for (std::size_t i = 0; i < history.size(); ++i) {
    once.Publish(history[i]);
    twice.Publish(history[i]);
    twice.Publish(history[Below(random, i + 1)], history[i].time);
  }
  once.TickTo(At(2026, 6, 1));
  twice.TickTo(At(2026, 6, 1));
  EXPECT_EQ(Outputs(once), Outputs(twice));
  EXPECT_EQ(once.Tables(), twice.Tables());
  EXPECT_EQ(once.DeadLetters().size(), twice.DeadLetters().size());
  EXPECT_GT(Outputs(once).size(), 20U) << "vacuous history";
}

// Goal: crashes at commits change neither state nor outputs.
TEST(CadenceHistory, CrashesLeaveNoTrace) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  const std::vector<InEvent> history = RandomHistory(random, 200, 200);
  World calm;
  stream_sim::DriverOptions options;
  options.loop.max_records_per_commit = 3;
  options.fault = [&](std::int32_t) {
    return static_cast<stream_sim::CommitFault>(Below(random, 4) == 0 ? Below(random, stream_sim::kCommitFaults) : 0);
  };
  World stormy(options);
  for (const InEvent& event : history) {
    calm.Publish(event);
    stormy.Publish(event);
  }
  calm.TickTo(At(2026, 6, 1));
  stormy.TickTo(At(2026, 6, 1));
  EXPECT_EQ(Outputs(calm), Outputs(stormy));
  EXPECT_EQ(calm.Tables(), stormy.Tables());
  EXPECT_GT(stormy.driver().crashes(), 0U) << "no crash was reached";
}

// The facts behind every score of a world at `at`, as text.
std::vector<std::string> Facts(World& world, Instant at) {
  std::vector<std::string> facts;
  const query::v1::ListRisksResponse risks = world.Risks(at, true);
  for (const auto& row : risks.rows()) {
    query::v1::GetCadenceResponse answer;
    EXPECT_TRUE(world.Cadence(row.client(), at, answer).ok());
    const ClientRecord client = world.Client(row.client());
    facts.push_back(row.client() + " " + answer.inputs().ShortDebugString() + " " + answer.last_touch() + " " +
                    client.owner.value_or(RepId{"-"}).raw() + " " + client.zone.value_or("-") + " " +
                    client.last_order.event.raw() + " " + std::to_string(client.window.trailing.units()) + " " +
                    FormatInstant(*client.plan.first_event_at));
    for (const auto& reason : row.reasons()) facts.back() += " " + reason.ShortDebugString();
    EXPECT_EQ(client.order_days.statistics(), client.order_days.Recompute());
  }
  query::v1::GetCheckupResponse checkup = world.Checkup(at);
  checkup.clear_position();
  facts.push_back(checkup.ShortDebugString());
  return facts;
}

// Goal: facts end in the same state whatever order they arrive in. Method: one history of a month in order, and
// shuffled within an import, so that decisions do not differ for another reason.
TEST(CadenceHistory, ShuffledFactsEndInTheSameAnswers) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  for (int round = 0; round < 10; ++round) {
    std::vector<InEvent> history = RandomHistory(random, 150, 300);
    const Instant now = At(2025, 12, 1);
    std::vector<std::string> expected;
    for (int order = 0; order < 3; ++order) {
      World world;
      world.Publish(BookEvent("start", now, ImportStarted{ImportId{"i"}, {}}));
      for (const InEvent& event : history) world.Publish(event, now);
      world.Publish(BookEvent("end", now, ImportFinished{ImportId{"i"}, {}}));
      world.Run();
      ASSERT_TRUE(world.DeadLetters().empty()) << world.DeadLetters().front();
      const std::vector<std::string> facts = Facts(world, now);
      if (order == 0) expected = facts;
      ASSERT_EQ(facts, expected) << "round " << round << " order " << order;
      for (std::size_t i = history.size(); i > 1; --i) std::swap(history[i - 1], history[Below(random, i)]);
    }
    EXPECT_GT(expected.size(), 4U);
  }
}

}  // namespace
}  // namespace mainstay::cadence
