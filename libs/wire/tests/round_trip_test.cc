#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "every_event.h"
#include "mainstay/wire/cloud_event.h"
#include "mainstay/wire/in_event.h"
#include "mainstay/wire/out_event.h"
#include "registry.h"

namespace mainstay::wire {
namespace {

bool IsIn(const Envelope& envelope) { return TopicOfType(envelope.type).has_value(); }

// Names of the fields of `message` and of what it holds that are not set.
void CollectUnset(const google::protobuf::Message& message, const std::string& path, std::vector<std::string>* unset) {
  const auto& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const auto* field = message.GetDescriptor()->field(i);
    const std::string inside = path + '.' + field->name();
    if (std::find(set.begin(), set.end(), field) == set.end()) unset->push_back(inside);
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    if (!field->is_repeated()) CollectUnset(reflection.GetMessage(message, field), inside, unset);
    for (int j = 0; field->is_repeated() && j < reflection.FieldSize(message, field); ++j) {
      CollectUnset(reflection.GetRepeatedMessage(message, field, j), inside, unset);
    }
  }
}

// The file is the ground of every other round trip, so it must leave nothing out.
TEST(EveryEvent, HasEveryTypeWithEveryFieldSet) {
  std::set<std::string> types;
  for (const std::string& line : EveryEvent()) {
    const Result<Envelope> envelope = ParseCloudEvent(line);
    ASSERT_TRUE(envelope) << line << '\n' << envelope.error().message;
    types.insert(envelope->type);
    const std::unique_ptr<google::protobuf::Message> message((*FindEventType(envelope->type))->prototype->New());
    ASSERT_TRUE(ParseData(envelope->data, message.get()));
    std::vector<std::string> unset;
    CollectUnset(*message, envelope->type, &unset);
    EXPECT_EQ(unset, std::vector<std::string>{});
  }
  for (const EventType& type : EventTypes()) EXPECT_TRUE(types.contains(std::string(type.name))) << type.name;
  EXPECT_EQ(types.size(), EventTypes().size());
  EXPECT_EQ(EventTypes().size(), std::variant_size_v<InEventData> + std::variant_size_v<OutEventData> + 1);
}

TEST(EveryEvent, JsonToEnvelopeToJsonIsTheSameLine) {
  for (const std::string& line : EveryEvent()) {
    const Result<Envelope> envelope = ParseCloudEvent(line);
    ASSERT_TRUE(envelope) << envelope.error().message;
    EXPECT_EQ(FormatCloudEvent(*envelope).value(), line);
    EXPECT_EQ(DecodeEnvelope(EncodeEnvelope(*envelope)).value(), *envelope);
  }
}

// Bytes -> domain -> bytes -> JSON gives the line again: no field is dropped or mixed up on the way.
TEST(EveryEvent, NothingIsLostOnTheWayThroughTheDomain) {
  std::set<std::size_t> in_seen;
  std::set<std::size_t> out_seen;
  for (const std::string& line : EveryEvent()) {
    const Envelope envelope = ParseCloudEvent(line).value();
    std::string again;
    if (IsIn(envelope)) {
      const Result<InEvent> event = DecodeInEvent(EncodeEnvelope(envelope));
      ASSERT_TRUE(event) << line << '\n' << event.error().message;
      EXPECT_EQ(DecodeInEvent(line).value(), *event) << "JSON on the log is the same event";
      EXPECT_EQ(TypeName(event->data), envelope.type);
      in_seen.insert(event->data.index());
      again = EncodeInEvent(*event);
      EXPECT_EQ(DecodeInEvent(again).value(), *event);
    } else {
      const Result<OutEvent> event = DecodeOutEvent(EncodeEnvelope(envelope));
      if (!event) {
        EXPECT_EQ(event.error().field, "type") << line << event.error().message;
        continue;
      }
      EXPECT_EQ(TypeName(event->data), envelope.type);
      out_seen.insert(event->data.index());
      again = EncodeOutEvent(*event);
      EXPECT_EQ(DecodeOutEvent(again).value(), *event);
    }
    EXPECT_EQ(FormatCloudEvent(DecodeEnvelope(again).value()).value(), line);
  }
  EXPECT_EQ(in_seen.size(), std::variant_size_v<InEventData>);
  EXPECT_EQ(out_seen.size(), std::variant_size_v<OutEventData>);
}

TEST(EveryEvent, BytesAreDeterministic) {
  PolicySet policy;
  for (int i = 0; i < 40; ++i) policy.thresholds["name" + std::to_string(i)] = i;
  const InEvent event{EventId{"e"}, "s", FromMs(1'700'000'000'000), BookId{"b"}, std::nullopt, policy};
  const std::string bytes = EncodeInEvent(event);
  for (int i = 0; i < 20; ++i) {
    const InEvent again = DecodeInEvent(bytes).value();
    EXPECT_EQ(again, event);
    EXPECT_EQ(EncodeInEvent(again), bytes);
  }
}

TEST(OutEvents, AbsentStaysAbsentAndZeroStaysZero) {
  ChurnRiskChanged risk;
  risk.episode = EpisodeId{"ep"};
  const OutEvent event{EventId{"x"}, FromMs(1'700'000'000'000), BookId{"b"}, ClientId{"c"}, risk};
  EXPECT_EQ(DecodeOutEvent(EncodeOutEvent(event)).value(), event);
  risk.probability = 0;
  risk.q = 0;
  const OutEvent zero{EventId{"x"}, FromMs(1'700'000'000'000), BookId{"b"}, ClientId{"c"}, risk};
  EXPECT_EQ(DecodeOutEvent(EncodeOutEvent(zero)).value(), zero);
  EXPECT_NE(EncodeOutEvent(zero), EncodeOutEvent(event));
}

TEST(Topics, EveryTypeBelongsOnOneTopic) {
  for (const EventType& type : EventTypes()) {
    EXPECT_NE(TopicOfType(type.name).has_value(), OutTopicOfType(type.name).has_value()) << type.name;
  }
  EXPECT_EQ(TopicOfType("mainstay.touch.Touched.v1").value(), InTopic::kTouchEvents);
  EXPECT_EQ(TopicOfType("mainstay.book.PolicySet.v1").value(), InTopic::kClientEvents);
  EXPECT_EQ(OutTopicOfType("mainstay.risk.ChurnRiskChanged.v1").value(), OutTopic::kChurnRisk);
  EXPECT_EQ(TopicOfType("mainstay.client.OrderPlaced.v2").error().field, "type");
}

}  // namespace
}  // namespace mainstay::wire
