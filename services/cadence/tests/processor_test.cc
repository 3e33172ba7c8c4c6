// What one client, one book and the clock make the cadence service say.
#include "services/cadence/processor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

#include "mainstay/risk/score.h"
#include "world.h"

namespace mainstay::cadence {
namespace {

using namespace std::chrono_literals;

template <class Fact>
std::vector<Fact> Only(const std::vector<OutEvent>& events) {
  std::vector<Fact> facts;
  for (const OutEvent& event : events) {
    if (const auto* fact = std::get_if<Fact>(&event.data)) facts.push_back(*fact);
  }
  return facts;
}

std::vector<ChurnRiskChanged> Changes(const World& world, Instant since = Instant::min()) {
  std::vector<OutEvent> events = world.Risk();
  std::erase_if(events, [&](const OutEvent& event) { return event.time < since; });
  return Only<ChurnRiskChanged>(events);
}

bool Cites(const ChurnRiskChanged& change, const std::string& event) {
  return std::any_of(change.reasons.begin(), change.reasons.end(), [&](const RiskReason& reason) {
    return std::find(reason.events.begin(), reason.events.end(), EventId{event}) != reason.events.end();
  });
}

double InputOf(const ChurnRiskChanged& change, const std::string& name) {
  for (const RiskInput& input : change.inputs) {
    if (input.name == name) return input.value;
  }
  ADD_FAILURE() << "no input " << name;
  return 0;
}

// Four orders a year apart, the last on 2026-01-04.
void PublishAnnualBuyer(World& world, const std::string& client) {
  for (int i = 0; i < 4; ++i) {
    const std::string id = client + "-" + std::to_string(i);
    world.Publish(Event(id, client, At(2023 + i, 1, 4), Order(id, 1000)));
  }
}

TEST(CadenceProcessor, ACompetitorCallRaisesTheLevelAtOnceAndCitesItsEvent) {
  World world;
  PublishAnnualBuyer(world, "acme");
  world.Publish(Event("call", "acme", At(2026, 1, 5), CompetitorCalled{}));
  world.Run();
  const auto changes = Changes(world, At(2026, 1, 5));
  ASSERT_EQ(changes.size(), 1U);
  const ChurnRiskChanged& change = changes[0];
  EXPECT_EQ(change.level, RiskLevel::kElevated);
  EXPECT_EQ(change.previous_level, RiskLevel::kLow);
  EXPECT_EQ(change.trigger, RiskTrigger::kRule);
  EXPECT_EQ(change.sequence, 1);
  EXPECT_EQ(change.model_version, "default-1");
  EXPECT_TRUE(Cites(change, "call"));
  EXPECT_EQ(world.Risk().back().time, At(2026, 1, 5));
  ASSERT_TRUE(change.probability && change.at_stake);
  // Anybody can compute it again: P_churn times the three values among the inputs.
  const double residual = InputOf(change, "residual_value");
  const double replacement = InputOf(change, "replacement_cost");
  EXPECT_EQ(InputOf(change, "referral_value"), 0);
  EXPECT_GT(residual, 0);
  EXPECT_EQ(replacement, 5 * 4 * 5);  // Five years of four calls of five minutes, at 1 a minute.
  EXPECT_NEAR(static_cast<double>(change.at_stake->money.units()), 1e4 * *change.probability * (residual + replacement),
              1);
  EXPECT_EQ(change.at_stake->currency, kGbp);
}

TEST(CadenceProcessor, WhatIsAtStakeFollowsThePolicyAndTheReferralsOfTheBook) {
  World world;
  PublishAnnualBuyer(world, "acme");
  PublishAnnualBuyer(world, "beta");
  PolicySet policy;
  policy.thresholds = {{"acquisition_cost", 700}, {"refill_chance", .5}};
  world.Publish(BookEvent("p", At(2026, 1, 4), policy));
  world.Publish(Event("r1", "acme", At(2026, 1, 4), ReferralGiven{ReferralId{"one"}, {}, {}}));
  world.Publish(Event("r2", "acme", At(2026, 1, 4), ReferralGiven{ReferralId{"two"}, {}, {}}));
  world.Publish(Event("call", "acme", At(2026, 1, 5), CompetitorCalled{}));
  world.Publish(Event("won", "acme", At(2026, 1, 6), ReferralWon{ReferralId{"one"}, {}, {}}));
  world.Publish(Event("call-b", "beta", At(2026, 1, 6), CompetitorCalled{}));
  world.Publish(Event("r3", "beta", At(2026, 1, 6), ReferralGiven{ReferralId{"three"}, {}, {}}));
  world.Publish(Event("complaint", "beta", At(2026, 1, 6), ComplaintMade{ComplaintId{"c"}, {}}));
  world.Run();
  const auto changes = Changes(world, At(2026, 1, 5));
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(InputOf(changes[0], "replacement_cost"), 350);
  const double two_before_one_was_won = InputOf(changes[0], "referral_value");
  EXPECT_GT(two_before_one_was_won, 0);
  EXPECT_EQ(InputOf(changes[1], "referral_value"), 0);
  // beta is like acme, a day older, with one referral: won with 3/7 where it was 2/6 before.
  EXPECT_NEAR(InputOf(changes[2], "referral_value") / two_before_one_was_won, (3.0 / 7) / (2 * 2.0 / 6), .01);
}

TEST(CadenceProcessor, ACompetitorCallHoldsTheLevelForEightWeeks) {
  World world;
  PublishAnnualBuyer(world, "acme");
  world.Publish(Event("call", "acme", At(2026, 1, 5), CompetitorCalled{}));
  world.TickTo(At(2026, 1, 5) + std::chrono::weeks{8} - 2s);
  ASSERT_EQ(Changes(world, At(2026, 1, 5)).size(), 1U);
  world.TickTo(At(2026, 1, 5) + std::chrono::weeks{8} + 2s);
  const auto changes = Changes(world, At(2026, 1, 5));
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[1].level, RiskLevel::kLow);
  EXPECT_EQ(changes[1].episode, changes[0].episode);
  EXPECT_EQ(changes[1].sequence, 2);
}

TEST(CadenceProcessor, AnAnnualBuyerWhoOrderedYesterdayIsLow) {
  World world;
  PublishAnnualBuyer(world, "acme");
  world.TickTo(At(2026, 1, 5));
  query::v1::GetCadenceResponse answer;
  ASSERT_TRUE(world.Cadence("acme", At(2026, 1, 5), answer).ok());
  EXPECT_EQ(answer.risk().level(), "LOW");
  EXPECT_LT(answer.risk().excess(), 0.01);
  EXPECT_EQ(answer.inputs().x(), 3);
  EXPECT_TRUE(Changes(world, At(2026, 1, 5, 0)).empty());
  EXPECT_EQ(world.Client("acme").risk.level, RiskLevel::kLow);
}

TEST(CadenceProcessor, ALevelRisesByTimeAloneWithinASecondOfItsCrossing) {
  World world;
  PublishAnnualBuyer(world, "acme");
  world.TickTo(At(2028, 6, 1));
  const auto risk = world.Risk();
  ASSERT_GE(risk.size(), 2U);
  const OutEvent& elevated = risk[risk.size() - 2];
  const OutEvent& high = risk.back();
  EXPECT_EQ(std::get<ChurnRiskChanged>(elevated.data).level, RiskLevel::kElevated);
  EXPECT_EQ(std::get<ChurnRiskChanged>(elevated.data).trigger, RiskTrigger::kLevel);
  EXPECT_EQ(std::get<ChurnRiskChanged>(high.data).level, RiskLevel::kHigh);
  const ClientRecord client = world.Client("acme");
  const Book book{kBook, {}, ZoneRules{}, true};
  for (const auto& [event, limit] : {std::pair{elevated, 0.30}, std::pair{high, 0.55}}) {
    const auto facts = FactsOf(client, book, ZoneRules{}, event.time);
    const risk::ChurnParameters parameters;
    const risk::ChurnCurve curve(facts, parameters);
    EXPECT_GE(curve.Excess(event.time), limit);
    EXPECT_LT(curve.Excess(event.time - 1s), limit);
  }
}

TEST(CadenceProcessor, ASevenDayCadenceFallsDueOnceAndIsOverdueOnceUntilATouch) {
  World world;
  world.Publish(Event("u", "acme", At(2026, 1, 5), ClientUpdated{}));  // A Monday.
  world.PublishTier("acme", Tier::kA, At(2026, 1, 5));
  world.Publish(Event("t1", "acme", At(2026, 1, 6), Call("ann")));
  world.TickTo(At(2026, 1, 13, 0) - 1ms);
  EXPECT_TRUE(world.Cadence().empty());
  world.TickTo(At(2026, 1, 13, 0));
  ASSERT_EQ(Only<TouchFellDue>(world.Cadence()).size(), 1U);
  world.TickTo(At(2026, 2, 20));
  ASSERT_EQ(Only<TouchFellDue>(world.Cadence()).size(), 1U);
  ASSERT_EQ(Only<TouchBecameOverdue>(world.Cadence()).size(), 1U);
  EXPECT_EQ(FormatDay(*Only<TouchBecameOverdue>(world.Cadence())[0].plan.overdue_since), "2026-01-15");
  ASSERT_FALSE(Changes(world).empty());
  EXPECT_EQ(Changes(world)[0].trigger, RiskTrigger::kRule);
  EXPECT_TRUE(Cites(Changes(world)[0], "t1"));
  world.Publish(Event("t2", "acme", At(2026, 2, 20, 13), Call("bob")));
  world.Run();
  const auto cleared = Only<TouchCleared>(world.Cadence());
  ASSERT_EQ(cleared.size(), 1U);
  EXPECT_EQ(cleared[0].touch_event, EventId{"t2"});
  EXPECT_EQ(cleared[0].plan.episode, Only<TouchFellDue>(world.Cadence())[0].plan.episode);
  EXPECT_EQ(Changes(world).back().level, RiskLevel::kLow);
}

TEST(CadenceProcessor, ALateTouchThatLeavesTheDueDayWhereItIsEndsNothingAndRaisesNothingAnew) {
  World world;
  world.Publish(Event("u", "acme", At(2026, 1, 5), ClientUpdated{}));
  world.PublishTier("acme", Tier::kA, At(2026, 1, 5));
  world.Publish(Event("t1", "acme", At(2026, 1, 6), Call("ann")));
  world.TickTo(At(2026, 1, 16));
  ASSERT_EQ(Changes(world).size(), 1U);
  world.Publish(Event("t2", "acme", At(2026, 1, 6, 15), Call("bob")), At(2026, 1, 16));  // The same day.
  world.TickTo(At(2026, 1, 20));
  EXPECT_EQ(world.Client("acme").plan.base->touch->id, EventId{"t2"}) << "the late touch was taken";
  EXPECT_EQ(world.Client("acme").overdue_event, EventId{"t1"});
  EXPECT_TRUE(Only<TouchCleared>(world.Cadence()).empty());
  EXPECT_EQ(Changes(world).size(), 1U);
}

TEST(CadenceProcessor, WithoutTouchDataAnOverdueIsToldAndRaisesNoRisk) {
  World world;
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 10)));
  world.PublishTier("acme", Tier::kA, At(2026, 1, 5));
  world.TickTo(At(2026, 1, 30));
  EXPECT_EQ(Only<TouchBecameOverdue>(world.Cadence()).size(), 1U);
  EXPECT_TRUE(Changes(world).empty());
  EXPECT_FALSE(world.Checkup(At(2026, 1, 30)).touch_data_connected());
  // The control: somebody in the book was touched.
  World connected;
  connected.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 10)));
  connected.Publish(Event("t", "other", At(2026, 1, 5), Call("ann")));
  connected.PublishTier("acme", Tier::kA, At(2026, 1, 5));
  connected.TickTo(At(2026, 1, 30));
  EXPECT_FALSE(Changes(connected).empty());
}

