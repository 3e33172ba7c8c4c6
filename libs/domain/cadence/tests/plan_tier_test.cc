// Tiers, lapses and imports.
#include <gtest/gtest.h>

#include <map>

#include "mainstay/base/hash.h"
#include "mainstay/cadence/interval.h"
#include "mainstay/cadence/plan.h"
#include "test_client.h"

namespace mainstay::cadence {
namespace {

struct TierChange {
  const char* name;
  Tier from;
  const char* on;  // When the tier changes; the last touch was on Monday 5 January 2026.
  Tier to;
  const char* due;
  Lines facts;  // Of the change itself.
};

class TierChanges : public ::testing::TestWithParam<TierChange> {};

TEST_P(TierChanges, MoveTheDueDayByTheRule) {
  TestClient client("2025-12-01T09:00:00Z");
  client.Register("2025-12-01T09:00:00Z");
  client.Segment(GetParam().from);
  client.AdvanceTo("2026-01-05T10:00:00Z");
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo(GetParam().on);
  (void)client.Facts();
  client.Segment(GetParam().to);
  EXPECT_EQ(client.Due(), GetParam().due);
  EXPECT_EQ(client.Facts(), GetParam().facts);
}

INSTANTIATE_TEST_SUITE_P(
    Table, TierChanges,
    ::testing::Values(
        TierChange{"promotion, early", Tier::kC, "2026-01-07T12:00:00Z", Tier::kA, "2026-01-12", {}},
        TierChange{"promotion, last moment", Tier::kB, "2026-01-11T12:00:00Z", Tier::kA, "2026-01-12", {}},
        TierChange{"promotion, past: the next working day is today",
                   Tier::kB,
                   "2026-01-20T12:00:00Z",
                   Tier::kA,
                   "2026-01-20",
                   {"due A 2026-01-20 @2026-01-20T12:00:00Z"}},
        TierChange{"promotion, on a Saturday", Tier::kC, "2026-01-17T12:00:00Z", Tier::kB, "2026-02-05", {}},
        TierChange{
            "promotion, past: on a Sunday to Monday", Tier::kC, "2026-02-08T12:00:00Z", Tier::kA, "2026-02-09", {}},
        TierChange{"promotion of a due client", Tier::kB, "2026-02-06T12:00:00Z", Tier::kA, "2026-02-05", {}},
        TierChange{"promotion of a due client past the new grace",
                   Tier::kC,
                   "2026-04-13T12:00:00Z",
                   Tier::kA,
                   "2026-04-06",
                   {"overdue A 2026-04-08 @2026-04-13T12:00:00Z"}},
        TierChange{"demotion", Tier::kA, "2026-01-09T12:00:00Z", Tier::kB, "2026-02-05", {}},
        TierChange{"demotion by two", Tier::kA, "2026-01-09T12:00:00Z", Tier::kC, "2026-04-06", {}},
        TierChange{"demotion of a due client", Tier::kA, "2026-01-12T12:00:00Z", Tier::kC, "2026-01-12", {}},
        TierChange{"demotion of an overdue client", Tier::kA, "2026-01-20T12:00:00Z", Tier::kC, "2026-01-12", {}}),
    [](const auto& row) {
      std::string name;
      for (const char c : std::string(row.param.name)) name += c == ' ' || c == ',' || c == ':' ? '_' : c;
      return name;
    });

TEST(PlanTier, ATierThatGoesAndComesBackOpensNoSecondEpisode) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-20T10:00:00Z");
  for (const Tier tier : {Tier::kB, Tier::kA, Tier::kC, Tier::kA}) client.Segment(tier);
  client.AdvanceTo("2026-06-20T10:00:00Z");
  EXPECT_EQ(client.Facts().size(), 2u) << "due and overdue, once";
  EXPECT_EQ(client.Due(), "2026-01-12");
}

TEST(PlanTier, ADemotionOfADueClientMovesItsOverdueDay) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-13T10:00:00Z");
  client.Segment(Tier::kC);
  client.AdvanceTo("2026-02-20T10:00:00Z");
  EXPECT_EQ(client.Facts(),
            (Lines{"due A 2026-01-12 @2026-01-12T00:00:00Z", "overdue C 2026-01-26 @2026-01-26T00:00:00Z"}));
}

