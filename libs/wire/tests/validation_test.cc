#include <gtest/gtest.h>

#include "mainstay/wire/cloud_event.h"
#include "mainstay/wire/in_event.h"

namespace mainstay::wire {
namespace {

struct Case {
  std::string type;   // <context>.<Name>
  std::string data;   // JSON
  std::string field;  // The field the error names; empty: accepted.
  std::string words;  // Part of the message.
};

std::string Line(const std::string& type, const std::string& data) {
  const std::string subject = type.starts_with("book.") ? "" : R"("subject":"acme",)";
  return R"({"specversion":"1.0","id":"e1","source":"crm","type":"mainstay.)" + type +
         R"(.v1","time":"2026-01-05T09:00:00Z","partitionkey":"north",)" + subject + R"("data":)" + data + "}";
}

std::string Order(const std::string& lines) { return R"({"orderId":"o","lines":[)" + lines + "]}"; }
std::string OneLine(const std::string& rest) { return Order(R"({"productId":"p")" + rest + "}"); }

const std::string kGbp = R"({"amount":"1","currency":"GBP"})";
const std::string kEur = R"({"amount":"1","currency":"EUR"})";

std::string Touch(const std::string& rest) {
  return R"({"repId":"r","role":"SALES","channel":"CALL","direction":"INBOUND")" + rest + "}";
}

class Validation : public testing::TestWithParam<Case> {};

