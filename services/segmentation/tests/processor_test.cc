// The segmentation processor under the real shard loop, against a reference that recomputes everything.
#include "services/segmentation/processor.h"
#include "services/segmentation/rep_minutes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "mainstay/base/random.h"
#include "mainstay/segmentation/pareto.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/stream_sim/task_driver.h"
#include "mainstay/testing/seed.h"
#include "mainstay/wire/in_event.h"
#include "mainstay/wire/out_event.h"
#include "services/segmentation/tests/ranking_reference.h"

namespace mainstay::segmentation {
namespace {

using namespace std::chrono_literals;

const BookId kBook{"north"};
const Currency kGbp{"GBP"};
const Instant kStart = Instant{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};

class World {
 public:
  explicit World(stream_sim::DriverOptions options = {})
      : topology_(MakeTopology("mainstay")),
        driver_(
            broker_, topology_, [](std::int32_t, std::int32_t) { return std::make_unique<SegmentationProcessor>(); },
            std::move(options)) {}

  void Publish(const InEvent& event, Instant ingest) {
    const std::string topic = topology_.inputs[0];
    broker_.Append({topic, 0, ToMs(ingest), kBook.raw(), wire::EncodeInEvent(event)});
  }
  void Run() { ASSERT_TRUE(driver_.RunUntilIdle().has_value()); }
  void TickTo(Instant at) {
    ASSERT_TRUE(driver_.TickTo(at).has_value());
    Run();
  }

  std::map<std::string, ClientRecord> Clients() {
    std::map<std::string, ClientRecord> clients;
    const std::string prefix = kBook.raw() + '\0';
    EXPECT_TRUE(driver_.store(0).Scan(kClients, prefix, {}, [&](std::string_view key, std::string_view value) {
      clients[std::string(key.substr(prefix.size()))] = DecodeClient(value).value();
      return true;
    }));
    return clients;
  }
  std::vector<OutEvent> Segments() {
    std::vector<OutEvent> events;
    for (const auto& entry : broker_.All("mainstay.segments", 0)) {
      if (!entry.value->empty()) events.push_back(wire::DecodeOutEvent(*entry.value).value());
    }
    return events;
  }
  // What stays of each key on the compacted topic; empty: nothing.
  std::map<std::string, std::string> KeptSegments() {
    std::map<std::string, std::string> kept;
    for (const auto& entry : broker_.All("mainstay.segments", 0)) kept[entry.key] = *entry.value;
    return kept;
  }
  Reps BookReps() {
    const auto snapshot = driver_.store(0).TakeSnapshot().value();
    return ReadReps(*snapshot, kBook).value();
  }
  std::string RankingTrouble() { return segmentation::RankingTrouble(*driver_.store(0).TakeSnapshot().value(), kBook); }
  void Corrupt(stream::TableChange change) {
    ASSERT_TRUE(driver_.store(0).Apply({driver_.store(0).image().meta, {}, {std::move(change)}}).has_value());
  }
  std::size_t DeadLetters() { return broker_.All(topology_.dead_letter, 0).size(); }
  stream_sim::TaskDriver& driver() { return driver_; }

