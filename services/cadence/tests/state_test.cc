// What a client's record is on disk.
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "mainstay/base/random.h"
#include "mainstay/state/v1/cadence.pb.h"
#include "mainstay/testing/seed.h"
#include "mainstay/wire/wire_bytes.h"
#include "services/cadence/state.h"

namespace mainstay::cadence {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const Instant kAt = FromMs(1'790'000'000'000);
const Day kDay = FromDayNumber(20'000);

// Something of everything a record can hold.
ClientRecord FullRecord() {
  const EventRef ref{"crm", EventId{"e"}};
  ClientRecord client;
  client.plan.first_event_at = kAt;
  client.plan.first_event = ref;
  client.plan.touches = {{ref, kAt, true, 25}};
  client.plan.retractions = {ref};
  client.plan.segment_tier = Tier::kB;
  client.plan.ever_paid = client.plan.lost = client.plan.first_event_caused_episode = true;
  client.plan.tier = Tier::kC;
  client.plan.base = Base{kAt, ref, ref};
  client.plan.due = kDay;
  client.plan.not_before = kDay;
  client.plan.computed_on = kDay;
  client.plan.episode = TouchEpisode{EpisodeId{"t"}, kDay, true};
  TouchCleared& cleared = client.plan.pending.emplace();
  cleared.plan = {EpisodeId{"t"}, Tier::kA, kDay, kDay, kAt, RepId{"ann"}};
  cleared.touch_event = EventId{"e"};
  cleared.late = true;
  client.plan.zone = "Europe/Berlin";
  client.plan.zone_data_version = "2026a";
  client.owner = RepId{"ann"};
  client.zone = "Asia/Tokyo";
  client.owner_set = client.zone_set = client.status_set = {kAt, EventId{"e"}};
  client.window = {Money::FromUnits(-7), kAt, {}, kAt};
  client.order_days =
      risk::OrderDays({{{kDay, Money::FromUnits(5)}, {kDay + std::chrono::days{3}, Money::FromUnits(-6)}},
                       {kDay, kDay, std::string("\1\0", 2)},
                       risk::OrderStatistics{{3, 1.5, -.25}, kDay, kDay}});
  client.last_order = {kAt, EventId{"o"}};
  client.signals.complaints = {{EventId{"c"}, kAt, kAt}};
  client.signals.emergencies = {{EventId{"m"}, kAt, {}, kAt}};
  client.signals.competitor_calls = {{EventId{"k"}, kAt}};
  client.signals.rules_from = kAt;
  client.signals.missed_reviews = {{EventId{"r"}, kAt, kAt, true}};
  client.signals.sentiments = {{EventId{"s"}, kAt, -.5, "crm"}};
  client.signals.referral = risk::Referral{EventId{"f"}, EventId{"l"}, kAt};
  client.risk = {RiskLevel::kHigh,
                 risk::RiskEpisode{EpisodeId{"r"}, 2, risk::RiskTrigger::kRule, kAt},
                 {{risk::RuleKind::kOverdue, EventId{"e"}, kAt, kAt}},
                 true};
  client.overdue_event = EventId{"e"};
  client.plan_timer = client.risk_timer = client.agreement_timer = kAt;
  client.has_agreements = true;
  client.contracts = {{EventId{"c"}, kDay, 2, 365}};
  client.referrals = 3;
  client.effort = "\1some minutes";
  return client;
}

// All fields of the message and of those below it, and which of them some message has.
struct FieldsSeen {
  std::set<std::string> all;
  std::set<std::string> filled;

  void Look(const Message& message) {
    const auto& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor& field = *message.GetDescriptor()->field(i);
      const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 0;
      const bool has = field.is_repeated() ? count > 0 : reflection.HasField(message, &field);
      all.insert(field.full_name());
      if (!has) continue;
      filled.insert(field.full_name());
      if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      if (!field.is_repeated()) Look(reflection.GetMessage(message, &field));
      for (int n = 0; n < count; ++n) Look(reflection.GetRepeatedMessage(message, &field, n));
    }
  }
  [[nodiscard]] std::set<std::string> Missing() const {
    std::set<std::string> missing;
    std::set_difference(all.begin(), all.end(), filled.begin(), filled.end(), std::inserter(missing, missing.end()));
    return missing;
  }
};

// The proto says what is stored: protobuf reads all of it, and would have written the same bytes.
void ExpectIsTheProto(const std::string& bytes, state::v1::CadenceClient& proto) {
  ASSERT_TRUE(proto.ParseFromString(bytes));
  state::v1::CadenceClient known = proto;
  known.DiscardUnknownFields();
  EXPECT_EQ(known.SerializeAsString(), bytes);
}

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

TEST(ClientState, IsWhatTheProtoSaysAndComesBackWhole) {
  ClientRecord other_base = FullRecord();
  other_base.plan.base = Base{kAt, EventRef{"phone", EventId{"b"}}, other_base.plan.first_event};
  FieldsSeen seen;
  for (const ClientRecord& record : {FullRecord(), other_base}) {
    const std::string bytes = Encode(record);
    state::v1::CadenceClient proto;
    ExpectIsTheProto(bytes, proto);
    seen.Look(proto);
    const auto back = DecodeClient(bytes);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(Encode(*back), bytes);
  }
  const std::string touches = "mainstay.state.v1.CadenceTouches.";
  const std::set<std::string> not_written = {touches + "source", touches + "ids", touches + "ms_before",
                                             touches + "caused_episode",
                                             "mainstay.state.v1.RevenueWindow.previous_units"};
  EXPECT_EQ(seen.Missing(), not_written) << "FullRecord() fills all others";
}

TEST(ClientState, OfAClientNobodyHasHeardOfIsWhatTheProtoSays) {
  state::v1::CadenceClient proto;
  ExpectIsTheProto(Encode(ClientRecord{}), proto);
  EXPECT_EQ(proto.ByteSizeLong(), 2) << "a plan, of which nothing is known";
}

TEST(ClientState, WhatALaterVersionAddsIsSteppedOver) {
  state::v1::CadenceClient proto;
  const std::string bytes = Encode(FullRecord());
  ASSERT_TRUE(proto.ParseFromString(bytes));
  proto.GetReflection()->MutableUnknownFields(&proto)->AddLengthDelimited(20, "between");
  state::v1::CadencePlan& plan = *proto.mutable_plan();
  plan.GetReflection()->MutableUnknownFields(&plan)->AddVarint(900, 7);
  plan.GetReflection()->MutableUnknownFields(&plan)->AddFixed32(901, 7);
  const auto back = DecodeClient(proto.SerializeAsString());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(Encode(*back), bytes);
  const auto before_it = DecodeClient(std::string("\xA2\x01\x01x", 4) + bytes);
  ASSERT_TRUE(before_it.has_value());
  EXPECT_EQ(Encode(*before_it), bytes);
}

TEST(ClientState, CutWithinAFieldIsDamaged) {
  const std::string bytes = Encode(FullRecord());
  std::set<std::size_t> between;
  for (std::string_view rest = bytes; !rest.empty();) {
    between.insert(bytes.size() - rest.size());
    wire::WireBytes field(rest);
    std::uint64_t tag = 0;
    ASSERT_TRUE(field.TakeVarint(&tag) && field.Skip(tag & 7));
    rest = field.rest();
  }
  EXPECT_GT(between.size(), 10U);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeClient(std::string_view(bytes).substr(0, size)).has_value(), between.contains(size)) << size;
  }
}

