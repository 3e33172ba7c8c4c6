// What a client's record is on disk.
#include <gtest/gtest.h>

#include <string>

#include "mainstay/state/v1/cadence.pb.h"
#include "services/cadence/state.h"

namespace mainstay::cadence {
namespace {

ClientRecord WithTouches() {
  ClientRecord client;
  client.plan.touches = {{{"crm", EventId{"c"}}, FromMs(1'790'000'000'000), false, 25},
                         {{"phone", EventId{std::string(300, 'b')}}, FromMs(1'790'000'000'000), true},
                         {{"crm", EventId{""}}, FromMs(-5), true}};
  return client;
}

TEST(ClientState, KeptTouchesComeBackAsTheyWere) {
  const auto back = DecodeClient(Encode(WithTouches()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->plan.touches, WithTouches().plan.touches);
}

TEST(ClientState, WhatTheDueDayCountsFromComesBackWhetherItIsTheNewestTouchOrNot) {
  ClientRecord client = WithTouches();
  const KeptTouch& newest = client.plan.touches[0];
  const KeptTouch& older = client.plan.touches[1];
  for (const Base& base : {Base{newest.at, newest.event, newest.event}, Base{older.at, older.event, older.event},
                           Base{newest.at, newest.event, older.event}, Base{FromMs(1), {}, newest.event}}) {
    client.plan.base = base;
    const auto back = DecodeClient(Encode(client));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->plan.base, base);
  }
}

TEST(ClientState, TouchesInParallelListsAreStillRead) {
  state::v1::CadenceClient old;
  state::v1::CadenceTouches& touches = *old.mutable_plan()->mutable_touches();
  std::int64_t newer = 0;
  for (const KeptTouch& touch : WithTouches().plan.touches) {
    const bool crm = touch.event.source == "crm";
    if (touches.sources_size() < (crm ? 1 : 2)) touches.add_sources(touch.event.source);
    touches.add_source(crm ? 0 : 1);
    touches.add_ids(touch.event.id.raw());
    touches.add_ms_before(touches.ids_size() == 1 ? ToMs(touch.at) : newer - ToMs(touch.at));
    newer = ToMs(touch.at);
  }
  touches.add_caused_episode(1);
  touches.add_caused_episode(2);
  const auto back = DecodeClient(old.SerializeAsString());
  ASSERT_TRUE(back.has_value());
  ClientRecord expected = WithTouches();
  for (KeptTouch& touch : expected.plan.touches) touch.minutes = 0;  // They were kept elsewhere then.
  EXPECT_EQ(back->plan.touches, expected.plan.touches);
}

}  // namespace
}  // namespace mainstay::cadence