TEST(CadenceProcessor, ATierThatGoesAndComesBackOpensNoSecondEpisode) {
  World world;
  world.Publish(Event("o", "acme", At(2026, 1, 5), Order("o", 10)));
  world.PublishTier("acme", Tier::kA, At(2026, 1, 5));
  world.Publish(Event("t1", "acme", At(2026, 1, 6), Call("ann")));
  world.PublishTier("acme", Tier::kB, At(2026, 1, 13));
  world.PublishTier("acme", Tier::kA, At(2026, 1, 14));
  world.TickTo(At(2026, 1, 30));
  EXPECT_EQ(Only<TouchFellDue>(world.Cadence()).size(), 1U);
  EXPECT_EQ(Only<TouchBecameOverdue>(world.Cadence()).size(), 1U);
  EXPECT_TRUE(Only<TouchCleared>(world.Cadence()).empty());
}

TEST(CadenceProcessor, AnEmergencyIsKnownByItsIdAndRaisesRiskUntilResolved) {
  World world;
  const EmergencyRaised raised{EmergencyId{"x1"}, "down", {}};
  world.Publish(Event("e1", "acme", At(2026, 1, 5), raised));
  world.Publish(Event("e2", "acme", At(2026, 1, 5), raised));  // Told again by another system.
  world.Publish(Event("e3", "acme", At(2026, 1, 5), EmergencyRaised{EmergencyId{"x1"}, "on fire", {}}));
  world.Run();
  EXPECT_EQ(Changes(world).size(), 1U);
  EXPECT_TRUE(Cites(Changes(world)[0], "e1"));
  EXPECT_FALSE(Changes(world)[0].probability) << "a client without an order";
  ASSERT_EQ(world.DeadLetters().size(), 1U);
  EXPECT_EQ(world.DeadLetters()[0].rfind("data.emergencyId", 0), 0U) << world.DeadLetters()[0];
  using Kind = stream::Verdict::Kind;
  EXPECT_EQ(world.verdicts(), (std::vector<Kind>{Kind::kAccepted, Kind::kAlreadySeen, Kind::kRejected}));
  EXPECT_EQ(world.Checkup(At(2026, 1, 6)).emergencies().count(), 1);
  world.Publish(Event("e4", "acme", At(2026, 1, 6), EmergencyResolved{EmergencyId{"x1"}}));
  world.Run();
  ASSERT_EQ(Changes(world).size(), 2U);
  EXPECT_EQ(Changes(world)[1].level, RiskLevel::kLow);
}

