// The questions that personas are asked for.
#include "mainstay/segmentation/persona_questions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mainstay::segmentation {
namespace {

Money Whole(std::int64_t amount) { return Money::FromUnits(amount * Money::kUnitsPerWhole); }
Instant Day(int day) { return Instant{std::chrono::days{day}}; }

PersonaClient Client(const std::string& id, Persona persona, std::int64_t revenue, std::int64_t minutes,
                     std::optional<Instant> offered = {}) {
  PersonaClient client{ClientId{id}, persona, {}, offered};
  client.facts.revenue = Whole(revenue);
  client.facts.minutes = minutes;
  return client;
}

// Ten minutes for a thousand is the median.
const EffortLines kLines{EffortOf(9, Whole(1'000)), 1};

TEST(PersonaQuestions, AllLikeTheBestIsTheMeanOfTheBestForEverybody) {
  const std::vector<PersonaClient> clients = {
      Client("a", Persona::kBest, 900, 30), Client("b", Persona::kBest, 300, 10),
      Client("c", Persona::kUnclassified, 100, 0), Client("d", Persona::kStagnant, 100, 0)};
  const PersonaAnswers answers = AnswerPersonas(clients, kLines, {});
  ASSERT_TRUE(answers.all_like_the_best.has_value());
  EXPECT_EQ(answers.all_like_the_best->revenue, Whole(2'400));
  EXPECT_DOUBLE_EQ(answers.all_like_the_best->minutes, 80);
  EXPECT_FALSE(AnswerPersonas(std::span(clients).subspan(2), kLines, {}).all_like_the_best.has_value());
}

TEST(PersonaQuestions, DrainingClientsCostWhatTheirMinutesBringElsewhere) {
  // 1,000 of revenue leaves 300; 39 + 1 minutes are four times the usual effort, so they could leave 1,200.
  const std::vector<PersonaClient> clients = {Client("a", Persona::kDraining, 1'000, 39),
                                              Client("b", Persona::kUnclassified, 9'000, 61)};
  const PersonaAnswers answers = AnswerPersonas(clients, kLines, {});
  EXPECT_NEAR(answers.draining.excess_minutes, 30, 1e-3);
  EXPECT_EQ(answers.draining.contribution, Whole(300 - 39));
  EXPECT_NEAR(static_cast<double>(answers.draining.cost.units()), static_cast<double>(Whole(900).units()), 100);
  ASSERT_EQ(answers.totals.size(), 4U);
  EXPECT_EQ(answers.totals[1].persona, Persona::kDraining);
  EXPECT_DOUBLE_EQ(*answers.totals[1].share, .1);
  EXPECT_DOUBLE_EQ(*answers.totals[1].minutes_share, .39);
}

TEST(PersonaQuestions, StagnantClientsComeByHowLongNobodyOfferedThemAnything) {
  const std::vector<PersonaClient> clients = {
      Client("a", Persona::kStagnant, 10, 0, Day(9)), Client("b", Persona::kStagnant, 10, 0, Day(3)),
      Client("d", Persona::kStagnant, 10, 0), Client("c", Persona::kStagnant, 10, 0)};
  const PersonaAnswers answers = AnswerPersonas(clients, kLines, {});
  std::string order;
  for (const StagnantClient& client : answers.stagnant) order += client.id.raw();
  EXPECT_EQ(order, "cdba");
  EXPECT_DOUBLE_EQ(*answers.totals[2].share, 1);
  EXPECT_FALSE(answers.totals[2].minutes_share.has_value()) << "nobody took any minutes";
}

TEST(PersonaQuestions, ABookWithoutPersonasHasNoTotals) {
  const std::vector<PersonaClient> clients = {Client("a", Persona::kNone, 10, 0)};
  const PersonaAnswers answers = AnswerPersonas(clients, kLines, {});
  EXPECT_TRUE(answers.totals.empty() && answers.stagnant.empty() && !answers.all_like_the_best);
}

}  // namespace
}  // namespace mainstay::segmentation
