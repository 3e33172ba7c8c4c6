#include "mainstay/notification/alerts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mainstay/notification/inbox.h"

namespace mainstay::notification {
namespace {

using namespace std::chrono_literals;

const Instant kStart = FromMs(1'767'600'000'000);

RiskSeen Risk(RiskLevel level) {
  RiskSeen risk;
  risk.book = BookId{"north"};
  risk.client = ClientId{"acme"};
  risk.episode = EpisodeId{"ep1"};
  risk.level = level;
  risk.owner = RepId{"ann"};
  risk.reasons = {"a", "b", "c", "d"};
  risk.at_stake = Money::FromUnits(500'000);
  risk.currency = Currency{"GBP"};
  return risk;
}

Action Make(ActionKind kind, std::string key = "k") {
  Action action;
  action.kind = kind;
  action.rep = RepId{"ann"};
  action.idempotency_key = std::move(key);
  if (kind == ActionKind::kSnooze) action.until = kStart + 24h;
  if (kind == ActionKind::kDone) action.outcome = Outcome::kAlreadyHandled;
  return action;
}

TEST(RiskAlert, OnePerEpisodeUpdatedInPlaceAndClearedByLow) {
  EXPECT_FALSE(OnRiskChanged(std::nullopt, Risk(RiskLevel::kLow), kStart));
  const auto opened = OnRiskChanged(std::nullopt, Risk(RiskLevel::kElevated), kStart);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->rep, RepId{"ann"});
  EXPECT_EQ(opened->why.size(), 3U);
  const auto raised = OnRiskChanged(opened, Risk(RiskLevel::kHigh), kStart + 1h);
  EXPECT_EQ(raised->id, opened->id);
  EXPECT_EQ(raised->created, kStart);
  EXPECT_TRUE(raised->critical());
  const auto cleared = OnRiskChanged(raised, Risk(RiskLevel::kLow), kStart + 2h);
  EXPECT_EQ(cleared->status, AlertStatus::kCleared);
  EXPECT_EQ(OnRiskChanged(cleared, Risk(RiskLevel::kHigh), kStart + 3h)->status, AlertStatus::kCleared);
  RiskSeen next = Risk(RiskLevel::kHigh);
  next.episode = EpisodeId{"ep2"};
  EXPECT_NE(OnRiskChanged(std::nullopt, next, kStart)->id, opened->id);
}

TEST(RiskAlert, AClosedAlertIsNotOpenedAgainByItsEpisode) {
  const auto opened = OnRiskChanged(std::nullopt, Risk(RiskLevel::kElevated), kStart);
  const auto done = Act(*opened, Make(ActionKind::kDone), kStart);
  EXPECT_EQ(done.next.status, AlertStatus::kClosed);
  EXPECT_EQ(OnRiskChanged(done.next, Risk(RiskLevel::kHigh), kStart + 1h)->status, AlertStatus::kClosed);
}

TEST(RiskAlert, CriticalOnesCannotBeMuted) {
  const auto high = OnRiskChanged(std::nullopt, Risk(RiskLevel::kHigh), kStart);
  EXPECT_EQ(Act(*high, Make(ActionKind::kSnooze), kStart).refused->reason, RefusalReason::kCritical);
  EXPECT_EQ(Act(*high, Make(ActionKind::kDismiss), kStart).refused->reason, RefusalReason::kCritical);
  EXPECT_FALSE(Act(*high, Make(ActionKind::kAccept), kStart).refused);
  const auto elevated = OnRiskChanged(std::nullopt, Risk(RiskLevel::kElevated), kStart);
  const auto snoozed = Act(*elevated, Make(ActionKind::kSnooze), kStart);
  EXPECT_FALSE(IsShown(ToInboxItem(snoozed.next, kStart + 1h)));
  EXPECT_TRUE(IsShown(ToInboxItem(*OnRiskChanged(snoozed.next, Risk(RiskLevel::kHigh), kStart + 1h), kStart + 1h)))
      << "a snooze ends when the risk becomes critical";
}

TEST(OverdueAlert, OneUntilTheTouch) {
  OverdueSeen overdue;
  overdue.book = BookId{"north"};
  overdue.client = ClientId{"acme"};
  overdue.episode = EpisodeId{"ep9"};
  overdue.due = "2026-01-02";
  const Alert opened = OnOverdue(std::nullopt, overdue, kStart);
  EXPECT_EQ(opened.rep, RepId{"unassigned"});
  EXPECT_EQ(opened.why[0], "a touch was due on 2026-01-02, never touched (as of 2026-01-05T08:00:00Z)");
  EXPECT_EQ(OnOverdue(opened, overdue, kStart + 1h).created, kStart);
  const auto cleared = OnCleared(opened, "touched", kStart + 2h);
  EXPECT_EQ(cleared->close_reason, "touched");
  EXPECT_EQ(OnCleared(cleared, "again", kStart + 3h)->close_reason, "touched");
  EXPECT_FALSE(OnCleared(std::nullopt, "touched", kStart));
}

TEST(Alerts, ActionsHaveOneEffectPerKeyAndAClaimHolds) {
  const auto opened = OnRiskChanged(std::nullopt, Risk(RiskLevel::kElevated), kStart);
  const auto accepted = Act(*opened, Make(ActionKind::kAccept), kStart);
  EXPECT_TRUE(Act(accepted.next, Make(ActionKind::kAccept), kStart).already_done);
  EXPECT_EQ(Act(accepted.next, Make(ActionKind::kDone), kStart).refused->reason, RefusalReason::kKeyReused);
  Action other = Make(ActionKind::kDone, "k2");
  other.rep = RepId{"bob"};
  EXPECT_EQ(Act(accepted.next, other, kStart).refused->reason, RefusalReason::kClaimedByOther);
}

TEST(Inbox, AlertsFirstThenByValueThenOldest) {
  const auto item = [](std::string id, std::string kind, std::optional<Money> value, Instant created) {
    InboxItem out;
    out.item = std::move(id);
    out.kind = std::move(kind);
    out.value = value;
    out.created = created;
    return out;
  };
  const auto ten = Money::FromUnits(100'000);
  std::vector<InboxItem> items = {item("e", "prompt", std::nullopt, kStart), item("d", "prompt", ten, kStart),
                                  item("c", "alert", std::nullopt, kStart), item("b", "alert", ten, kStart + 1h),
                                  item("a", "alert", ten, kStart)};
  std::sort(items.begin(), items.end(), ComesBefore);
  std::string order;
  for (const auto& i : items) order += i.item;
  EXPECT_EQ(order, "abcde");
}

}  // namespace
}  // namespace mainstay::notification
