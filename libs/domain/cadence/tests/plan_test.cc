#include "mainstay/cadence/plan.h"

#include <gtest/gtest.h>

#include "mainstay/base/hash.h"
#include "mainstay/zoneinfo/zoneinfo.h"
#include "test_client.h"

namespace mainstay::cadence {
namespace {

using std::chrono::days;

ZoneRules Zone(const char* name) { return zoneinfo::LoadZone(name).value(); }

TEST(Plan, ASevenDayCadenceFallsDueOnceWithoutAnyInput) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  EXPECT_EQ(client.timer, T("2026-01-12T00:00:00Z"));
  client.AdvanceTo("2026-03-01T00:00:00Z");
  EXPECT_EQ(client.Facts(),
            (Lines{"due A 2026-01-12 @2026-01-12T00:00:00Z", "overdue A 2026-01-14 @2026-01-14T00:00:00Z"}));
  EXPECT_EQ(client.Due(), "2026-01-12") << "kept while overdue";
  client.Take(OnTimer(client.plan, client.Now()));
  EXPECT_TRUE(client.Facts().empty());
  EXPECT_FALSE(client.timer);
}

TEST(Plan, FactsCarryWhatAReaderNeeds) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-14T00:00:00Z");
  ASSERT_EQ(client.facts.size(), 2u);
  const TouchPlan& plan = PlanOf(client.facts[1]);
  const std::string id = HashParts({"north", "acme", "touch", "test\nt1"}).Hex();
  EXPECT_EQ(plan, (TouchPlan{EpisodeId{id}, Tier::kA, D("2026-01-12"), D("2026-01-14"), T("2026-01-05T10:00:00Z"),
                             RepId{"ann"}}));
  EXPECT_EQ(PlanOf(client.facts[0]).episode, plan.episode);
  EXPECT_EQ(PlanOf(client.facts[0]).overdue_since, std::nullopt);
}

TEST(Plan, ATouchClearsAndTheNextEpisodeIsAnother) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-15T09:00:00Z");
  client.Touch("t2", "2026-01-15T09:00:00Z");
  client.AdvanceTo("2026-01-23T00:00:00Z");
  client.Touch("t3", "2026-01-23T00:00:00Z");
  EXPECT_EQ(client.Facts(), (Lines{"due A 2026-01-12 @2026-01-12T00:00:00Z",
                                   "overdue A 2026-01-14 @2026-01-14T00:00:00Z", "cleared by t2 @2026-01-15T09:00:00Z",
                                   "due A 2026-01-22 @2026-01-22T00:00:00Z", "cleared by t3 @2026-01-23T00:00:00Z"}));
  EXPECT_NE(PlanOf(client.facts[0]).episode, PlanOf(client.facts[3]).episode);
  EXPECT_EQ(PlanOf(client.facts[2]).overdue_since, D("2026-01-14")) << "the plan as it was when the touch came";
  EXPECT_EQ(PlanOf(client.facts[2]).last_touch, T("2026-01-05T10:00:00Z"));
}

TEST(Plan, ATouchInTimeIsSilent) {
  TestClient client = AClient();
  for (int round = 0; round < 20; ++round) {
    const Instant at = T("2026-01-06T10:00:00Z") + days{6 * round};
    client.AdvanceTo(at);
    client.Touch("t" + std::to_string(round), FormatInstant(at));
  }
  EXPECT_TRUE(client.Facts().empty());
}

TEST(Plan, AClientNeverTouchedCountsFromTheLocalDateOfItsFirstEvent) {
  TestClient client("2026-01-05T23:30:00Z", Zone("Asia/Kolkata"));  // Already 6 January there.
  client.Register("2026-01-05T23:30:00Z");
  EXPECT_EQ(client.Due(), "2026-04-06") << "not paying yet: the cadence of C";
  client.Segment(Tier::kA);
  EXPECT_EQ(client.Due(), "2026-01-13");
  EXPECT_EQ(client.timer, T("2026-01-12T18:30:00Z")) << "00:00 on the client's wall";
  client.AdvanceTo("2026-02-01T00:00:00Z");
  EXPECT_EQ(PlanOf(client.facts.at(0)).episode, TouchEpisodeId(client.book, client.client, Event("reg")));
  EXPECT_EQ(PlanOf(client.facts.at(0)).last_touch, std::nullopt);
}