TEST(CadenceProcessor, AnEmergencyToldAfterItsResolutionRaisesNothing) {
  World world;
  world.Publish(Event("e2", "acme", At(2026, 1, 6), EmergencyResolved{EmergencyId{"x1"}}));
  world.Publish(Event("e1", "acme", At(2026, 1, 5), EmergencyRaised{EmergencyId{"x1"}, {}, {}}), At(2026, 1, 6));
  world.Run();
  EXPECT_TRUE(Changes(world).empty());
  EXPECT_EQ(world.Checkup(At(2026, 1, 7)).emergencies().count(), 1);
}

TEST(CadenceProcessor, AnImportTellsNothingBeforeItsEndAndThenOnlyWhatIsNew) {
  World world;
  world.Publish(BookEvent("i1", At(2026, 1, 5), ImportStarted{ImportId{"i"}, {}}));
  const Instant now = At(2026, 1, 5, 13);
  PublishAnnualBuyer(world, "old");
  world.Publish(Event("o1", "acme", At(2020, 1, 4), Order("o1", 10)), now);
  world.Publish(Event("o2", "acme", At(2021, 1, 4), Order("o2", 10)), now);  // Silent for five years.
  world.Publish(Event("c1", "beta", now - 50 * 24h, CompetitorCalled{}), now);
  world.Publish(Event("c2", "carl", now - 20 * 24h, CompetitorCalled{}), now);
  world.TickTo(now + 1h);
  EXPECT_TRUE(world.Cadence().empty());
  EXPECT_TRUE(world.Risk().empty());
  world.Publish(BookEvent("i2", now + 2h, ImportFinished{ImportId{"i"}, {}}));
  world.Run();
  EXPECT_TRUE(world.Cadence().empty());
  ASSERT_EQ(world.Risk().size(), 1U);
  EXPECT_EQ(world.Risk()[0].client, ClientId{"carl"});
  EXPECT_EQ(world.Client("acme").risk.level, RiskLevel::kHigh) << "taken over without a word";
  EXPECT_EQ(world.Client("beta").risk.level, RiskLevel::kLow);
}

