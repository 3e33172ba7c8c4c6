#include "mainstay/wire/cloud_event.h"

#include <gtest/gtest.h>

#include "json_codec.h"
#include "mainstay/wire/in_event.h"

namespace mainstay::wire {
namespace {

// The documented examples, as a stranger would type them.
constexpr std::string_view kRegistered =
    R"({"specversion":"1.0","id":"e1","source":"crm","type":"mainstay.client.ClientRegistered.v1",)"
    R"("time":"2026-01-05T09:00:00Z","partitionkey":"north","subject":"acme",)"
    R"("data":{"name":"Acme","timeZone":"Europe/London","ownerId":"ann"}})";
constexpr std::string_view kOrdered =
    R"({"specversion":"1.0","id":"e2","source":"shop","type":"mainstay.client.OrderPlaced.v1",)"
    R"("time":"2026-01-06T10:00:00Z","partitionkey":"north","subject":"acme",)"
    R"("data":{"orderId":"o-1","lines":[{"productId":"p1","quantity":"2",)"
    R"("amount":{"amount":"120.00","currency":"GBP"},"departmentId":"it","locationId":"leeds"}]}})";
constexpr std::string_view kTouched =
    R"({"specversion":"1.0","id":"e3","source":"tel","type":"mainstay.touch.Touched.v1",)"
    R"("time":"2026-01-07T15:00:00Z","partitionkey":"north","subject":"acme",)"
    R"("data":{"repId":"ann","role":"SALES","channel":"CALL","direction":"OUTBOUND","minutes":5,)"
    R"("contactId":"c1","sentiment":0.4}})";
constexpr std::string_view kRaised =
    R"({"specversion":"1.0","id":"e4","source":"desk","type":"mainstay.client.EmergencyRaised.v1",)"
    R"("time":"2026-01-08T11:00:00Z","partitionkey":"north","subject":"acme",)"
    R"("data":{"emergencyId":"x1","summary":"down"}})";
constexpr std::string_view kCompetitor =
    R"({"specversion":"1.0","id":"e5","source":"crm","type":"mainstay.client.CompetitorCalled.v1",)"
    R"("time":"2026-01-09T11:00:00Z","partitionkey":"north","subject":"acme","data":{"competitor":"Zenith"}})";
constexpr std::string_view kLost =
    R"({"specversion":"1.0","id":"e6","source":"crm","type":"mainstay.client.ClientLost.v1",)"
    R"("time":"2026-02-09T11:00:00Z","partitionkey":"north","subject":"acme",)"
    R"("data":{"reason":"COMPETITOR","competitor":"Zenith"}})";

std::string Replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  const std::size_t at = result.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return result.replace(at, from.size(), to);
}

TEST(CloudEvent, TheDocumentedLinesReadAndWriteBack) {
  for (const std::string_view line : {kRegistered, kOrdered, kTouched, kRaised, kCompetitor, kLost}) {
    const Result<InEvent> event = DecodeInEvent(line);
    ASSERT_TRUE(event) << event.error().message;
    const std::string written = FormatCloudEvent(ToEnvelope(*event)).value();
    EXPECT_EQ(Replaced(written, R"("datacontenttype":"application/json",)", ""), line);
  }
}

TEST(CloudEvent, ValuesArriveInTheDomain) {
  const InEvent event = DecodeInEvent(kOrdered).value();
  EXPECT_EQ(event.id, EventId{"e2"});
  EXPECT_EQ(event.book, BookId{"north"});
  EXPECT_EQ(event.client, ClientId{"acme"});
  EXPECT_EQ(FormatInstant(event.time), "2026-01-06T10:00:00Z");
  const auto& order = std::get<OrderPlaced>(event.data);
  EXPECT_EQ(order.currency, Currency{"GBP"});
  ASSERT_EQ(order.lines.size(), 1U);
  EXPECT_EQ(order.lines[0].amount, Money::FromUnits(1'200'000));
  EXPECT_EQ(order.lines[0].quantity, 2);
  const auto touch = std::get<Touched>(DecodeInEvent(kTouched)->data);
  EXPECT_EQ(touch.channel, TouchChannel::kCall);
  EXPECT_EQ(touch.sentiment, 0.4);
}

TEST(CloudEvent, TimesWithAnOffsetAndFractionBecomeUtc) {
  const std::string line = Replaced(kLost, "2026-02-09T11:00:00Z", "2026-02-09T11:00:00.250+02:00");
  EXPECT_EQ(FormatInstant(ParseCloudEvent(line)->time), "2026-02-09T09:00:00.250Z");
}

TEST(CloudEvent, UnknownAttributesAndFieldsAreIgnored) {
  const std::string line = Replaced(kLost, R"("data":{)", R"("shard":{"a":[1]},"data":{"deep":{"er":[[]]},)");
  EXPECT_EQ(ParseCloudEvent(line).value(), ParseCloudEvent(kLost).value());
}

TEST(CloudEvent, ProtoNamesAreReadToo) {
  const std::string line = Replaced(kTouched, "repId", "rep_id");
  EXPECT_EQ(ParseCloudEvent(line).value(), ParseCloudEvent(kTouched).value());
}

TEST(CloudEvent, TraceparentSurvives) {
  const std::string line = Replaced(kLost, R"("data":{)", R"("traceparent":"00-ab-cd-01","data":{)");
  const Envelope envelope = ParseCloudEvent(line).value();
  EXPECT_EQ(envelope.traceparent, "00-ab-cd-01");
  EXPECT_EQ(DecodeEnvelope(EncodeEnvelope(envelope)).value(), envelope);
  EXPECT_NE(FormatCloudEvent(envelope)->find(R"("traceparent":"00-ab-cd-01")"), std::string::npos);
}

struct Refusal {
  std::string_view from;
  std::string_view to;
  std::string field;
};

TEST(CloudEvent, EachMissingOrWrongAttributeIsNamed) {
  const Refusal refusals[] = {
      {R"("specversion":"1.0",)", "", "specversion"},
      {R"("specversion":"1.0")", R"("specversion":"0.3")", "specversion"},
      {R"("id":"e6",)", "", "id"},
      {R"("id":"e6")", R"("id":6)", "id"},
      {R"("source":"crm",)", "", "source"},
      {R"("type":"mainstay.client.ClientLost.v1",)", "", "type"},
      {"ClientLost.v1", "ClientLost.v2", "type"},
      {R"("time":"2026-02-09T11:00:00Z",)", "", "time"},
      {"2026-02-09T11:00:00Z", "yesterday", "time"},
      {R"("partitionkey":"north",)", "", "partitionkey"},
      {R"("partitionkey":"north")", R"("partitionkey":null)", "partitionkey"},
      {R"("subject":"acme")", R"("subject":["acme"])", "subject"},
      {R"("data":{)", R"("data_base64":"AA==","data":{)", "data_base64"},
      {R"("data":{)", R"("datacontenttype":"text/xml","data":{)", "datacontenttype"},
  };
  for (const Refusal& refusal : refusals) {
    const Result<Envelope> envelope = ParseCloudEvent(Replaced(kLost, refusal.from, refusal.to));
    ASSERT_FALSE(envelope) << refusal.from;
    EXPECT_EQ(envelope.error().field, refusal.field) << envelope.error().message;
    EXPECT_NE(envelope.error().message.find(refusal.field), std::string::npos);
  }
}

TEST(CloudEvent, SyntaxErrorsSayTheColumn) {
  const std::string broken = R"({"id": nope})";
  const Error error = ParseCloudEvent(broken).error();
  EXPECT_EQ(error.field, "");
  const std::size_t column = ErrorColumn(broken, error);
  EXPECT_GE(column, 8U);
  EXPECT_LE(column, 10U);
  EXPECT_NE(error.message.find("column " + std::to_string(column)), std::string::npos) << error.message;
  for (const std::string_view text : {"", "{", "null", "[1,2]", "{\"a\":\"\xff\"}", "\x1f\x8b"}) {
    EXPECT_FALSE(ParseCloudEvent(text)) << text;
    EXPECT_GE(ErrorColumn(text, ParseCloudEvent(text).error()), 1U);
  }
}

TEST(CloudEvent, FieldErrorsHaveTheColumnOfTheirValue) {
  const std::string line = Replaced(kOrdered, R"("currency":"GBP")", R"("currency":"pounds")");
  const Error error = DecodeInEvent(line).error();
  EXPECT_EQ(error.field, "data.lines[0].amount.currency");
  EXPECT_EQ(ErrorColumn(line, error), line.find(R"("pounds")") + 1);
  // Missing: the object that should have it.
  const std::string without = Replaced(kOrdered, R"(,"currency":"GBP")", "");
  EXPECT_EQ(ErrorColumn(without, DecodeInEvent(without).error()), without.find(R"({"amount":"120.00")") + 1);
}

TEST(CloudEvent, DataGoesBothWaysByItself) {
  const std::string bytes = DataFromJson("mainstay.client.CompetitorCalled.v1", R"({"competitor":"Zenith"})").value();
  EXPECT_EQ(DataToJson("mainstay.client.CompetitorCalled.v1", bytes).value(), R"({"competitor":"Zenith"})");
  EXPECT_EQ(DataFromJson("mainstay.client.CompetitorCalled.v1", "{").error().field, "data");
  EXPECT_EQ(DataFromJson("nothing", "{}").error().field, "type");
}

TEST(CloudEvent, DeepNestingIsHarmless) {
  const std::string deep(200'000, '[');
  EXPECT_FALSE(ParseCloudEvent(deep));
  const std::string closed = deep + std::string(200'000, ']');
  EXPECT_TRUE(ParseCloudEvent(Replaced(kLost, R"("data":{)", R"("x":)" + closed + R"(,"data":{)")));
}

TEST(JsonText, IsEscapedWhereJsonMustBeAndNowhereElse) {
  const auto written = [](std::string_view text) {
    std::string out;
    AppendJsonString(text, &out);
    return out;
  };
  EXPECT_EQ(written(""), R"("")");
  EXPECT_EQ(written("Zoë & Söhne </b>"), R"("Zoë & Söhne </b>")");
  EXPECT_EQ(written("\"a\\b\nc\x01"), R"("\"a\\b\u000ac\u0001")");
}

}  // namespace
}  // namespace mainstay::wire
