// The runner itself: a wrong expectation must fail, and say where and what was there.
#include <gtest/gtest.h>

#include "facts.h"
#include "run_scenario.h"
#include "terse_event.h"

namespace mainstay::scenarios {
namespace {

constexpr const char* kOneOrder =
    "given\n"
    "  2024-01-05 c1 OrderPlaced order=o1 amount=100.00GBP\n"
    "expect pareto\n";

TEST(ScenarioRunner, RightExpectationHolds) {
  const Outcome outcome = RunScenario("t", std::string(kOneOrder) + "  clients = 1\n  rows[0].client = c1\n");
  EXPECT_TRUE(outcome.failures.empty()) << outcome.failures.front();
  EXPECT_EQ(outcome.facts, 2);
}

TEST(ScenarioRunner, WrongExpectationFailsWithLineAndWhatWasThere) {
  const Outcome outcome = RunScenario("t", std::string(kOneOrder) + "  clients = 1\n  clients = 2\n");
  ASSERT_EQ(outcome.failures.size(), 2U);
  EXPECT_EQ(outcome.failures[0], "t:5: expected clients = 2; clients is 1");
  EXPECT_TRUE(outcome.failures[1].starts_with("t:3: the whole answer: {")) << outcome.failures[1];
}

TEST(ScenarioRunner, WrongEventExpectationFails) {
  const std::string given = "given\n  2024-01-05 c1 OrderPlaced order=o1 amount=100.00GBP\n";
  EXPECT_TRUE(RunScenario("t", given + "expect events SegmentChanged\n  count = 1\n").failures.empty());
  EXPECT_FALSE(RunScenario("t", given + "expect events SegmentChanged\n  count = 0\n").failures.empty());
  EXPECT_FALSE(RunScenario("t", given + "expect events SegmentChanged client=c2\n  count = 1\n").failures.empty());
}

TEST(ScenarioRunner, WrongDeadLetterExpectationFails) {
  EXPECT_FALSE(RunScenario("t", "expect dead-letters\n  rows has 1\n").failures.empty());
}

TEST(ScenarioRunner, ScenarioThatExpectsNothingFails) {
  EXPECT_FALSE(RunScenario("t", "given\n  2024-01-05 c1 OrderPlaced order=o1 amount=1.00GBP\n").failures.empty());
}

TEST(ScenarioRunner, NonsenseFailsWithItsLine) {
  EXPECT_EQ(RunScenario("t", "# a remark\nexpct pareto\n").failures.at(0), "t:2: 'expct' is no step");
  EXPECT_EQ(RunScenario("t", "given\n  yesterday c1 Touched\n").failures.at(0),
            "t:1: given: line 2: 'yesterday' is no time");
  EXPECT_EQ(RunScenario("t", "given\n  2024-01-05 c1 Tuched\n").failures.at(0),
            "t:1: given: line 2: there is no event 'Tuched'");
  EXPECT_EQ(RunScenario("t", "expect nothing\n  a = 1\n").failures.at(0),
            "t:1: expect: there is no question 'nothing'");
}

TEST(Facts, FollowPathsAndSayWhatIsThere) {
  const auto answer = nlohmann::ordered_json::parse(
      R"({"n":null,"share":0.58667,"rows":[{"client":"c1","why":["a"]},{"client":"c2","why":[]}]})");
  EXPECT_EQ(CheckFact(answer, "n = null"), "");
  EXPECT_EQ(CheckFact(answer, "share ~ 0.59"), "");
  EXPECT_NE(CheckFact(answer, "share ~ 0.58"), "");
  EXPECT_EQ(CheckFact(answer, "rows[client=c2].why has 0"), "");
  EXPECT_EQ(CheckFact(answer, "rows[-1].client = c2"), "");
  EXPECT_EQ(CheckFact(answer, "rows[0].why contains a"), "");
  EXPECT_EQ(CheckFact(answer, "rows[client=c3] absent"), "");
  EXPECT_EQ(CheckFact(answer, "rows has 1"), "rows is 2 entries: " + answer["rows"].dump());
  EXPECT_EQ(CheckFact(answer, "rows[client=c3].why has 0"), "'rows' has no entry with client=c3");
  EXPECT_EQ(CheckFact(answer, "tier = A"), "there is no 'tier'");
  EXPECT_EQ(CheckFact(answer, "share is big"), "'is' is no comparison");
}

TEST(TerseEvents, RepeatAndCount) {
  const auto events =
      ExpandEvents({7, "for 9..10: 2024-01-01+{i*7}d c{i} OrderPlaced order=o{i} amount={100-i}.00GBP"}, "north");
  ASSERT_TRUE(events.has_value());
  ASSERT_EQ(events->size(), 2U);
  const auto first = nlohmann::json::parse(events->front());
  EXPECT_EQ(first["id"], "L7.9");
  EXPECT_EQ(first["time"], "2024-03-04T09:00:00Z");
  EXPECT_EQ(first["subject"], "c09");
  EXPECT_EQ(first["data"]["lines"][0]["amount"]["amount"], "91.00");
}

}  // namespace
}  // namespace mainstay::scenarios