TEST(CadenceProcessor, AnImportWithoutProgressEndsAfterADay) {
  World world;
  world.Publish(BookEvent("i1", At(2026, 1, 5), ImportStarted{ImportId{"i"}, {}}));
  world.Publish(Event("c", "acme", At(2026, 1, 5), CompetitorCalled{}));
  world.TickTo(At(2026, 1, 6) - 1ms);
  EXPECT_TRUE(world.Risk().empty());
  world.TickTo(At(2026, 1, 6));
  EXPECT_EQ(world.Risk().size(), 1U);
}

TEST(CadenceProcessor, OtherThresholdsApplyToEverybodyAtOnceAndImpossibleOnesAreRefused) {
  World world;
  PublishAnnualBuyer(world, "acme");
  world.TickTo(At(2026, 10, 1));
  ASSERT_EQ(world.Client("acme").risk.level, RiskLevel::kLow);
  PolicySet strict;
  strict.thresholds = {{"elevated", 0.1}, {"high", 0.15}};
  world.Publish(BookEvent("p1", At(2026, 10, 2), strict));
  world.Run();
  EXPECT_EQ(world.Client("acme").risk.level, RiskLevel::kHigh);
  PolicySet impossible;
  impossible.thresholds = {{"elevated", 0.9}};
  world.Publish(BookEvent("p2", At(2026, 10, 3), impossible));
  world.Run();
  ASSERT_EQ(world.DeadLetters().size(), 1U);
  EXPECT_EQ(world.DeadLetters()[0].rfind("data.thresholds", 0), 0U);
}