TEST(PlanTier, AClientThatNeverPaysHasTheCadenceOfCFor180Days) {
  TestClient client("2026-01-05T09:00:00Z");
  client.Register("2026-01-05T09:00:00Z");
  EXPECT_EQ(client.plan.tier, Tier::kC);
  client.AdvanceTo("2026-04-06T12:00:00Z");
  client.Touch("t1", "2026-04-06T12:00:00Z");
  client.AdvanceTo("2026-12-01T00:00:00Z");
  EXPECT_EQ(client.Facts(), (Lines{"due C 2026-04-06 @2026-04-06T00:00:00Z", "cleared by t1 @2026-04-06T12:00:00Z"}))
      << "the trial ended at 2026-07-04T09:00:00Z, before the next due day";
  EXPECT_EQ(client.plan.tier, Tier::kNone);
  EXPECT_EQ(client.Due(), "none");
}

TEST(PlanTier, TheEndOfTheTrialEndsAnOpenEpisode) {
  TestClient client("2026-01-05T09:00:00Z");
  client.Register("2026-01-05T09:00:00Z");
  client.AdvanceTo("2026-12-01T00:00:00Z");
  EXPECT_EQ(client.Facts(), (Lines{"due C 2026-04-06 @2026-04-06T00:00:00Z",
                                   "overdue C 2026-04-20 @2026-04-20T00:00:00Z", "cleared @2026-07-04T09:00:00Z"}));
}

TEST(PlanTier, AMissedTimerStillTellsWhatCameBeforeTheEndOfTheTrial) {
  TestClient client("2026-01-05T09:00:00Z");
  client.Register("2026-01-05T09:00:00Z");
  client.clock = T("2026-12-01T00:00:00Z");
  client.Take(OnTimer(client.plan, client.Now()));
  EXPECT_EQ(client.Facts(), (Lines{"due C 2026-04-06 @2026-12-01T00:00:00Z",
                                   "overdue C 2026-04-20 @2026-12-01T00:00:00Z", "cleared @2026-12-01T00:00:00Z"}));
}

TEST(PlanTier, ATrialOf180DaysIsOverAtItsLastInstant) {
  TestClient over("2026-07-04T09:00:00Z");
  over.Register("2026-01-05T09:00:00Z");
  EXPECT_EQ(over.plan.tier, Tier::kNone);
  TestClient last("2026-07-04T08:59:59.999Z");
  last.Register("2026-01-05T09:00:00Z");
  EXPECT_EQ(last.plan.tier, Tier::kC);
}

TEST(PlanTier, ALapseEndsTheCadenceAndReturningSpreadsIt) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-13T10:00:00Z");
  client.Segment(Tier::kNone);
  EXPECT_EQ(client.Facts(), (Lines{"due A 2026-01-12 @2026-01-12T00:00:00Z", "cleared @2026-01-13T10:00:00Z"}));
  EXPECT_EQ(client.Due(), "none");
  EXPECT_FALSE(client.timer);
  client.AdvanceTo("2026-02-27T10:00:00Z");  // A Friday.
  client.Segment(Tier::kA);
  const Day spread = SpreadDay(D("2026-02-27"), Tier::kA, {}, client.calendar, Murmur2("acme"));
  EXPECT_EQ(client.plan.due, spread);
  client.AdvanceTo("2026-03-20T10:00:00Z");
  EXPECT_EQ(client.Facts().size(), 2u);
  EXPECT_NE(PlanOf(client.facts[2]).episode, PlanOf(client.facts[0]).episode) << "t1 had its episode";
}

TEST(PlanTier, ALostClientHasNoCadenceUntilItReturns) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.Take(OnLost(client.plan, client.Now()));
  client.Segment(Tier::kNone);
  client.Segment(Tier::kA);
  client.AdvanceTo("2026-02-27T10:00:00Z");
  EXPECT_EQ(client.Due(), "none");
  client.Touch("t2", "2026-02-26T10:00:00Z");
  client.Take(OnReturned(client.plan, client.Now(), Event("back")));
  EXPECT_EQ(client.Due(), "2026-03-05") << "the touch of the day before counts";
  EXPECT_TRUE(client.Facts().empty());
}

TEST(PlanTier, ATierBeforeTheFirstEventWaitsForIt) {
  TestClient client("2026-01-05T09:00:00Z");
  client.Segment(Tier::kB);
  EXPECT_EQ(client.Due(), "none");
  client.Register("2026-01-05T09:00:00Z");
  EXPECT_EQ(client.Due(), "2026-02-05");
}

