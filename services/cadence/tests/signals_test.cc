// The signals that follow from touches and orders, from the event to the answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "world.h"

namespace mainstay::cadence {
namespace {

using namespace std::chrono_literals;

struct Signal {
  double value = 0;
  std::vector<std::string> events;
};

Signal SignalOf(World& world, const std::string& kind, Instant at) {
  query::v1::GetCadenceResponse answer;
  EXPECT_TRUE(world.Cadence("acme", at, answer).ok());
  for (const query::v1::SignalInput& signal : answer.inputs().signals()) {
    if (signal.kind() == kind) return {signal.value(), {signal.event_ids().begin(), signal.event_ids().end()}};
  }
  return {};
}

InEvent Felt(const std::string& id, Instant at, double sentiment) {
  Touched touched = Call("ann");
  touched.sentiment = sentiment;
  return Event(id, "acme", at, touched);
}

TEST(CadenceSignals, TheFourthTouchInAWeekOfAnAClientIsOneTooMany) {
  World world;
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 100)));
  world.PublishTier("acme", Tier::kA, At(2026, 1, 5));
  for (int i = 0; i < 3; ++i)
    world.Publish(Event("t" + std::to_string(i), "acme", At(2026, 1, 6) + i * 24h, Call("ann")));
  world.Run();
  EXPECT_EQ(SignalOf(world, "over_contact", At(2026, 1, 8)).value, 0);
  world.Publish(Event("t3", "acme", At(2026, 1, 9), Call("ann")));
  world.Run();
  const Signal four = SignalOf(world, "over_contact", At(2026, 1, 9));
  EXPECT_EQ(four.value, 1);
  EXPECT_EQ(four.events, (std::vector<std::string>{"t0", "t1", "t2", "t3"}));
  EXPECT_EQ(SignalOf(world, "over_contact", At(2026, 1, 13) - 1s).value, 1);
  EXPECT_EQ(SignalOf(world, "over_contact", At(2026, 1, 13)).value, 0) << "the first one is a week old";
}

TEST(CadenceSignals, OrdersThatFallInValueCount) {
  World world;
  const auto order = [&](int number, std::int64_t whole) {
    const std::string id = "o" + std::to_string(number);
    world.Publish(Event(id, "acme", At(2026, 1, 5) + number * 7 * 24h, Order(id, whole)));
  };
  for (int i = 0; i < 4; ++i) order(i, 1'000);
  world.Run();
  EXPECT_EQ(SignalOf(world, "falling_order_value", At(2026, 2, 1)).value, 0);
  order(4, 200);
  world.Run();
  // 1,000 until now: the slow average is 920, the fast one 680.
  const Signal fell = SignalOf(world, "falling_order_value", At(2026, 2, 3));
  EXPECT_NEAR(fell.value, std::log(920.0 / 680.0), 1e-12);
  EXPECT_EQ(fell.events, std::vector<std::string>{"o4"});
  order(3, 1'000);  // Delivered again.
  world.Publish(Event("r", "acme", At(2026, 2, 4),
                      OrderRefunded{RefundId{"r"}, OrderId{"o4"}, kGbp, Money::FromUnits(2'000'000), {}}));
  world.Run();
  EXPECT_EQ(SignalOf(world, "falling_order_value", At(2026, 2, 5)).value, 0) << "a refunded order is none";
}

TEST(CadenceSignals, BadFeelingCountsAndGoodFeelingEndsIt) {
  World world;
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 100)));
  world.Publish(Felt("bad", At(2026, 1, 6), -0.8));
  world.Run();
  const Signal bad = SignalOf(world, "negative_sentiment", At(2026, 1, 7));
  EXPECT_DOUBLE_EQ(bad.value, 0.8);
  EXPECT_EQ(bad.events, std::vector<std::string>{"bad"});
  world.Publish(Felt("good", At(2026, 1, 8), 1));
  world.Run();
  EXPECT_DOUBLE_EQ(SignalOf(world, "negative_sentiment", At(2026, 1, 9)).value, 0.7 * 0.8);
}

TEST(CadenceSignals, WhatWasTakenBackWasNotFelt) {
  World world;
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 100)));
  world.Publish(Felt("late", At(2026, 1, 6), -1));
  world.Publish(Event("x", "acme", At(2026, 1, 7), TouchRetracted{EventId{"late"}}));
  world.Publish(Event("y", "acme", At(2026, 1, 7), TouchRetracted{EventId{"early"}}));
  world.Publish(Felt("early", At(2026, 1, 6), -1), At(2026, 1, 8));
  world.Run();
  EXPECT_EQ(SignalOf(world, "negative_sentiment", At(2026, 1, 9)).value, 0);
  world.Publish(Felt("control", At(2026, 1, 9), -1));
  world.Run();
  EXPECT_EQ(SignalOf(world, "negative_sentiment", At(2026, 1, 9)).value, 1);
}