TEST(CadenceProcessor, BadDataIsSetAsideWithTheFieldAndChangesNothing) {
  World world;
  world.Publish(Event("o1", "acme", At(2026, 1, 5), Order("o1", 10)));
  world.Run();
  const auto before = world.Client("acme").window.trailing;
  ClientRegistered registered;
  registered.attributes.name = "Acme";
  registered.attributes.time_zone = "Mars/Olympus";
  world.Publish(Event("z", "acme", At(2026, 1, 5), registered));
  CalendarSet calendar;
  calendar.time_zone = "Nowhere";
  world.Publish(BookEvent("k", At(2026, 1, 5), calendar));
  world.Publish(Event("o2", "acme", At(2026, 1, 5), Order("o2", 10, Currency{"EUR"})));
  world.PublishRaw(2, "garbage", At(2026, 1, 5));
  world.PublishRaw(0, "garbage", At(2026, 1, 5));
  world.Run();
  const auto letters = world.DeadLetters();
  ASSERT_EQ(letters.size(), 5U);  // In the order of ties between the topics.
  EXPECT_EQ(letters[0].rfind("data.timeZone: ", 0), 0U) << letters[0];
  EXPECT_EQ(letters[1].rfind("data.timeZone: ", 0), 0U) << letters[1];
  EXPECT_EQ(letters[2].rfind("data.currency: ", 0), 0U) << letters[2];
  EXPECT_EQ(world.Client("acme").window.trailing, before);
}