// 200 clients whose last touch is a year old are imported on a Friday; tiers come after the import, as they do from
// segmentation. Nothing falls due at once, and every working day of the interval gets its share.
TEST(PlanImport, TwoHundredClientsAreNotAllDueOnMonday) {
  std::map<std::string, int> load;
  for (int i = 0; i < 200; ++i) {
    TestClient client("2026-01-09T12:00:00Z", ZoneRules(), "client-" + std::to_string(i));
    client.importing = true;
    client.Register("2025-01-02T12:00:00Z");
    client.Touch("t1", "2025-01-09T12:00:00Z");
    EXPECT_FALSE(client.timer);
    client.EndImport();
    client.Segment(Tier::kA);
    EXPECT_TRUE(client.Facts().empty());
    EXPECT_EQ(client.plan.due, SpreadDay(D("2026-01-09"), Tier::kA, {}, client.calendar, Murmur2(client.client.raw())));
    ++load[client.Due()];
  }
  EXPECT_EQ(load.size(), 5u);
  for (const auto& [day, calls] : load) EXPECT_GT(calls, 20) << day;
}

TEST(PlanImport, TiersThatComeAfterAnImportOfTouchesOfLastMonthAreSpreadToo) {
  std::map<std::string, int> load;
  for (int i = 0; i < 50; ++i) {
    TestClient client("2026-01-09T12:00:00Z", ZoneRules(), "client-" + std::to_string(i));
    client.importing = true;
    client.Touch("t1", "2025-12-10T12:00:00Z");  // Not past for C, past for A.
    client.EndImport();
    EXPECT_EQ(client.Due(), "2026-03-10");
    client.Segment(Tier::kA);
    ++load[client.Due()];
  }
  EXPECT_EQ(load.size(), 5u);
  EXPECT_EQ(load.count("2026-01-09"), 0u);
}

TEST(PlanImport, AScheduleDueTodayIsNotPast) {
  TestClient client("2026-01-12T12:00:00Z");
  client.importing = true;
  client.Touch("t1", "2026-01-05T12:00:00Z");
  client.Segment(Tier::kA);
  client.EndImport();
  EXPECT_EQ(client.Facts(), (Lines{"due A 2026-01-12 @2026-01-12T12:00:00Z"}));
}

TEST(PlanImport, ATierChangeThatAnImportBringsToAKnownClientIsSpread) {
  TestClient client("2025-12-01T09:00:00Z");
  client.Register("2025-12-01T09:00:00Z");
  client.Segment(Tier::kC);
  client.AdvanceTo("2026-01-16T12:00:00Z");
  client.importing = true;
  client.EndImport();
  EXPECT_EQ(client.Due(), "2026-03-02");
  client.Segment(Tier::kA);
  EXPECT_EQ(client.plan.due, SpreadDay(D("2026-01-16"), Tier::kA, {}, client.calendar, Murmur2("acme")));
  EXPECT_TRUE(client.Facts().empty());
}

TEST(PlanImport, NothingIsEmittedUntilItEnds) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-13T10:00:00Z");
  (void)client.Facts();
  client.importing = true;
  client.Touch("t2", "2026-01-12T10:00:00Z");
  client.Segment(Tier::kB);
  EXPECT_TRUE(client.Facts().empty());
  EXPECT_FALSE(client.timer);
  client.EndImport();
  EXPECT_EQ(client.Facts(), (Lines{"cleared by t2 @2026-01-13T10:00:00Z"}));
  EXPECT_EQ(client.Due(), "2026-02-12");
}

TEST(PlanImport, AnOpenEpisodeStaysOpenAndADueDayThatPassedIsSpread) {
  TestClient open = AClient();
  open.AdvanceTo("2026-01-13T10:00:00Z");
  open.importing = true;
  open.clock = T("2026-01-14T10:00:00Z");
  open.EndImport();
  EXPECT_EQ(open.Facts(),
            (Lines{"due A 2026-01-12 @2026-01-12T00:00:00Z", "overdue A 2026-01-14 @2026-01-14T10:00:00Z"}));

  TestClient passed = AClient();
  passed.importing = true;
  passed.clock = T("2026-01-13T10:00:00Z");
  passed.EndImport();
  EXPECT_TRUE(passed.Facts().empty());
  EXPECT_GT(passed.plan.due, D("2026-01-13"));
}

}  // namespace
}  // namespace mainstay::cadence