TEST_P(Validation, NamesTheFieldAndSaysWhy) {
  const auto& [type, data, field, words] = GetParam();
  const Result<InEvent> event = DecodeInEvent(Line(type, data));
  if (field.empty()) {
    EXPECT_TRUE(event) << event.error().message;
    return;
  }
  ASSERT_FALSE(event) << "accepted: " << data;
  EXPECT_EQ(event.error().field, field) << event.error().message;
  EXPECT_EQ(event.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(event.error().message.find(words), std::string::npos) << event.error().message;
  EXPECT_NE(event.error().message.find(field), std::string::npos) << event.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Orders, Validation,
    testing::Values(
        Case{"client.OrderPlaced", OneLine(R"(,"amount":)" + kGbp), "", ""},
        Case{"client.OrderPlaced", OneLine(R"(,"quantity":2,"amount":)" + kGbp), "", ""},
        Case{"client.OrderPlaced", OneLine(R"(,"unknown":[{}],"margin":null,"amount":)" + kGbp), "", ""},
        Case{"client.OrderPlaced", OneLine(R"(,"amount":{"amount":"-3.25","currency":"GBP"})"), "", ""},
        Case{"client.OrderPlaced",
             Order(R"({"productId":"p","amount":)" + kGbp + R"(},{"productId":"p","amount":)" + kGbp + "}"), "", ""},
        Case{"client.OrderPlaced", Order(""), "data.lines", "at least one"},
        Case{"client.OrderPlaced", R"({"orderId":"o"})", "data.lines", "at least one"},
        Case{"client.OrderPlaced", R"({"lines":[{"productId":"p","amount":)" + kGbp + "}]}", "data.orderId", "missing"},
        Case{"client.OrderPlaced", OneLine(""), "data.lines[0].amount", "missing"},
        Case{"client.OrderPlaced", OneLine(R"(,"amount":{"amount":"1"})"), "data.lines[0].amount.currency", "ISO 4217"},
        Case{"client.OrderPlaced", OneLine(R"(,"amount":{"amount":"1","currency":"gbp"})"),
             "data.lines[0].amount.currency", "'gbp'"},
        Case{"client.OrderPlaced", OneLine(R"(,"amount":{"currency":"GBP"})"), "data.lines[0].amount.amount",
             "missing"},
        Case{"client.OrderPlaced", OneLine(R"(,"amount":{"amount":"1,50","currency":"GBP"})"),
             "data.lines[0].amount.amount", "'1,50'"},
        Case{"client.OrderPlaced", OneLine(R"(,"amount":{"amount":"0.00001","currency":"GBP"})"),
             "data.lines[0].amount.amount", "four decimals"},
        Case{"client.OrderPlaced", OneLine(R"(,"amount":{"amount":1.5,"currency":"GBP"})"),
             "data.lines[0].amount.amount", "text in quotes"},
        Case{"client.OrderPlaced",
             Order(R"({"productId":"p","amount":)" + kGbp + R"(},{"productId":"p","amount":)" + kEur + "}"),
             "data.lines[1].amount.currency", "one currency"},
        Case{"client.OrderPlaced", OneLine(R"(,"amount":)" + kGbp + R"(,"margin":)" + kEur),
             "data.lines[0].margin.currency", "one currency"},
        Case{"client.OrderPlaced", OneLine(R"(,"quantity":"-1","amount":)" + kGbp), "data.lines[0].quantity",
             "negative"},
        Case{"client.OrderPlaced", OneLine(R"(,"quantity":"two","amount":)" + kGbp), "data.lines[0].quantity",
             "whole number"},
        Case{"client.OrderPlaced", OneLine(R"(,"quantity":1.5,"amount":)" + kGbp), "data.lines[0].quantity",
             "whole number"},
        Case{"client.OrderPlaced", OneLine(R"(,"departmentId":"","amount":)" + kGbp), "data.lines[0].departmentId",
             "missing"},
        Case{"client.OrderPlaced", OneLine(R"(,"locationId":"a\u0007b","amount":)" + kGbp), "data.lines[0].locationId",
             "control character"},
        Case{"client.OrderPlaced",
             Order(R"({"productId":"p","amount":{"amount":"900000000000000","currency":"GBP"}},)"
                   R"({"productId":"p","amount":{"amount":"-900000000000000","currency":"GBP"}})"),
             "data.lines[1].amount", "too large"},
        Case{"client.OrderRefunded", R"({"refundId":"r","amount":)" + kGbp + "}", "", ""},
        Case{"client.OrderRefunded", R"({"refundId":"r","amount":{"amount":"0","currency":"GBP"}})",
             "data.amount.amount", "above 0"},
        Case{"client.OrderRefunded", R"({"refundId":"r","amount":{"amount":"-1","currency":"GBP"}})",
             "data.amount.amount", "above 0"},
        Case{"client.OrderRefunded",
             R"({"refundId":"r","amount":)" + kGbp + R"(,"lines":[{"productId":"p","amount":)" + kEur + "}]}",
             "data.lines[0].amount.currency", "one currency"},
        Case{"client.OrderCorrected", R"({"orderId":"o","lines":[]})", "data.lines", "at least one"}));

INSTANTIATE_TEST_SUITE_P(
    Relation, Validation,
    testing::Values(
        Case{"client.ClientRegistered", "{}", "data.name", "missing"},
        Case{"client.ClientRegistered", R"({"name":"A","since":"2026-02-30"})", "data.since", "'2026-02-30'"},
        Case{"client.ClientRegistered", R"({"name":"A","employees":-1})", "data.employees", "negative"},
        Case{"client.ClientRegistered", R"({"name":"A","departments":[{"name":"x"}]})",
             "data.departments[0].departmentId", "missing"},
        Case{"client.ClientUpdated", "{}", "", ""},
        Case{"client.ClientLost", R"({"competitor":"Zenith"})", "data.reason", "COMPETITOR"},
        Case{"client.ClientLost", R"({"reason":"BORED"})", "data.reason", "SERVICE"},
        Case{"client.ContractSigned",
             R"({"contractId":"k","value":)" + kGbp + R"(,"start":"2026-02-01","end":"2026-01-31"})", "data.end",
             "before the start"},
        Case{"client.ContractSigned", R"({"contractId":"k","value":)" + kGbp + R"(,"start":"2026-02-01"})", "data.end",
             "missing"},
        Case{"client.SurveyAnswered", R"({"surveyId":"s","score":11})", "data.score", "from 0 to 10"},
        Case{"client.SurveyAnswered", R"({"surveyId":"s","score":-1})", "data.score", "from 0 to 10"},
        Case{"client.SurveyAnswered", R"({"surveyId":"s"})", "data.score", "missing"},
        Case{"client.GoalMeasured", R"({"goalId":"g","value":"1e999"})", "data.value", "number"},
        Case{"client.DealOpened", R"({"dealId":"d"})", "data.leadSource", "missing"},
        Case{"client.DealOpened", R"({"dealId":"d","leadSource":"COLD","minutes":-5})", "data.minutes", "negative"},
        Case{"client.PotentialAssessed", R"({"cells":[]})", "data.cells", "at least one"},
        Case{"client.OfferMade", R"({"offerId":"o"})", "data.productIds", "at least one"},
        Case{"client.ConsentChanged", R"({"contactId":"c","channel":"SMS"})", "data.granted", "missing"},
        Case{"client.ClientMerged", R"({"intoClientId":"acme"})", "data.intoClientId", "itself"},
        Case{"client.EmergencyRaised", "{}", "data.emergencyId", "missing"},
        Case{"client.EmergencyRaised", R"("text")", "data", "object"}, Case{"touch.Touched", Touch(""), "", ""},
        Case{"touch.Touched", Touch(R"(,"minutes":-1)"), "data.minutes", "negative"},
        Case{"touch.Touched", Touch(R"(,"minutes":3000000000)"), "data.minutes", "too large"},
        Case{"touch.Touched", Touch(R"(,"sentiment":1.01)"), "data.sentiment", "from -1 to 1"},
        Case{"touch.Touched", Touch(R"(,"sentiment":-2)"), "data.sentiment", "from -1 to 1"},
        Case{"touch.Touched", R"({"repId":"r","channel":"CALL","direction":"INBOUND"})", "data.role", "missing"},
        Case{"touch.Touched", R"({"repId":"r","role":"SALES","channel":"PIGEON","direction":"INBOUND"})",
             "data.channel", "'PIGEON'"},
        Case{"touch.TouchRetracted", "{}", "data.touchId", "missing"}));

INSTANTIATE_TEST_SUITE_P(
    Book, Validation,
    testing::Values(Case{"book.PolicySet", "{}", "", ""},
                    Case{"book.PolicySet", R"({"tiers":"split 20/20/70"})", "data.tiers", ""},
                    Case{"book.PolicySet", R"({"creditRate":1.5})", "data.creditRate", "from 0 to 1"},
                    Case{"book.PolicySet", R"({"thresholds":{"a":"x"}})", "data.thresholds.a", "number"},
                    Case{"book.PolicySet", R"({"currency":"pound"})", "data.currency", "ISO 4217"},
                    Case{"book.TargetSet", R"({"amount":)" + kGbp + "}", "data.year", "missing"},
                    Case{"book.CalendarSet", R"({"workingDays":["MOONDAY"]})", "data.workingDays[0]", "MONDAY"},
                    Case{"book.CalendarSet", R"({"holidays":["2026-12-25","soon"]})", "data.holidays[1]", "'soon'"},
                    Case{"book.RepSet", R"({"repId":"r","role":"SALES","quietHours":{"from":"25:00","to":"08:00"}})",
                         "data.quietHours.from", "'25:00'"},
                    Case{"book.RepSet", R"({"repId":"r","role":"SALES","minutesPerWeek":99999})", "data.minutesPerWeek",
                         "from 0 to 10080"},
                    Case{"book.ImportStarted", "{}", "data.importId", "missing"}));

// The attributes, at the door that takes them apart already.
TEST(Attributes, EachIsCheckedByName) {
  const Envelope good = ParseCloudEvent(Line("client.ClientErased", "{}")).value();
  ASSERT_TRUE(DecodeInEvent(good));
  const auto field_of = [](const Envelope& envelope) {
    const Result<InEvent> event = DecodeInEvent(EncodeEnvelope(envelope));
    return event ? "" : event.error().field;
  };
  const auto with = [&good](auto change) {
    Envelope changed = good;
    change(changed);
    return changed;
  };
  EXPECT_EQ(field_of(with([](Envelope& e) { e.id = ""; })), "id");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.id = std::string(256, 'x'); })), "");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.id = std::string(257, 'x'); })), "id");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.source = ""; })), "source");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.source = "a\nb"; })), "source");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.type = "mainstay.client.Nothing.v1"; })), "type");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.type = "mainstay.risk.ChurnRiskChanged.v1"; })), "type");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.time = Instant{}; })), "time");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.time = FromMs(INT64_MAX); })), "time");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.time = FromMs(INT64_MIN); })), "time");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.book = ""; })), "partitionkey");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.book = std::string("a\0b", 3); })), "partitionkey");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.client = ""; })), "subject");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.client = "\xff"; })), "subject");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.client = "\xed\xa0\x80"; })), "subject") << "a surrogate";
  EXPECT_EQ(field_of(with([](Envelope& e) { e.client = "\xc2\x85"; })), "subject") << "a C1 control character";
  EXPECT_EQ(field_of(with([](Envelope& e) { e.client = "J\xc3\xbcrgen \xf0\x9f\x8d\x8e"; })), "");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.data = "\xff\xff"; })), "data");
  EXPECT_EQ(field_of(with([](Envelope& e) { e.type = "mainstay.book.ImportStarted.v1"; })), "subject");
}

TEST(Attributes, TimesFarBeyondNowAreRefused) {
  InEvent event;
  const Instant now = FromMs(1'700'000'000'000);
  event.time = now + std::chrono::minutes{5};
  EXPECT_TRUE(ValidateTime(event, now));
  event.time += Duration{1};
  EXPECT_EQ(ValidateTime(event, now).error().field, "time");
}

TEST(Bytes, WhatIsNoEventIsRefusedWithoutAField) {
  for (const std::string bytes : {"", "\x0a\xff", "hello", "[]", "\x7f"}) {
    const Result<InEvent> event = DecodeInEvent(bytes);
    ASSERT_FALSE(event) << bytes;
    EXPECT_EQ(event.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace mainstay::wire