 private:
  stream_sim::SimBroker broker_{1};
  stream::Topology topology_;
  stream_sim::TaskDriver driver_;
};

InEvent Event(int number, const std::string& client, Instant time, InEventData data) {
  return {EventId{"e" + std::to_string(number)}, "test", time, kBook, ClientId{client}, std::move(data)};
}

OrderPlaced Order(const std::string& id, std::int64_t units, const Currency& currency = kGbp) {
  OrderLine line;
  line.product = ProductId{"p"};
  line.amount = Money::FromUnits(units);
  return {OrderId{id}, currency, {line}, std::nullopt, std::nullopt};
}

OrderRefunded Refund(const std::string& id, std::optional<OrderId> order, std::int64_t units) {
  return {RefundId{id}, std::move(order), kGbp, Money::FromUnits(units), {}};
}

// Revenue by client, recomputed from all facts taken so far.
std::map<std::string, Money> Revenue(const std::vector<InEvent>& facts, Instant now) {
  std::map<std::string, std::pair<std::string, std::pair<Instant, Money>>> orders;  // id -> client, time, net
  std::map<std::string, Money> revenue;
  for (const InEvent& fact : facts) {
    const auto* placed = std::get_if<OrderPlaced>(&fact.data);
    if (placed == nullptr) continue;
    orders[placed->order.raw()] = {fact.client->raw(), {fact.time, placed->lines[0].amount}};
  }
  const auto in_window = [&](Instant at) { return at <= now && at > now - std::chrono::days{365}; };
  for (const InEvent& fact : facts) {
    const auto* refund = std::get_if<OrderRefunded>(&fact.data);
    if (refund == nullptr) continue;
    const auto order = refund->order ? orders.find(refund->order->raw()) : orders.end();
    if (order != orders.end() && order->second.first == fact.client->raw()) {
      order->second.second.second -= refund->amount;
    } else if (in_window(fact.time)) {
      revenue[fact.client->raw()] -= refund->amount;
    }
  }
  for (const auto& [id, order] : orders) {
    const auto& [client, entry] = order;
    if (in_window(entry.first)) revenue[client] += std::max(entry.second, Money{});
  }
  return revenue;
}

// Rank tiers recomputed by sorting.
std::map<std::string, Tier> RankTiers(const std::map<std::string, Money>& revenue) {
  std::vector<Ranked> clients;
  clients.reserve(revenue.size());
  for (const auto& [id, money] : revenue) clients.push_back({money, ClientId{id}});
  std::erase_if(clients, [](const Ranked& client) { return client.revenue <= Money{}; });
  std::sort(clients.begin(), clients.end(), [](const Ranked& a, const Ranked& b) {
    return a.revenue != b.revenue ? a.revenue > b.revenue : a.client < b.client;
  });
  const std::size_t n = clients.size();
  const std::size_t a = std::min(n, std::max<std::size_t>(1, (20 * n + 50) / 100));
  const std::size_t ab = std::max(a, (36 * n + 50) / 100);
  std::map<std::string, Tier> tiers;
  for (std::size_t i = 0; i < n; ++i) tiers[clients[i].client.raw()] = i < a ? Tier::kA : i < ab ? Tier::kB : Tier::kC;
  return tiers;
}

// Goal: after every step of a random history, state equals what recomputing from all facts gives.
// Method: orders, refunds of known and unknown orders, late and redelivered ones, and long silences in which revenue
// leaves the window by timer; crashes at random commits. The probes at the end show that each was reached.
TEST(SegmentationProcessor, EqualsRecomputationAfterEveryStep) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  stream_sim::DriverOptions options;
  options.fault = [&](std::int32_t) {
    const auto fault = Below(random, 4) == 0 ? Below(random, stream_sim::kCommitFaults) : 0;
    return static_cast<stream_sim::CommitFault>(fault);
  };
  World world(options);
  std::vector<InEvent> facts;
  Instant now = kStart;
  int left_window = 0;
  int late = 0;
  for (int step = 0; step < 300; ++step) {
    now += std::chrono::hours{Below(random, 20) == 0 ? 24 * 120 : Below(random, 60)};
    const std::string client = "c" + std::to_string(Below(random, 12));
    const bool is_late = Below(random, 5) == 0;
    late += is_late ? 1 : 0;
    const Instant time = is_late ? now - std::chrono::hours{Below(random, 24 * 500)} : now;
    const auto units = static_cast<std::int64_t>(Below(random, 900) + 1) * 10'000;
    if (step > 0 && Below(random, 4) == 0) {  // Before the first order a refund waits for the book's currency.
      std::optional<OrderId> order;
      if (Below(random, 3) > 0) order = OrderId{"o" + std::to_string(Below(random, 300))};
      facts.push_back(Event(step, client, time, Refund("r" + std::to_string(step), order, units / 3 + 1)));
    } else {
      facts.push_back(Event(step, client, time, Order("o" + std::to_string(step), units)));
    }
    world.Publish(facts.back(), now);
    if (Below(random, 3) == 0) world.Publish(facts[Below(random, facts.size())], now);  // Delivered again.
    world.Run();
    const auto before = Revenue(facts, now - std::chrono::hours{1});
    const auto expected = Revenue(facts, now);
    const auto tiers = RankTiers(expected);
    for (const auto& [id, record] : world.Clients()) {
      const auto money = expected.find(id);
      ASSERT_EQ(record.window.trailing, money == expected.end() ? Money{} : money->second) << id << " step " << step;
      const auto tier = tiers.find(id);
      ASSERT_EQ(record.tier.rank_tier, tier == tiers.end() ? Tier::kNone : tier->second) << id << " step " << step;
      if (record.window.trailing <= Money{}) left_window += 1;
    }
    ASSERT_EQ(world.RankingTrouble(), "") << "step " << step;
  }
  EXPECT_EQ(world.DeadLetters(), 0U);
  EXPECT_GT(world.driver().crashes(), 0U) << "no crash was reached";
  EXPECT_GT(left_window, 0) << "no client ever stopped paying";
  EXPECT_GT(late, 0);
}

// Control of the comparison above: an entry or the totals left behind are found.
TEST(SegmentationProcessor, ARankingThatWasNotBroughtUpToDateIsFound) {
  for (const stream::TableId table : {kRanking, kTotals, kRankCounts}) {
    World world;
    world.Publish(Event(1, "acme", kStart, Order("o1", 100'000)), kStart);
    world.Publish(Event(2, "zeta", kStart, Order("o2", 200'000)), kStart);
    world.Publish(Event(4, "less", kStart, Order("o4", 90'000)), kStart);
    world.Run();
    ASSERT_EQ(world.RankingTrouble(), "");
    const stream_sim::TableImage before = world.driver().store(0).image().tables.at(table);
    world.Publish(Event(3, "acme", kStart, Order("o3", 900'000)), kStart);
    world.Run();
    for (const auto& [key, value] : before) world.Corrupt({table, key, value});
    EXPECT_NE(world.RankingTrouble(), "") << "table " << table;
  }
}

TEST(SegmentationProcessor, ABookFromBeforeThereWereCountsIsCountedWithItsNextChange) {
  World world;
  world.Publish(Event(1, "acme", kStart, Order("o1", 100'000)), kStart);
  world.Publish(Event(2, "zeta", kStart, Order("o2", 200'000)), kStart);
  world.Run();
  const auto& tables = world.driver().store(0).image().tables;
  BookTotals totals = DecodeTotals(tables.at(kTotals).at(kBook.raw())).value();
  EXPECT_FALSE(totals.octaves.empty());
  totals.octaves.clear();
  world.Corrupt({kTotals, kBook.raw(), Encode(totals)});
  const stream_sim::TableImage counts = tables.at(kRankCounts);
  for (const auto& [key, value] : counts) world.Corrupt({kRankCounts, key, std::nullopt});
  EXPECT_EQ(world.RankingTrouble(), "");
  world.driver().Crash(0, stream_sim::Loss::kProcess);  // Nothing of it is in memory any more.
  world.Publish(Event(3, "acme", kStart, Order("o3", 900'000)), kStart);
  world.Run();
  EXPECT_FALSE(DecodeTotals(tables.at(kTotals).at(kBook.raw())).value().octaves.empty());
  EXPECT_FALSE(tables.at(kRankCounts).empty());
  EXPECT_EQ(world.RankingTrouble(), "");
}

TEST(SegmentationProcessor, RevenueLeavesTheWindowByTimerWithoutTraffic) {
  World world;
  world.Publish(Event(1, "acme", kStart, Order("o1", 100'000)), kStart);
  world.Run();
  EXPECT_EQ(world.Clients().at("acme").tier.tier, Tier::kA);
  world.TickTo(kStart + std::chrono::days{365} - 1ms);
  EXPECT_EQ(world.Clients().at("acme").window.trailing.units(), 100'000);
  world.TickTo(kStart + std::chrono::days{365});
  EXPECT_EQ(world.Clients().at("acme").window.trailing.units(), 0);
  const auto segments = world.Segments();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(std::get<SegmentChanged>(segments[0].data).tier, Tier::kA);
  EXPECT_EQ(std::get<SegmentChanged>(segments[1].data).tier, Tier::kNone);
}

TEST(SegmentationProcessor, AnOrderInAnotherCurrencyIsADeadLetterAndChangesNothing) {
  World world;
  world.Publish(Event(1, "acme", kStart, Order("o1", 100'000)), kStart);
  world.Publish(Event(2, "acme", kStart, Order("o2", 500'000, Currency{"EUR"})), kStart);
  world.Run();
  EXPECT_EQ(world.DeadLetters(), 1U);
  EXPECT_EQ(world.Clients().at("acme").window.trailing.units(), 100'000);
}

TEST(SegmentationProcessor, NothingIsEmittedDuringAnImportAndEachClientOnceAtItsEnd) {
  World world;
  const auto book_event = [](int number, InEventData data) {
    return InEvent{EventId{"b" + std::to_string(number)}, "test", kStart, kBook, std::nullopt, std::move(data)};
  };
  world.Publish(book_event(1, ImportStarted{ImportId{"i"}, {}}), kStart);
  for (int i = 0; i < 20; ++i) {
    const std::string client = "c" + std::to_string(i % 10);
    world.Publish(Event(10 + i, client, kStart, Order("o" + std::to_string(i), 10'000 * (i + 1))), kStart);
  }
  world.Run();
  EXPECT_TRUE(world.Segments().empty());
  world.Publish(book_event(2, ImportFinished{ImportId{"i"}, {}}), kStart);
  world.Run();
  EXPECT_EQ(world.Segments().size(), 10U);
  for (const auto& [id, record] : world.Clients()) EXPECT_EQ(record.tier.tier, record.tier.rank_tier) << id;
}

TEST(SegmentationProcessor, NothingOfAnErasedClientStaysOnTheCompactedTopic) {
  World world;
  const std::string kept = stream::JoinKey({kBook.raw(), "acme"});
  world.Publish(Event(1, "acme", kStart, Order("o1", 100'000)), kStart);
  world.Publish(Event(2, "zeta", kStart, Order("o2", 100'000)), kStart);
  world.TickTo(kStart + std::chrono::days{100});  // A quarter ends: somebody is proposed.
  EXPECT_FALSE(world.KeptSegments().at(kept).empty());
  world.Publish(Event(3, "acme", kStart + std::chrono::days{101}, ClientErased{}), kStart + std::chrono::days{101});
  world.Run();
  for (const auto& [key, value] : world.KeptSegments()) {
    EXPECT_TRUE(value.empty() || !key.starts_with(kept)) << key;
  }
  EXPECT_FALSE(world.KeptSegments().at(stream::JoinKey({kBook.raw(), "zeta"})).empty());
  EXPECT_EQ(world.RankingTrouble(), "");
}

TEST(SegmentationProcessor, TheNewestRepSetStandsWholeInWhateverOrderTheyCome) {
  const auto said = [](int day, BookRole role, std::optional<std::int32_t> minutes) {
    return InEvent{EventId{"r" + std::to_string(day)},
                   "test",
                   kStart + std::chrono::days{day},
                   kBook,
                   std::nullopt,
                   RepSet{RepId{"ann"}, {}, role, minutes, {}, {}, {}}};
  };
  std::vector<InEvent> events = {said(1, BookRole::kSales, 120), said(2, BookRole::kSupport, 60),
                                 said(3, BookRole::kSales, {})};
  const auto by_id = [](const InEvent& a, const InEvent& b) { return a.id < b.id; };
  do {
    World world;
    for (const InEvent& event : events) world.Publish(event, kStart + std::chrono::days{4});
    world.Run();
    const Reps reps = world.BookReps();
    EXPECT_EQ(reps.at("ann").minutes, kDefaultMinutes) << "the newest one names none";
    EXPECT_TRUE(reps.at("ann").sales);
  } while (std::next_permutation(events.begin(), events.end(), by_id));
}

TEST(SegmentationProcessor, AnImportWithoutProgressIsGivenUpAfterADay) {
  World world;
  world.Publish({EventId{"b"}, "test", kStart, kBook, std::nullopt, ImportStarted{ImportId{"i"}, {}}}, kStart);
  world.Publish(Event(1, "acme", kStart, Order("o1", 100'000)), kStart);
  world.Run();
  world.TickTo(kStart + 24h - 1ms);
  EXPECT_TRUE(world.Segments().empty());
  world.TickTo(kStart + 24h);
  EXPECT_EQ(world.Segments().size(), 1U);
}

// Goal: what an order of one client costs does not grow with the orders the client already has.
// Method: the reads of the store are counted for a few orders and for four times as many, in the same time.
struct WhaleReads {
  std::size_t ordering = 0;   // One order after the other, until all have left both windows.
  std::size_t refunding = 0;  // All of them, oldest first or newest first.
};

WhaleReads ReadsOfAWhale(int orders, bool newest_first) {
  stream_sim::DriverOptions options;
  options.loop.cache_bytes = 0;
  options.loop.max_records_per_commit = 1;  // Else a scan finds in memory what was erased before.
  World world(std::move(options));
  const auto reads = [&] { return world.driver().store(0).reads(); };
  int number = 0;
  const Duration step = Duration{std::chrono::days{800}} / orders;
  for (int i = 0; i < orders; ++i) {
    const Instant at = kStart + i * step;
    world.Publish(Event(++number, "whale", at, Order("o" + std::to_string(i), 100)), at);
  }
  const Instant end = kStart + std::chrono::days{2'000};
  world.TickTo(end);
  WhaleReads counted;
  counted.ordering = reads();
  for (int i = 0; i < orders; ++i) {
    const std::string id = std::to_string(newest_first ? orders - 1 - i : i);
    world.Publish(Event(++number, "whale", end, Refund("r" + id, OrderId{"o" + id}, 100)), end);
  }
  world.Run();
  counted.refunding = reads() - counted.ordering;
  EXPECT_EQ(world.Clients().at("whale").products, 0);
  EXPECT_EQ(world.Clients().at("whale").order_days, 0);
  EXPECT_EQ(world.DeadLetters(), 0U);
  return counted;
}

TEST(SegmentationProcessor, AnOrderOfAClientWithManyCostsAsMuchAsOfOneWithFew) {
  for (const bool newest_first : {false, true}) {
    const WhaleReads few = ReadsOfAWhale(400, newest_first);
    const WhaleReads many = ReadsOfAWhale(1'600, newest_first);
    EXPECT_GT(few.refunding, 400U) << "vacuous: nothing was read";
    EXPECT_LT(many.ordering, 5 * few.ordering) << "four times as many orders";
    EXPECT_LT(many.refunding, 5 * few.refunding) << "four times as many refunds";
  }
}

TEST(SegmentationProcessor, NoStateValueGrowsWithTheOrdersAndProductsOfAClient) {
  World world;
  int number = 0;
  const auto largest = [&] {
    std::size_t bytes = 0;
    for (const auto& [table, entries] : world.driver().store(0).image().tables) {
      for (const auto& [key, value] : entries) bytes = std::max(bytes, value.size());
    }
    return bytes;
  };
  for (int i = 0; i < 3'000; ++i) {
    const Instant at = kStart + std::chrono::hours{i};
    OrderPlaced order = Order("o" + std::to_string(i), 100);
    order.lines[0].product = ProductId{"product-" + std::to_string(i % 500)};
    world.Publish(Event(++number, "whale", at, order), at);
  }
  OrderPlaced wide = Order("wide", 1);
  for (int i = 0; i < 5'000; ++i) {
    wide.lines.push_back(wide.lines[0]);
    wide.lines.back().product = ProductId{"product-number-" + std::to_string(i)};
    wide.lines.back().department = DepartmentId{"department"};
  }
  const Instant end = kStart + std::chrono::hours{3'000};
  world.Publish(Event(++number, "whale", end, wide), end);
  world.TickTo(end + std::chrono::days{800});
  EXPECT_EQ(world.DeadLetters(), 0U);
  EXPECT_EQ(world.Clients().at("whale").products, 5'501);
  EXPECT_GT(largest(), 10'000U) << "vacuous: the large order is stored in pieces of 16 KiB";
  EXPECT_LE(largest(), 65'536U);
}

TEST(SegmentationProcessor, APolicyAppliesToEverybodyAtOnce) {
  World world;
  for (int i = 0; i < 10; ++i) {
    const std::string client = "c" + std::to_string(i);
    world.Publish(Event(i, client, kStart, Order("o" + std::to_string(i), 10'000 * (i + 1))), kStart);
  }
  PolicySet policy;
  policy.tiers = ParseTierPolicy("split 50/30/20").value();
  world.Publish({EventId{"p"}, "test", kStart + 24h, kBook, std::nullopt, policy}, kStart + 24h);
  world.Run();
  std::map<Tier, int> counts;
  for (const auto& [id, record] : world.Clients()) ++counts[record.tier.tier];
  EXPECT_EQ(counts[Tier::kA], 5);
  EXPECT_EQ(counts[Tier::kB], 3);
  EXPECT_EQ(counts[Tier::kC], 2);
}

}  // namespace
}  // namespace mainstay::segmentation
