// What people see: tables, the Pareto plot; and what programs get: the JSON form of answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/pareto_plot.h"
#include "cli/risk_text.h"
#include "cli/table.h"
#include "mainstay/query/v1/cadence.pb.h"
#include "mainstay/query/v1/segmentation.pb.h"
#include "mainstay/rpc/json.h"

namespace mainstay::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Table, ColumnsAreAlignedByDisplayWidth) {
  Table table({{"name"}, {"n", Align::kRight}});
  table.Add({"Zoë", "5"});
  table.Add({"Bob Ross", "1,234"});
  EXPECT_EQ(table.Render({}), "name          n\nZoë           5\nBob Ross  1,234\n");
}

TEST(Table, OnlyColumnsThatMayShrinkGiveWay) {
  Table table({{"id"}, {"reason", Align::kLeft, true}});
  table.Add({std::string(20, 'i'), std::string(60, 'r')});
  Terminal narrow;
  narrow.width = 50;
  const auto lines = Lines(table.Render(narrow));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(DisplayWidth(lines[1]), 50U);
  EXPECT_EQ(lines[1], std::string(20, 'i') + "  " + std::string(27, 'r') + "…");
}

TEST(Table, ColourOnlyWhereAsked) {
  Table table({{"a"}});
  Terminal terminal;
  EXPECT_THAT(table.Render(terminal), Not(HasSubstr("\x1b")));
  terminal.colour = true;
  EXPECT_THAT(table.Render(terminal), HasSubstr("\x1b[1m"));
}

TEST(Text, NumbersForPeople) {
  EXPECT_EQ(Thousands(0), "0");
  EXPECT_EQ(Thousands(999), "999");
  EXPECT_EQ(Thousands(-1'234'567), "-1,234,567");
  EXPECT_EQ(MoneyText("1234567.5", "EUR"), "1,234,567.50 EUR");
  EXPECT_EQ(MoneyText("-0.995", "EUR"), "-1.00 EUR");
  EXPECT_EQ(MoneyText("-1234.50", "EUR"), "-1,234.50 EUR");
  EXPECT_EQ(MoneyText("", "EUR"), "-");
  EXPECT_EQ(Percent(0.12345), "12.3 %");
}

TEST(ParetoPlot, RisesToTheTopAndMarksTheLine) {
  std::vector<double> cumulative;
  for (int i = 1; i <= 10; ++i) cumulative.push_back(i / 10.0);
  const auto lines = Lines(PlotPareto(cumulative, 8, 20, 10));
  ASSERT_EQ(lines.size(), 12U);
  EXPECT_THAT(lines[0], HasSubstr("100 %"));
  EXPECT_THAT(lines[1], HasSubstr("80 %"));
  EXPECT_THAT(lines[9], HasSubstr("0 %"));
  for (std::size_t row = 1; row < 10; ++row) {
    const auto filled = [](const std::string& line) {
      std::size_t blocks = 0;
      for (std::size_t at = line.find("█"); at != std::string::npos; at = line.find("█", at + 1)) ++blocks;
      return blocks;
    };
    EXPECT_GE(filled(lines[row]), filled(lines[row - 1])) << "the curve never falls";
  }
  EXPECT_THAT(lines.back(), HasSubstr("^ 8 of 10 clients carry 80 %"));
}

TEST(ParetoPlot, OneClientManyClientsAndNone) {
  EXPECT_EQ(PlotPareto({}, 0, 20, 10), "");
  EXPECT_THAT(PlotPareto({1.0}, 1, 20, 10), HasSubstr("1 of 1 clients"));
  EXPECT_EQ(Lines(PlotPareto(std::vector<double>(5000, 1.0), 1, 72, 12)).size(), 14U);
}

TEST(RiskText, OnlyReasonsThatRaiseTheRiskAreShownUpToTheLimit) {
  query::v1::RiskRow risk;
  for (const double points : {41.2, 12.0, 3.0, -17.0}) {
    auto& reason = *risk.add_reasons();
    reason.set_text("r" + std::to_string(risk.reasons_size()));
    reason.set_points(points);
  }
  EXPECT_EQ(ReasonsText(risk, 2), "r1: +41; r2: +12");
  EXPECT_EQ(ReasonsText(risk, 9), "r1: +41; r2: +12; r3: +3");
}

// The shapes are a contract: names in snake_case, absent values present as null, empty lists as [].
TEST(JsonShape, ParetoHasTheFieldsOfTheContract) {
  query::v1::GetParetoResponse answer;
  answer.add_rows()->set_client("x");
  answer.add_tiers()->set_tier("A");
  const nlohmann::ordered_json json = rpc::ToJson(answer);
  for (const char* name : {"book", "as_of", "position", "currency", "clients", "revenue", "line_80", "tiers", "rows"}) {
    EXPECT_TRUE(json.contains(name)) << name;
  }
  for (const char* name : {"tier", "clients", "revenue", "share", "expected_share", "deviation"}) {
    EXPECT_TRUE(json["tiers"][0].contains(name)) << name;
  }
  for (const char* name : {"rank", "client", "revenue", "share", "cumulative_share", "tier", "rank_tier"}) {
    EXPECT_TRUE(json["rows"][0].contains(name)) << name;
  }
  EXPECT_TRUE(json["tiers"][0]["expected_share"].is_null());
  EXPECT_TRUE(json["clients"].is_number());
}

TEST(JsonShape, ARiskRowHasTheFieldsOfTheContract) {
  query::v1::RiskRow row;
  row.add_reasons()->set_points(1.5);
  const nlohmann::ordered_json json = rpc::ToJson(row);
  for (const char* name : {"client", "level", "trigger", "probability", "fresh", "excess", "horizon_days", "p_silent",
                           "q", "interval", "at_stake", "reasons", "episode", "sequence", "model_version"}) {
    EXPECT_TRUE(json.contains(name)) << name;
  }
  EXPECT_TRUE(json["probability"].is_null());
  EXPECT_EQ(json["interval"], nlohmann::ordered_json::array());
  for (const char* name : {"part", "kind", "points", "text", "event_ids"}) {
    EXPECT_TRUE(json["reasons"][0].contains(name)) << name;
  }
}

}  // namespace
}  // namespace mainstay::cli