TEST(CadenceSignals, ATouchOfAnotherSourceWithTheSameIdIsNotTakenBack) {
  World world;
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 100)));
  InEvent by_phone = Felt("7", At(2026, 1, 6), -1);
  by_phone.source = "phone";
  world.Publish(by_phone);
  world.Publish(Felt("7", At(2026, 1, 6), 1));
  world.Publish(Event("x", "acme", At(2026, 1, 7), TouchRetracted{EventId{"7"}}));
  world.Run();
  EXPECT_EQ(SignalOf(world, "negative_sentiment", At(2026, 1, 9)).value, 1);
  InEvent taken_back = Event("y", "acme", At(2026, 1, 7), TouchRetracted{EventId{"7"}});
  taken_back.source = "phone";
  world.Publish(taken_back);
  world.Run();
  EXPECT_EQ(SignalOf(world, "negative_sentiment", At(2026, 1, 9)).value, 0);
}

// Who was sent stays longer while the one that sent it stays, in whatever order one hears of it.
TEST(CadenceSignals, AReferredClientIsBoundByItsReferrerInEveryOrderOfEvents) {
  std::vector<InEvent> events = {
      Event("o", "acme", At(2026, 1, 5), Order("o", 100)),
      Event("won", "friend", At(2026, 1, 6), ReferralWon{ReferralId{"r"}, ClientId{"acme"}, std::nullopt}),
      Event("lost", "friend", At(2026, 1, 7), ClientLost{LossReason::kOther, std::nullopt, {}})};
  const auto earlier = [](const InEvent& a, const InEvent& b) { return a.id < b.id; };
  std::sort(events.begin(), events.end(), earlier);
  do {
    World world;
    for (const InEvent& event : events) world.Publish(event, At(2026, 1, 8));
    world.Run();
    const Signal referred = SignalOf(world, "referred", At(2026, 1, 9));
    EXPECT_EQ(referred.value, 1);
    EXPECT_EQ(referred.events, std::vector<std::string>{"won"});
    const Signal lost = SignalOf(world, "referrer_lost", At(2026, 1, 9));
    EXPECT_EQ(lost.value, 1);
    EXPECT_EQ(lost.events, std::vector<std::string>{"lost"});
    world.Publish(Event("back", "friend", At(2026, 1, 10), ClientReturned{}));
    world.Run();
    EXPECT_EQ(SignalOf(world, "referrer_lost", At(2026, 1, 11)).value, 0);
    EXPECT_EQ(SignalOf(world, "referred", At(2026, 1, 11)).value, 1);
  } while (std::next_permutation(events.begin(), events.end(), earlier));
}

TEST(CadenceSignals, TheEarliestReferralOfAClientStands) {
  World world;
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 100)));
  const auto won = [&](const std::string& by, int day) {
    const InEvent event = Event("won-" + by, by, At(2026, 1, 5 + static_cast<unsigned>(day)),
                                ReferralWon{ReferralId{by}, ClientId{"acme"}, {}});
    world.Publish(event, At(2026, 1, 20));
  };
  won("second", 2);
  won("first", 1);
  won("third", 3);
  world.Publish(Event("l2", "second", At(2026, 1, 21), ClientLost{LossReason::kOther, std::nullopt, {}}));
  world.Run();
  EXPECT_EQ(SignalOf(world, "referred", At(2026, 1, 22)).events, std::vector<std::string>{"won-first"});
  EXPECT_EQ(SignalOf(world, "referrer_lost", At(2026, 1, 22)).value, 0) << "it did not send this one";
  world.Publish(Event("l1", "first", At(2026, 1, 21), ClientLost{LossReason::kOther, std::nullopt, {}}));
  world.Run();
  EXPECT_EQ(SignalOf(world, "referrer_lost", At(2026, 1, 22)).value, 1);
}

TEST(CadenceSignals, AReferrerThatWentUpInAnotherClientStillBinds) {
  World world;
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 100)));
  world.Publish(Event("won", "friend", At(2026, 1, 6), ReferralWon{ReferralId{"r"}, ClientId{"acme"}, {}}));
  world.Publish(Event("m", "friend", At(2026, 1, 7), ClientMerged{ClientId{"group"}}));
  world.Publish(Event("lost", "group", At(2026, 1, 8), ClientLost{LossReason::kOther, std::nullopt, {}}));
  world.Run();
  EXPECT_EQ(SignalOf(world, "referrer_lost", At(2026, 1, 9)).value, 1);
  world.Publish(Event("e", "group", At(2026, 1, 9), ClientErased{}));
  world.Run();
  for (const std::string& entry : world.Tables()) {
    EXPECT_EQ(entry.find("friend"), entry.npos) << entry;
    EXPECT_EQ(entry.find("group"), entry.npos) << entry;
  }
}

TEST(CadenceSignals, AnErasedClientLeavesNoNameAtItsReferrer) {
  World world;
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 100)));
  world.Publish(Event("m", "twin", At(2026, 1, 5), Order("o2", 100)));
  world.Publish(Event("won", "friend", At(2026, 1, 6), ReferralWon{ReferralId{"r"}, ClientId{"twin"}, {}}));
  world.Publish(Event("up", "twin", At(2026, 1, 7), ClientMerged{ClientId{"acme"}}));
  world.Run();
  EXPECT_EQ(SignalOf(world, "referred", At(2026, 1, 7)).value, 1);
  world.Publish(Event("e", "acme", At(2026, 1, 8), ClientErased{}));
  world.Run();
  for (const std::string& entry : world.Tables()) {
    EXPECT_EQ(entry.find("acme"), entry.npos) << entry;
    EXPECT_EQ(entry.find("twin"), entry.npos) << entry;
  }
}

}  // namespace
}  // namespace mainstay::cadence