TEST(Plan, FallsDueAtLocalMidnightAlsoWhereThatDoesNotExist) {
  struct Row {
    const char* zone;
    const char* touched;
    const char* due_at;
  };
  for (const Row& row : {Row{"Europe/London", "2026-03-23T12:00:00Z", "2026-03-29T23:00:00Z"},  // Monday, in summer.
                         Row{"Europe/London", "2026-10-19T12:00:00Z", "2026-10-26T00:00:00Z"},  // Back in winter.
                         Row{"America/New_York", "2026-03-02T12:00:00Z", "2026-03-09T04:00:00Z"},
                         Row{"America/New_York", "2026-01-06T03:00:00Z", "2026-01-12T05:00:00Z"},  // Still the 5th.
                         Row{"America/Sao_Paulo", "2018-10-28T12:00:00Z", "2018-11-04T03:00:00Z"},
                         Row{"Asia/Beirut", "2026-03-22T12:00:00Z", "2026-03-28T22:00:00Z"}}) {
    TestClient client(row.touched, Zone(row.zone));
    client.calendar = WorkCalendar::Make(0b111'1111, {}).value();
    if (std::string(row.zone) == "Europe/London" || std::string(row.zone) == "America/New_York") {
      client.calendar = WorkCalendar();
    }
    client.Segment(Tier::kA);
    client.Touch("t1", row.touched);
    EXPECT_EQ(FormatInstant(*client.timer), row.due_at) << row.zone << " " << row.touched;
  }
}

TEST(Plan, AHolidayMovesDueAndOverdue) {
  TestClient client("2026-12-18T10:00:00Z");
  client.calendar = WorkCalendar::Make(WorkCalendar::kMondayToFriday, {D("2026-12-25"), D("2026-12-28")}).value();
  client.Segment(Tier::kA);
  client.Touch("t1", "2026-12-18T10:00:00Z");
  client.AdvanceTo("2027-01-10T00:00:00Z");
  EXPECT_EQ(client.Facts(),
            (Lines{"due A 2026-12-29 @2026-12-29T00:00:00Z", "overdue A 2026-12-31 @2026-12-31T00:00:00Z"}));
}

TEST(Plan, ALateTouchNeverMovesTheDueDayBack) {
  TestClient client = AClient();
  client.AdvanceTo("2026-01-08T12:00:00Z");
  client.Touch("t2", "2026-01-08T10:00:00Z");
  EXPECT_EQ(client.Due(), "2026-01-15");
  client.Touch("t1", "2026-01-06T10:00:00Z");
  EXPECT_EQ(client.Due(), "2026-01-15");
  EXPECT_EQ(LastTouch(client.plan), T("2026-01-08T10:00:00Z"));
  client.Touch("t3", "2026-01-09T10:00:00Z");
  EXPECT_EQ(client.Due(), "2026-01-16");
}

TEST(Plan, ALateTouchClearsAndIsMarkedLate) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-14T12:00:00Z");
  (void)client.Facts();
  client.Touch("t2", "2026-01-13T10:00:00Z");  // Before it became overdue, after it fell due.
  EXPECT_EQ(client.Facts(), (Lines{"cleared late by t2 @2026-01-14T12:00:00Z"}));
  EXPECT_EQ(client.Due(), "2026-01-20");
}

TEST(Plan, ALateTouchTooOldToHelpOpensTheNextEpisodeAtOnce) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-26T12:00:00Z");
  (void)client.Facts();
  client.Touch("t2", "2026-01-07T10:00:00Z");
  EXPECT_EQ(client.Facts(), (Lines{"cleared late by t2 @2026-01-26T12:00:00Z", "due A 2026-01-14 @2026-01-26T12:00:00Z",
                                   "overdue A 2026-01-16 @2026-01-26T12:00:00Z"}));
  client.Touch("t0", "2026-01-02T10:00:00Z");
  EXPECT_TRUE(client.Facts().empty()) << "older than what the plan counts from";
}