TEST(CadenceProcessor, ALostClientIsNoRiskAndHasNoCadenceUntilItReturns) {
  World world;
  PublishAnnualBuyer(world, "acme");
  world.Publish(Event("c", "acme", At(2026, 1, 5), CompetitorCalled{}));
  world.Publish(Event("l", "acme", At(2026, 1, 6), ClientLost{LossReason::kCompetitor, "Zenith", {}}));
  world.TickTo(At(2026, 1, 20));
  ASSERT_EQ(Changes(world, At(2026, 1, 5)).size(), 2U);
  EXPECT_EQ(Changes(world, At(2026, 1, 5))[1].level, RiskLevel::kLow);
  EXPECT_TRUE(world.Risks(At(2026, 1, 20), true).rows().empty());
  EXPECT_FALSE(world.Client("acme").plan.due);
  world.Publish(Event("b", "acme", At(2026, 1, 21), ClientReturned{}));
  world.Run();
  EXPECT_EQ(Changes(world, At(2026, 1, 5)).size(), 2U) << "the old call is no news";
  EXPECT_EQ(world.Risks(At(2026, 1, 21), true).rows_size(), 1);
}

TEST(CadenceProcessor, AnErasedClientLeavesNoRecordOfItself) {
  World world;
  PublishAnnualBuyer(world, "acme");
  world.Publish(Event("c", "acme", At(2026, 1, 5), CompetitorCalled{}));
  world.Publish(Event("x", "acme", At(2026, 1, 5), EmergencyRaised{EmergencyId{"x"}, "secret", {}}));
  world.Publish(Event("e", "acme", At(2026, 1, 6), ClientErased{}));
  world.PublishTier("acme", Tier::kA, At(2026, 1, 6));     // Said before segmentation heard of the erasure,
  world.PublishTier("acme", Tier::kNone, At(2026, 1, 7));  // and after.
  world.TickTo(At(2028, 1, 1));
  EXPECT_EQ(Changes(world).back().level, RiskLevel::kLow);
  EXPECT_TRUE(Changes(world).back().reasons.empty());
  query::v1::GetCadenceResponse answer;
  EXPECT_EQ(world.Cadence("acme", At(2026, 1, 6), answer).error_code(), grpc::StatusCode::NOT_FOUND);
  for (const std::string& entry : world.Tables()) {
    EXPECT_EQ(entry.find("secret"), std::string::npos);
    EXPECT_EQ(entry.rfind("1/", 0), std::string::npos) << entry;
  }
}

TEST(CadenceProcessor, ABooksZoneThatComesLateCountsItsOrderDaysAnew) {
  World world;
  // 23:30 and 00:30 UTC: two days in London in winter, one in New York.
  world.Publish(Event("o1", "acme", At(2026, 1, 5, 23), Order("o1", 10)));
  world.Publish(Event("o2", "acme", At(2026, 1, 6, 0), Order("o2", 10)));
  world.Run();
  EXPECT_EQ(world.Client("acme").order_days.statistics()->repeats.x, 1);
  CalendarSet calendar;
  calendar.time_zone = "America/New_York";
  world.Publish(BookEvent("k", At(2026, 1, 6, 1), calendar));
  world.Run();
  EXPECT_EQ(world.Client("acme").order_days.statistics()->repeats.x, 0);
  EXPECT_EQ(world.Client("acme").last_order.event, EventId{"o2"});
}

TEST(CadenceProcessor, ARefundedLastOrderGivesThePlaceToTheOneBefore) {
  World world;
  world.Publish(Event("e1", "acme", At(2026, 1, 5), Order("o1", 10)));
  world.Publish(Event("e2", "acme", At(2026, 1, 8), Order("o2", 10)));
  world.Publish(Event("e3", "acme", At(2026, 1, 9),
                      OrderRefunded{RefundId{"r"}, OrderId{"o2"}, kGbp, Money::FromUnits(100'000), {}}));
  world.Run();
  EXPECT_EQ(world.Client("acme").last_order.event, EventId{"e1"});
  EXPECT_EQ(world.Client("acme").order_days.statistics()->repeats.x, 0);
}

}  // namespace
}  // namespace mainstay::cadence
