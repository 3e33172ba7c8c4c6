#include "mainstay/vocabulary/order_ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <variant>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"

namespace mainstay::ledger {
namespace {

using std::chrono::days;

constexpr Instant At(int day) { return Instant{days{day}}; }
constexpr Money Of(std::int64_t units) { return Money::FromUnits(units); }
constexpr Money kMax = Money::FromUnits(std::numeric_limits<std::int64_t>::max());

LedgerOrder Order(const char* client, const char* id, int day, std::int64_t gross) {
  LedgerOrder order;
  order.client = ClientId{client};
  order.id = OrderId{id};
  order.event_id = EventId{std::string("e-") + id};
  order.time = At(day);
  order.gross = Of(gross);
  order.content = HashParts({id, std::to_string(day), std::to_string(gross)});
  return order;
}

LedgerRefund Refund(const char* client, const char* id, const char* order, int day, std::int64_t amount) {
  LedgerRefund refund;
  refund.client = ClientId{client};
  refund.id = RefundId{id};
  if (order != nullptr) refund.order_id = OrderId{order};
  refund.time = At(day);
  refund.amount = Of(amount);
  refund.content = HashParts({id, std::to_string(day), std::to_string(amount)});
  return refund;
}

OrderCorrection Correction(const char* client, const char* order, const char* event, int day, std::int64_t gross) {
  return {ClientId{client}, OrderId{order}, EventId{event}, At(day), Of(gross), HashParts({event})};
}

TEST(Ledger, AnOrderCountsAtItsOwnTime) {
  const Decision decision = PlaceOrder(nullptr, {}, Order("acme", "o1", 10, 500));
  EXPECT_EQ(decision.outcome, Outcome::kAccepted);
  EXPECT_EQ(decision.order, Order("acme", "o1", 10, 500));
  EXPECT_EQ(decision.revenue_changes, (std::vector<RevenueChange>{{At(10), Of(500)}}));
  EXPECT_EQ(decision.order_day_changes, (std::vector<OrderDayChange>{{At(10), Of(500)}}));
}

TEST(Ledger, ARefundLowersItsOrderAtTheOrdersTimeAndNotBelowZero) {
  const LedgerOrder order = Order("acme", "o1", 10, 500);
  const Decision part = RefundOrder(nullptr, &order, Refund("acme", "r1", "o1", 90, 200));
  EXPECT_EQ(part.revenue_changes, (std::vector<RevenueChange>{{At(10), Of(-200)}}));
  EXPECT_EQ(part.order_day_changes, (std::vector<OrderDayChange>{{At(10), Of(-200)}}));
  ASSERT_EQ(part.refunds.size(), 1U);
  EXPECT_TRUE(part.refunds[0].applied);
  const Decision rest = RefundOrder(nullptr, &*part.order, Refund("acme", "r2", "o1", 95, 900));
  EXPECT_EQ(rest.revenue_changes, (std::vector<RevenueChange>{{At(10), Of(-300)}}));
  EXPECT_EQ(rest.order->refunded, Of(1'100));
  EXPECT_EQ(rest.order->net(), Of(0));
}

TEST(Ledger, ARefundOfAnUnknownOrderCountsAtItsOwnTimeAndTouchesNoOrderDay) {
  for (const char* named : {static_cast<const char*>(nullptr), "o1"}) {
    const Decision decision = RefundOrder(nullptr, nullptr, Refund("acme", "r1", named, 90, 200));
    EXPECT_EQ(decision.outcome, Outcome::kAccepted);
    EXPECT_EQ(decision.revenue_changes, (std::vector<RevenueChange>{{At(90), Of(-200)}}));
    EXPECT_TRUE(decision.order_day_changes.empty());
    EXPECT_FALSE(decision.order.has_value());
    EXPECT_FALSE(decision.refunds.at(0).applied);
  }
}

TEST(Ledger, AWaitingRefundMovesToItsOrder) {
  const std::vector<LedgerRefund> waiting = {Refund("acme", "r1", "o1", 90, 200), Refund("other", "r2", "o1", 91, 1)};
  const Decision decision = PlaceOrder(nullptr, waiting, Order("acme", "o1", 10, 500));
  EXPECT_EQ(decision.revenue_changes, (std::vector<RevenueChange>{{At(90), Of(200)}, {At(10), Of(300)}}));
  EXPECT_EQ(decision.order_day_changes, (std::vector<OrderDayChange>{{At(10), Of(300)}}));
  ASSERT_EQ(decision.refunds.size(), 1U) << "a refund of another client stays where it is";
  EXPECT_TRUE(decision.refunds[0].applied);
}

TEST(Ledger, ARefundOfAnotherClientsOrderIsARefundOfAnUnknownOrder) {
  const LedgerOrder order = Order("acme", "o1", 10, 500);
  const Decision decision = RefundOrder(nullptr, &order, Refund("other", "r1", "o1", 90, 200));
  EXPECT_FALSE(decision.order.has_value());
  EXPECT_EQ(decision.revenue_changes, (std::vector<RevenueChange>{{At(90), Of(-200)}}));
}

TEST(Ledger, AKnownIdWithTheSameContentIsAlreadySeenAndWithOtherContentAConflict) {
  const LedgerOrder order = Order("acme", "o1", 10, 500);
  EXPECT_EQ(PlaceOrder(&order, {}, order).outcome, Outcome::kAlreadySeen);
  EXPECT_EQ(PlaceOrder(&order, {}, Order("other", "o1", 10, 500)).outcome, Outcome::kConflict);
  const Decision other = PlaceOrder(&order, {}, Order("acme", "o1", 10, 501));
  EXPECT_EQ(other.outcome, Outcome::kConflict);
  EXPECT_EQ(other.reason, "order o1 is known with other content; send OrderCorrected");
  EXPECT_FALSE(other.order.has_value());
  const LedgerRefund refund = Refund("acme", "r1", "o1", 90, 200);
  EXPECT_EQ(RefundOrder(&refund, &order, refund).outcome, Outcome::kAlreadySeen);
  EXPECT_EQ(RefundOrder(&refund, &order, Refund("acme", "r1", "o1", 90, 201)).outcome, Outcome::kConflict);
}

TEST(Ledger, ACorrectionKeepsTheTimeAndTheOriginalStaysADuplicate) {
  const LedgerOrder placed = Order("acme", "o1", 10, 500);
  const Decision corrected = CorrectOrder(&placed, Correction("acme", "o1", "c1", 30, 350));
  EXPECT_EQ(corrected.revenue_changes, (std::vector<RevenueChange>{{At(10), Of(-150)}}));
  EXPECT_EQ(corrected.order_day_changes, (std::vector<OrderDayChange>{{At(10), Of(-150)}}));
  ASSERT_TRUE(corrected.order.has_value());
  EXPECT_EQ(PlaceOrder(&*corrected.order, {}, placed).outcome, Outcome::kAlreadySeen) << "last year's file again";
  EXPECT_EQ(CorrectOrder(&*corrected.order, Correction("acme", "o1", "c1", 30, 350)).outcome, Outcome::kAlreadySeen);
  EXPECT_EQ(CorrectOrder(&*corrected.order, Correction("acme", "o1", "c0", 29, 1)).outcome, Outcome::kAlreadySeen);
  EXPECT_EQ(CorrectOrder(&*corrected.order, Correction("acme", "o1", "c2", 30, 1)).outcome, Outcome::kAccepted);
}

TEST(Ledger, ACorrectionOfAnUnknownOrderOrAnotherClientsIsABusinessNo) {
  const Decision unknown = CorrectOrder(nullptr, Correction("acme", "o9", "c1", 30, 350));
  EXPECT_EQ(unknown.outcome, Outcome::kUnknownOrder);
  EXPECT_EQ(unknown.reason, "order o9 is not known; send OrderPlaced first");
  const LedgerOrder order = Order("acme", "o1", 10, 500);
  EXPECT_EQ(CorrectOrder(&order, Correction("other", "o1", "c1", 30, 350)).outcome, Outcome::kConflict);
}

TEST(Ledger, OverflowIsRefusedAndNothingIsWritten) {
  LedgerOrder order = Order("acme", "o1", 10, 500);
  order.refunded = kMax;
  const Decision refund = RefundOrder(nullptr, &order, Refund("acme", "r1", "o1", 90, 1));
  EXPECT_EQ(refund.outcome, Outcome::kRefused);
  EXPECT_TRUE(refund.refunds.empty());
  const std::vector<LedgerRefund> waiting = {Refund("acme", "r1", "o1", 1, kMax.units()),
                                             Refund("acme", "r2", "o1", 2, 1)};
  const Decision placed = PlaceOrder(nullptr, waiting, Order("acme", "o1", 10, 500));
  EXPECT_EQ(placed.outcome, Outcome::kRefused);
  EXPECT_TRUE(placed.revenue_changes.empty());
  EXPECT_EQ(RefundOrder(nullptr, nullptr, Refund("acme", "r1", "o1", 1, 0)).outcome, Outcome::kRefused);
  order.gross = -kMax;
  EXPECT_EQ(order.net(), Money{});
  const std::vector<RevenueChange> two = {{At(0), kMax}, {At(0), Of(1)}};
  EXPECT_FALSE(ApplyInWindow(Money{}, two, At(0)).has_value());
}

TEST(Ledger, TheWindowIsOpenOnTheLeftAndClosedOnTheRight) {
  const Instant at = At(1000);
  EXPECT_FALSE(InWindow(at, at - Duration{1}));
  EXPECT_TRUE(InWindow(at, WindowEntersAt(at)));
  EXPECT_TRUE(InWindow(at, WindowLeavesAt(at) - Duration{1}));
  EXPECT_FALSE(InWindow(at, WindowLeavesAt(at)));
  EXPECT_EQ(WindowLeavesAt(at), At(1365));
}

using Fact = std::variant<LedgerOrder, LedgerRefund, OrderCorrection>;

// A store over maps, as an engine would hold it: the ledger, revenue by (client, instant) and order days.
struct Store {
  std::map<OrderId, LedgerOrder> orders;
  std::map<RefundId, LedgerRefund> refunds;
  std::map<std::pair<ClientId, Instant>, Money> revenue;
  std::map<std::pair<ClientId, Instant>, Money> order_days;
  std::map<Outcome, int> outcomes;
  int moved = 0;  // Refunds that waited for their order.

  const LedgerOrder* Find(const OrderId& id) const {
    const auto it = orders.find(id);
    return it == orders.end() ? nullptr : &it->second;
  }

  Outcome Take(const Fact& fact) {
    ClientId client;
    Decision decision;
    if (const auto* placed = std::get_if<LedgerOrder>(&fact)) {
      client = placed->client;
      std::vector<LedgerRefund> waiting;
      for (const auto& [id, refund] : refunds) {
        if (!refund.applied && refund.order_id == placed->id) waiting.push_back(refund);
      }
      decision = PlaceOrder(Find(placed->id), waiting, *placed);
      moved += static_cast<int>(decision.refunds.size());
    } else if (const auto* refund = std::get_if<LedgerRefund>(&fact)) {
      client = refund->client;
      const auto known = refunds.find(refund->id);
      decision = RefundOrder(known == refunds.end() ? nullptr : &known->second,
                             refund->order_id ? Find(*refund->order_id) : nullptr, *refund);
    } else {
      const auto& correction = std::get<OrderCorrection>(fact);
      client = correction.client;
      decision = CorrectOrder(Find(correction.order_id), correction);
    }
    ++outcomes[decision.outcome];
    if (decision.order) orders[decision.order->id] = *decision.order;
    for (const LedgerRefund& entry : decision.refunds) refunds[entry.id] = entry;
    for (const RevenueChange& change : decision.revenue_changes) Add(revenue, {client, change.at}, change.delta);
    for (const OrderDayChange& c : decision.order_day_changes) Add(order_days, {client, c.order_time}, c.net_delta);
    return decision.outcome;
  }

  static void Add(std::map<std::pair<ClientId, Instant>, Money>& sums, const std::pair<ClientId, Instant>& key,
                  Money delta) {
    if ((sums[key] += delta) == Money{}) sums.erase(key);
  }
};

std::vector<Fact> RandomFacts(Random& random) {
  std::vector<Fact> facts;
  const char* clients[] = {"a", "b"};
  for (int i = 0; i < 12; ++i) {
    const std::string id = "o" + std::to_string(i);
    const char* client = clients[Below(random, 2)];
    facts.emplace_back(Order(client, id.c_str(), static_cast<int>(Below(random, 30)),
                             static_cast<std::int64_t>(Below(random, 100)) - 10));
    for (std::uint64_t c = Below(random, 3); c > 0; --c) {
      const std::string event = "c" + std::to_string(facts.size());
      facts.emplace_back(Correction(client, id.c_str(), event.c_str(), static_cast<int>(Below(random, 4)),
                                    static_cast<std::int64_t>(Below(random, 100))));
    }
  }
  for (int i = 0; i < 16; ++i) {
    const std::string id = "r" + std::to_string(i);
    const std::string order = "o" + std::to_string(Below(random, 14));  // o12 and o13 never come.
    facts.emplace_back(Refund(clients[Below(random, 2)], id.c_str(), Below(random, 5) == 0 ? nullptr : order.c_str(),
                              static_cast<int>(Below(random, 30)), 1 + static_cast<std::int64_t>(Below(random, 60))));
  }
  return facts;
}

// The rules said in one pass over all facts at once.
void ExpectIndependentTotals(const std::vector<Fact>& facts, const Store& store) {
  Store expected;
  for (const Fact& fact : facts) {
    const auto* order = std::get_if<LedgerOrder>(&fact);
    if (order == nullptr) continue;
    std::int64_t gross = order->gross.units();
    std::pair<Instant, EventId> newest{Instant::min(), EventId{}};
    std::int64_t refunded = 0;
    for (const Fact& other : facts) {
      const auto* correction = std::get_if<OrderCorrection>(&other);
      if (correction != nullptr && correction->order_id == order->id &&
          newest < std::pair{correction->time, correction->event_id}) {
        newest = {correction->time, correction->event_id};
        gross = correction->gross.units();
      }
      const auto* refund = std::get_if<LedgerRefund>(&other);
      if (refund != nullptr && refund->order_id == order->id && refund->client == order->client) {
        refunded += refund->amount.units();
      }
    }
    const Money net = Of(std::max<std::int64_t>(0, gross - refunded));
    Store::Add(expected.revenue, {order->client, order->time}, net);
    Store::Add(expected.order_days, {order->client, order->time}, net);
  }
  for (const Fact& fact : facts) {
    const auto* refund = std::get_if<LedgerRefund>(&fact);
    if (refund == nullptr) continue;
    const bool has_order = std::any_of(facts.begin(), facts.end(), [&](const Fact& other) {
      const auto* order = std::get_if<LedgerOrder>(&other);
      return order != nullptr && refund->order_id == order->id && refund->client == order->client;
    });
    if (!has_order) Store::Add(expected.revenue, {refund->client, refund->time}, -refund->amount);
  }
  EXPECT_EQ(store.revenue, expected.revenue);
  EXPECT_EQ(store.order_days, expected.order_days);
}

// Goal: facts end in the same state under any arrival order, with any number of redeliveries, and revenue equals
// an independent computation. Method: seeded facts, shuffled; a correction that came before its order is a business
// no and is sent again at the end, which is how "corrections follow their order" is met.
TEST(Ledger, FinalStateDoesNotDependOnArrivalOrder) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  int moved = 0;
  std::map<Outcome, int> outcomes;
  for (int round = 0; round < 100; ++round) {
    const std::vector<Fact> facts = RandomFacts(random);
    Store sorted;
    for (const Fact& fact : facts) sorted.Take(fact);
    ExpectIndependentTotals(facts, sorted);
    for (int shuffle = 0; shuffle < 5; ++shuffle) {
      std::vector<Fact> arriving = facts;
      for (std::size_t i = 0; i < facts.size(); ++i) arriving.push_back(facts[Below(random, facts.size())]);
      for (std::size_t i = arriving.size(); i > 1; --i) std::swap(arriving[i - 1], arriving[Below(random, i)]);
      Store store;
      std::vector<Fact> early;
      for (const Fact& fact : arriving) {
        if (store.Take(fact) == Outcome::kUnknownOrder) early.push_back(fact);
      }
      for (const Fact& fact : early) EXPECT_NE(store.Take(fact), Outcome::kUnknownOrder);
      ASSERT_EQ(store.orders, sorted.orders);
      ASSERT_EQ(store.refunds, sorted.refunds);
      ASSERT_EQ(store.revenue, sorted.revenue);
      ASSERT_EQ(store.order_days, sorted.order_days);
      moved += store.moved;
      for (const auto& [outcome, count] : store.outcomes) outcomes[outcome] += count;
    }
  }
  EXPECT_GT(moved, 0) << "vacuous: no refund ever waited for its order";
  EXPECT_GT(outcomes[Outcome::kAlreadySeen], 0);
  EXPECT_GT(outcomes[Outcome::kUnknownOrder], 0);
  EXPECT_EQ(outcomes[Outcome::kConflict], 0);
}

}  // namespace
}  // namespace mainstay::ledger