TEST(Plan, ALateTouchOfTheSameDayDoesNotClear) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-15T12:00:00Z");
  (void)client.Facts();
  client.Touch("t2", "2026-01-05T16:00:00Z");
  EXPECT_TRUE(client.Facts().empty()) << "it would have left the due day where it is";
  EXPECT_EQ(LastTouch(client.plan), T("2026-01-05T16:00:00Z"));
}

TEST(Plan, OfTwoTouchesAtOneInstantTheFirstToArriveNamesTheEpisode) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.Touch("t2", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-12T00:00:00Z");
  EXPECT_EQ(PlanOf(client.facts.at(0)).episode, TouchEpisodeId(client.book, client.client, Event("t1")));
  EXPECT_EQ(client.plan.touches.front().Event(), Event("t1"));
}

TEST(Plan, ATouchThatWasTheFirstEventNamesOneEpisodeOnly) {
  TestClient client("2026-01-05T09:00:00Z");
  client.Touch("t1", "2026-01-05T09:00:00Z");
  client.Segment(Tier::kA);
  client.AdvanceTo("2026-01-12T09:00:00Z");
  client.Touch("t2", "2026-01-12T09:00:00Z");
  client.Retract("t1");
  client.Retract("t2");
  ASSERT_EQ(client.facts.size(), 3u);
  EXPECT_EQ(PlanOf(client.facts[0]).episode, TouchEpisodeId(client.book, client.client, Event("t1")));
  EXPECT_EQ(PlanOf(client.facts[2]).episode, TouchEpisodeId(client.book, client.client, Event("no-t2")));
}

TEST(Plan, ARetractedTouchNeverHappened) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-08T10:00:00Z");
  client.Touch("t2", "2026-01-08T10:00:00Z");
  EXPECT_EQ(client.Due(), "2026-01-15");
  client.Retract("t2");
  EXPECT_EQ(client.Due(), "2026-01-12");
  client.Touch("t2", "2026-01-08T10:00:00Z");
  EXPECT_EQ(client.Due(), "2026-01-12") << "redelivered after its retraction";
  client.Retract("t1");
  EXPECT_EQ(client.Due(), "2026-01-12") << "back to the first event";
  EXPECT_EQ(LastTouch(client.plan), std::nullopt);
}

TEST(Plan, ARetractionMayComeBeforeItsTouch) {
  TestClient client = AClient();
  client.Retract("t1");
  client.AdvanceTo("2026-01-08T10:00:00Z");
  client.Touch("t1", "2026-01-08T10:00:00Z");
  EXPECT_EQ(client.Due(), "2026-01-12");
}

TEST(Plan, ARetractionReopensUnderANewEpisode) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T10:00:00Z");
  client.AdvanceTo("2026-01-15T10:00:00Z");
  client.Touch("t2", "2026-01-15T10:00:00Z");
  (void)client.Facts();
  client.Retract("t2");
  EXPECT_EQ(client.Facts(),
            (Lines{"due A 2026-01-12 @2026-01-15T10:00:00Z", "overdue A 2026-01-14 @2026-01-15T10:00:00Z"}));
  EXPECT_NE(PlanOf(client.facts[3]).episode, PlanOf(client.facts[0]).episode);
  EXPECT_EQ(PlanOf(client.facts[3]).episode, TouchEpisodeId(client.book, client.client, Event("no-t2")));
}

TEST(Plan, WithoutTouchDataAnOverdueIsEmittedButRaisesNoRisk) {
  TestClient client = AClient();
  client.connected = false;
  client.AdvanceTo("2026-01-20T00:00:00Z");
  EXPECT_EQ(client.Facts().size(), 2u);
  EXPECT_FALSE(client.plan.episode->raises_risk);
  client.connected = true;
  client.AdvanceTo("2026-02-20T00:00:00Z");
  EXPECT_FALSE(client.plan.episode->raises_risk) << "nor later, for that episode";
  client.Touch("t1", "2026-02-20T00:00:00Z");
  client.AdvanceTo("2026-03-20T00:00:00Z");
  EXPECT_TRUE(client.plan.episode->raises_risk);

  EXPECT_FALSE(TouchDataConnected({}, T("2026-01-01T00:00:00Z")));
  EXPECT_TRUE(TouchDataConnected(T("2026-01-01T00:00:00Z"), T("2026-04-01T00:00:00Z")));
  EXPECT_FALSE(TouchDataConnected(T("2026-01-01T00:00:00Z"), T("2026-04-01T00:00:00.001Z")));
}

