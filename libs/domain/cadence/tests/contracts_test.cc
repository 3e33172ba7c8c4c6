// Contracts and the days on which somebody must think of the renewal.
#include "mainstay/cadence/contracts.h"

#include <gtest/gtest.h>

#include "mainstay/zoneinfo/zoneinfo.h"

namespace mainstay::cadence {
namespace {

Day D(const char* text) { return ParseDay(text).value(); }
Instant T(const char* text) { return ParseInstant(text).value(); }

class Contracts : public ::testing::Test {
 protected:
  Contracts() { Sign("2026-01-01T09:00:00Z", "2027-01-01"); }
  void Sign(const char* at, const char* end) {
    contract_ = {};
    contract_.id = ContractId{"k"};
    contract_.signed_as =
        ContractSigned{contract_.id, {Money::FromUnits(1), Currency{"GBP"}}, D("2026-01-01"), D(end), false};
    contract_.signed_at = T(at);
    contract_.signed_event = EventId{"signed"};
  }
  ContractDecision At(const char* now) {
    const Situation situation{book_, client_, zone_, calendar_, T(now), {}, false, true};
    ContractDecision decision = DecideContract(contract_, situation);
    contract_ = decision.next;
    return decision;
  }
  BookId book_{"north"};
  ClientId client_{"acme"};
  ZoneRules zone_;
  WorkCalendar calendar_;
  Contract contract_;
};

TEST_F(Contracts, CheckpointsComeAt180And90And30DaysOnceEach) {
  EXPECT_EQ(At("2026-01-01T09:00:00Z").next_timer, T("2026-07-05T00:00:00Z"));
  const ContractDecision first = At("2026-07-05T00:00:00Z");
  EXPECT_EQ(first.fact, (RenewalCheckpointReached{ContractId{"k"}, 180, "open"}));
  EXPECT_EQ(first.next_timer, T("2026-10-03T00:00:00Z"));
  EXPECT_FALSE(At("2026-07-05T00:00:00Z").fact.has_value());
  EXPECT_EQ(At("2026-10-03T00:00:00Z").fact->days_left, 90);
  const ContractDecision last = At("2026-12-02T00:00:00Z");
  EXPECT_EQ(last.fact->days_left, 30);
  EXPECT_FALSE(last.next_timer.has_value());
  EXPECT_FALSE(At("2027-02-01T00:00:00Z").fact.has_value());
  EXPECT_EQ(StatusOf(contract_, D("2027-01-01")), ContractStatus::kOpen) << "the last day is part of it";
  EXPECT_EQ(StatusOf(contract_, D("2027-01-02")), ContractStatus::kExpired);
}

TEST_F(Contracts, WhatLiesBeforeTheSigningIsNotToldAndOfSeveralPassedOnlyTheLast) {
  Sign("2026-11-01T09:00:00Z", "2027-01-01");  // 61 days: 180 and 90 are no news.
  const ContractDecision fresh = At("2026-11-01T09:00:00Z");
  EXPECT_FALSE(fresh.fact.has_value());
  EXPECT_EQ(fresh.next_timer, T("2026-12-02T00:00:00Z"));
  Sign("2026-01-01T09:00:00Z", "2027-01-01");  // Heard of 20 days before the end.
  EXPECT_EQ(At("2026-12-12T09:00:00Z").fact, (RenewalCheckpointReached{ContractId{"k"}, 20, "open"}));
  EXPECT_FALSE(At("2026-12-13T09:00:00Z").fact.has_value());
}

TEST_F(Contracts, ARenewalBeginsAnewAndAnEndEndsThem) {
  EXPECT_TRUE(At("2026-12-02T00:00:00Z").fact.has_value());
  EXPECT_TRUE(Renew(contract_, {T("2026-12-20T09:00:00Z"), EventId{"r"}, D("2028-01-01"), {}}));
  EXPECT_FALSE(Renew(contract_, {T("2026-12-20T09:00:00Z"), EventId{"r"}, D("2028-01-01"), {}}));
  EXPECT_EQ(At("2026-12-20T09:00:00Z").next_timer, T("2027-07-05T00:00:00Z"));
  EXPECT_EQ(At("2027-07-05T00:00:00Z").fact->days_left, 180);
  EXPECT_TRUE(End(contract_, T("2027-08-01T09:00:00Z"), {}));
  EXPECT_FALSE(At("2027-10-03T00:00:00Z").fact.has_value());
  EXPECT_EQ(StatusOf(contract_, D("2027-10-03")), ContractStatus::kEnded);
  EXPECT_TRUE(Renew(contract_, {T("2027-09-01T09:00:00Z"), EventId{"s"}, D("2029-01-01"), {}}));
  EXPECT_EQ(StatusOf(contract_, D("2027-10-03")), ContractStatus::kOpen) << "who renews after the end goes on";
}

TEST_F(Contracts, RenewalsEndInTheSameContractInEitherOrder) {
  Contract other = contract_;
  const Renewal first{T("2026-12-20T09:00:00Z"), EventId{"a"}, D("2028-01-01"), {}};
  const Renewal second{T("2027-12-20T09:00:00Z"), EventId{"b"}, D("2029-01-01"), {}};
  EXPECT_TRUE(Renew(contract_, first) && Renew(contract_, second));
  EXPECT_TRUE(Renew(other, second) && Renew(other, first));
  EXPECT_EQ(contract_, other);
  EXPECT_EQ(contract_.end(), D("2029-01-01"));
}

TEST_F(Contracts, CheckpointsBeginOnTheClientsWall) {
  zone_ = zoneinfo::LoadZone("Pacific/Auckland").value();
  EXPECT_EQ(At("2026-01-01T09:00:00Z").next_timer, T("2026-07-04T12:00:00Z"));
}

TEST_F(Contracts, AContractOnlyRenewedOrEndedSoFarWaitsForItsSigning) {
  contract_.signed_as.reset();
  EXPECT_TRUE(Renew(contract_, {T("2026-12-20T09:00:00Z"), EventId{"r"}, D("2028-01-01"), {}}));
  const ContractDecision decision = At("2026-12-20T09:00:00Z");
  EXPECT_FALSE(decision.fact || decision.next_timer);
}

}  // namespace
}  // namespace mainstay::cadence