// What damage leaves readable is a record like any other: written and read again it is the same.
TEST(ClientState, DamageIsFoundOrReadAsSomeRecord) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  const std::string bytes = Encode(FullRecord());
  int damaged = 0;
  constexpr int kTries = 5000;
  for (int i = 0; i < kTries; ++i) {
    std::string other = bytes;
    for (std::uint64_t flips = 1 + Below(random, 3); flips > 0; --flips) {
      other[Below(random, other.size())] = static_cast<char>(Below(random, 256));
    }
    const auto read = DecodeClient(other);
    damaged += read ? 0 : 1;
    if (!read) continue;
    const std::string written = Encode(*read);
    const auto again = DecodeClient(written);
    ASSERT_TRUE(again.has_value());
    ASSERT_EQ(Encode(*again), written);
  }
  EXPECT_TRUE(damaged > 0 && damaged < kTries) << damaged << " of " << kTries;
}

TEST(ClientState, WhatTheDueDayCountsFromComesBackWhetherItIsTheNewestTouchOrNot) {
  ClientRecord client = WithTouches();
  const KeptTouch newest = client.plan.touches[0].Copy();
  const KeptTouch older = client.plan.touches[1].Copy();
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
  ClientRecord expected = WithTouches();
  for (const KeptTouches::View touch : expected.plan.touches) {
    const bool crm = touch.source == "crm";
    if (touches.sources_size() < (crm ? 1 : 2)) touches.add_sources(std::string(touch.source));
    touches.add_source(crm ? 0 : 1);
    touches.add_ids(std::string(touch.id));
    touches.add_ms_before(touches.ids_size() == 1 ? ToMs(touch.at) : newer - ToMs(touch.at));
    newer = ToMs(touch.at);
  }
  touches.add_caused_episode(1);
  touches.add_caused_episode(2);
  const auto back = DecodeClient(old.SerializeAsString());
  ASSERT_TRUE(back.has_value());
  expected.plan.touches.SetMinutes(0, 0);  // They were kept elsewhere then.
  EXPECT_EQ(back->plan.touches, expected.plan.touches);
}

}  // namespace
}  // namespace mainstay::cadence