TEST(Plan, DaysOverdueCountFromTheOverdueDay) {
  TestClient client = AClient();
  EXPECT_EQ(DaysOverdue(client.plan, client.terms, client.calendar, D("2026-01-14")), 0);
  EXPECT_EQ(DaysOverdue(client.plan, client.terms, client.calendar, D("2026-01-20")), 6)
      << "before it is overdue as after";
  client.AdvanceTo("2026-01-16T00:00:00Z");
  EXPECT_EQ(DaysOverdue(client.plan, client.terms, client.calendar, D("2026-01-20")), 6);
  EXPECT_EQ(DaysOverdue(client.plan, client.terms, client.calendar, D("2026-01-10")), 0);
  EXPECT_EQ(DaysOverdue(ClientPlan{}, client.terms, client.calendar, D("2026-01-20")), 0);
}

TEST(Plan, ACalendarOrZoneChangeMovesWhatIsNotReached) {
  TestClient client = AClient();
  client.Touch("t1", "2026-01-05T23:30:00Z");
  EXPECT_EQ(client.Due(), "2026-01-12");
  client.calendar = WorkCalendar::Make(WorkCalendar::kMondayToFriday, {D("2026-01-12"), D("2026-01-15")}).value();
  client.Take(OnCalendarOrZoneChanged(client.plan, client.Now()));
  EXPECT_EQ(client.Due(), "2026-01-13");
  client.zone = Zone("Asia/Kolkata");
  client.Take(OnCalendarOrZoneChanged(client.plan, client.Now()));
  EXPECT_EQ(client.Due(), "2026-01-13") << "the touch was on the 6th there";
  EXPECT_EQ(client.timer, T("2026-01-12T18:30:00Z"));
  EXPECT_EQ(client.plan.zone, "Asia/Kolkata");
  EXPECT_EQ(client.plan.zone_data_version, zoneinfo::DataVersion());
  client.AdvanceTo("2026-01-14T00:00:00Z");
  client.calendar = WorkCalendar();
  client.Take(OnCalendarOrZoneChanged(client.plan, client.Now()));
  EXPECT_EQ(client.Due(), "2026-01-13") << "an open episode keeps its due day";
  EXPECT_EQ(client.timer, T("2026-01-14T18:30:00Z")) << "its overdue day is no holiday any more";
}

TEST(Plan, ATouchIsHandedOverOnceWhenNewerOnesTakeItsPlace) {
  TestClient client = AClient();
  const Instant first = T("2026-01-05T10:00:00Z");
  const auto touch = [&](int minute) {
    return OnTouch(client.plan, client.Now(),
                   {Event("t" + std::to_string(minute)), first + std::chrono::minutes{minute}, minute});
  };
  for (int minute = 1; minute <= static_cast<int>(kKeptTouches); ++minute) {
    Decision kept = touch(minute);
    EXPECT_TRUE(kept.displaced.empty());
    client.Take(std::move(kept));
  }
  EXPECT_EQ(touch(0).displaced, (std::vector<KeptTouch>{{Event("t0"), first, false, 0}})) << "it is the oldest itself";
  EXPECT_TRUE(touch(1).displaced.empty()) << "known";
  const Decision newer = touch(100);
  EXPECT_EQ(newer.displaced, (std::vector<KeptTouch>{{Event("t1"), first + std::chrono::minutes{1}, false, 1}}));
  EXPECT_EQ(newer.next.touches.front().minutes, 100);
  client.Retract("t101");
  EXPECT_TRUE(touch(101).displaced.empty()) << "taken back before it came";
}

TEST(Plan, ErasureLeavesNothing) {
  const Decision erased = OnErased();
  EXPECT_EQ(erased.next, ClientPlan{});
  EXPECT_TRUE(erased.facts.empty());
  EXPECT_FALSE(erased.next_timer);
}

}  // namespace
}  // namespace mainstay::cadence
