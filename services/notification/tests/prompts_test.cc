#include <gtest/gtest.h>

#include "mainstay/testing/temporary_directory.h"
#include "running_system.h"

namespace mainstay::notification::testing {
namespace {

using mainstay::testing::TemporaryDirectory;
using std::chrono::days;

constexpr const char* kIssued = "mainstay.prompt.PromptIssued.v1";
constexpr const char* kWithdrawn = "mainstay.prompt.PromptWithdrawn.v1";

class Prompts : public ::testing::Test {
 protected:
  // Three clients hold pens, two hold ink, two hold caps; acme holds pens alone.
  void SetUp() override {
    system_ = std::make_unique<RunningSystem>(directory_.path());
    system_->Put("acme", kStart, Order("o1", {{"pens", "10.00"}}));
    system_->Put("bolt", kStart, Order("o2", {{"pens", "12.00"}, {"ink", "4.00"}, {"caps", "2.00"}}));
    system_->Put("core", kStart, Order("o3", {{"pens", "14.00"}, {"ink", "8.00"}, {"caps", "3.00"}}));
  }
  std::size_t Issued() { return system_->Events({kIssued}).size(); }

  TemporaryDirectory directory_;
  std::unique_ptr<RunningSystem> system_;
};

TEST_F(Prompts, TheItemIsWhatMostClientsHaveAndThisOneNeverBoughtTiesById) {
  system_->Put("acme", kStart + 1h, SupportTouch());
  const auto inbox = system_->Inbox("sue");
  ASSERT_EQ(inbox.size(), 1U);
  EXPECT_EQ(inbox[0].kind(), "prompt");
  EXPECT_EQ(inbox[0].offer(), "caps") << "caps and ink have two clients each";
  EXPECT_EQ(inbox[0].value().amount(), "2.50") << "the median line";
  EXPECT_EQ(inbox[0].expires(), FormatInstant(kStart + 1h + days{30}));
}

TEST_F(Prompts, AnOrderThatIsKnownChangesNothing) {
  for (int i = 0; i < 3; ++i) system_->Put("dune", kStart + 1min, Order("o2", {{"ink", "4.00"}}));
  system_->Put("acme", kStart + 1h, SupportTouch());
  EXPECT_EQ(system_->Inbox("sue").at(0).offer(), "caps");
  // Control: a new order of the same content does change it.
  system_->Put("dune", kStart + 2h, Order("o4", {{"ink", "4.00"}}));
  system_->Put("dune", kStart + 2h, Order("o5", {{"pens", "4.00"}}));
  system_->Put("elm", kStart + 2h, Order("o6", {{"pens", "4.00"}}));
  system_->Put("elm", kStart + 3h, SupportTouch("tom"));
  EXPECT_EQ(system_->Inbox("tom").at(0).offer(), "ink");
}

TEST_F(Prompts, ACorrectionMovesTheMedianAndNeverTakesAHoldingBack) {
  OrderCorrected corrected{OrderId{"o2"}, Currency{"GBP"}, {}};
  corrected.lines.push_back({ProductId{"pens"}, std::nullopt, ParseMoney("12.00").value(), {}, {}, {}});
  system_->Put("bolt", kStart + 1min, corrected);
  system_->Put("acme", kStart + 1h, SupportTouch());
  const auto inbox = system_->Inbox("sue");
  EXPECT_EQ(inbox.at(0).offer(), "caps") << "bolt keeps its caps";
  EXPECT_EQ(inbox.at(0).value().amount(), "3.00") << "its line of caps is gone";
}

TEST_F(Prompts, OnePerThirtyDaysAndOnlyForSupport) {
  system_->Put("acme", kStart + 1h, TouchBy("ann", TouchRole::kSales));
  EXPECT_EQ(Issued(), 0U);
  system_->Put("acme", kStart + 2h, SupportTouch());
  EXPECT_EQ(Issued(), 1U);
  system_->Put("acme", kStart + 3h, SupportTouch());
  system_->Put("acme", kStart + 2h + days{30} - 1ms, SupportTouch());
  EXPECT_EQ(Issued(), 1U);
  system_->Put("acme", kStart + 2h + days{30}, SupportTouch());
  EXPECT_EQ(Issued(), 2U);
  EXPECT_EQ(system_->Events({kWithdrawn}).size(), 1U) << "the first one expired by itself";
}

TEST_F(Prompts, HelpFirst) {
  system_->Put("acme", kStart + 1h, mainstay::EmergencyRaised{EmergencyId{"x"}, {}, {}});
  system_->Put("acme", kStart + 2h, SupportTouch());
  EXPECT_EQ(Issued(), 0U);
  system_->Put("acme", kStart + 3h, mainstay::EmergencyResolved{EmergencyId{"x"}});
  system_->Put("acme", kStart + 3h, mainstay::ComplaintMade{ComplaintId{"c"}, {}});
  system_->Put("acme", kStart + 4h, SupportTouch());
  EXPECT_EQ(Issued(), 0U);
  system_->Put("acme", kStart + 5h, mainstay::ComplaintResolved{ComplaintId{"c"}});
  system_->Put("acme", kStart + 5h, mainstay::SurveyAnswered{SurveyId{"s"}, 6, {}, {}});
  system_->Put("acme", kStart + 6h, SupportTouch());
  EXPECT_EQ(Issued(), 0U);
  system_->Put("bolt", kStart + 6h, SupportTouch());
  EXPECT_EQ(Issued(), 0U) << "bolt has everything";
  system_->Put("acme", kStart + 5h + days{90}, SupportTouch());
  EXPECT_EQ(Issued(), 1U);
}

TEST_F(Prompts, NoneWhileAnImportRuns) {
  system_->Put("", kStart + 1min, ImportStarted{ImportId{"i"}, {}});
  system_->Put("acme", kStart + 1h, SupportTouch());
  EXPECT_EQ(Issued(), 0U);
  system_->Put("", kStart + 2h, ImportFinished{ImportId{"i"}, {}});
  system_->Put("acme", kStart + 3h, SupportTouch());
  EXPECT_EQ(Issued(), 1U);
}

TEST_F(Prompts, WithdrawnWhenBoughtOrLost) {
  system_->Put("acme", kStart + 1h, SupportTouch());
  system_->Put("acme", kStart + 2h, Order("o7", {{"ink", "1.00"}}));
  EXPECT_EQ(system_->Inbox("sue").size(), 1U) << "another item";
  system_->Put("acme", kStart + 3h, Order("o8", {{"caps", "1.00"}}));
  EXPECT_TRUE(system_->Inbox("sue").empty());
  EXPECT_EQ(system_->Events({kWithdrawn}).size(), 1U);
  system_->Put("dune", kStart + 3h, Order("o9", {{"ink", "1.00"}}));
  system_->Put("dune", kStart + 4h, SupportTouch());
  ASSERT_EQ(system_->Inbox("sue").size(), 1U);
  system_->Put("dune", kStart + 5h, mainstay::ClientLost{LossReason::kPrice, {}, {}});
  EXPECT_TRUE(system_->Inbox("sue").empty());
  EXPECT_EQ(system_->Events({kWithdrawn}).size(), 2U);
}

TEST_F(Prompts, AnOrderInAnotherCurrencyIsADeadLetterAndChangesNothing) {
  OrderPlaced order{OrderId{"o9"}, Currency{"EUR"}, {}, {}, {}};
  order.lines.push_back({ProductId{"caps"}, std::nullopt, ParseMoney("1").value(), {}, {}, {}});
  const stream::Verdict verdict = system_->Put("acme", kStart + 1min, order);
  EXPECT_EQ(verdict.kind, stream::Verdict::Kind::kRejected);
  EXPECT_EQ(verdict.error.field, "data.currency");
  system_->Put("acme", kStart + 1h, SupportTouch());
  EXPECT_EQ(system_->Inbox("sue").at(0).offer(), "caps");
}

TEST_F(Prompts, ActIsIdempotentByItsKeyAndRefusesWithAReason) {
  system_->Put("acme", kStart + 1h, SupportTouch());
  q::ActRequest accept;
  accept.set_item(system_->Inbox("sue").at(0).item());
  accept.set_action("accept");
  accept.set_idempotency_key("k1");
  q::ActResponse response;
  ASSERT_TRUE(system_->Act(accept, &response).ok());
  EXPECT_FALSE(response.already_done());
  EXPECT_EQ(response.item().state(), "ACCEPTED");
  ASSERT_TRUE(system_->Act(accept, &response).ok());
  EXPECT_TRUE(response.already_done());
  EXPECT_EQ(system_->Events({"mainstay.prompt.PromptAccepted.v1"}).size(), 1U);

  accept.set_idempotency_key("k2");
  grpc::Status status = system_->Act(accept);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION) << status.error_message();
  accept.set_rep("tom");
  accept.set_idempotency_key("k3");
  status = system_->Act(accept);
  EXPECT_NE(status.error_message().find("accepted by sue"), std::string::npos) << status.error_message();
  q::ActRequest snooze = accept;
  snooze.set_rep("sue");
  snooze.set_action("snooze");
  snooze.set_until(FormatInstant(kStart + days{40}));
  snooze.set_idempotency_key("k4");
  status = system_->Act(snooze);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message().rfind("[until] ", 0), 0U) << status.error_message();
  snooze.set_item("nothing");
  EXPECT_EQ(system_->Act(snooze).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(Prompts, AnAcceptedOneIsWonByTheOrderOfItsItem) {
  system_->Put("acme", kStart + 1h, SupportTouch());
  q::ActRequest accept;
  accept.set_item(system_->Inbox("sue").at(0).item().substr(0, 8));  // The beginning is enough.
  accept.set_action("accept");
  ASSERT_TRUE(system_->Act(accept).ok());
  system_->Put("acme", kStart + days{50}, Order("o8", {{"caps", "1.00"}}));
  const auto won = system_->Events({"mainstay.prompt.PromptWon.v1"});
  ASSERT_EQ(won.size(), 1U);
  EXPECT_NE(won[0].find("\"orderId\":\"o8\""), std::string::npos) << won[0];
  EXPECT_EQ(system_->Inbox("sue", true).at(0).state(), "WON");
}

TEST_F(Prompts, OneAlertPerEpisodeAndItIsClearedWithTheRisk) {
  system_->Put("acme", kStart + 1h, Risk("e1", RiskLevel::kElevated));
  system_->Put("acme", kStart + 2h, Risk("e1", RiskLevel::kHigh));
  ASSERT_EQ(system_->Inbox("ann").size(), 1U);
  EXPECT_EQ(system_->Inbox("ann")[0].kind(), "alert");
  q::ActRequest dismiss;
  dismiss.set_item(system_->Inbox("ann")[0].item());
  dismiss.set_action("dismiss");
  EXPECT_EQ(system_->Act(dismiss).error_code(), grpc::StatusCode::FAILED_PRECONDITION) << "critical";
  system_->Put("acme", kStart + 3h, TouchBecameOverdue{Plan("e2")});
  EXPECT_EQ(system_->Inbox("ann").size(), 2U);
  system_->Put("acme", kStart + 4h, TouchCleared{Plan("e2"), EventId{"t"}, false});
  system_->Put("acme", kStart + 5h, Risk("e1", RiskLevel::kLow));
  EXPECT_TRUE(system_->Inbox("ann").empty());
  EXPECT_EQ(system_->Inbox("ann", true).size(), 2U);
}

TEST_F(Prompts, ATouchTakenBackIsNoLastContactAlsoWhenItsRetractionCameFirst) {
  const auto last_contact = [&] {
    const auto inbox = system_->Inbox("ann");
    return inbox.empty() ? std::string("no alert") : inbox.back().last_contact();
  };
  system_->Put("acme", kStart + 1h, TouchBy("ann", TouchRole::kSales));
  system_->Put("acme", kStart + 2h, TouchBy("ann", TouchRole::kSales));
  const EventId newest = system_->LastId();
  system_->Put("acme", kStart + 3h, Risk("e1", RiskLevel::kElevated));
  EXPECT_EQ(last_contact(), FormatInstant(kStart + 2h));
  system_->Put("acme", kStart + 4h, TouchRetracted{newest});
  system_->Put("acme", kStart + 5h, Risk("e1", RiskLevel::kElevated));
  EXPECT_EQ(last_contact(), FormatInstant(kStart + 1h));
}

TEST_F(Prompts, AMergedClientsPurchasesAndWorriesCountForTheOther) {
  system_->Put("dune", kStart + 1min, SupportTouch());
  ASSERT_EQ(Issued(), 1U) << "dune has nothing and is offered pens";
  system_->Put("dune", kStart + 2min, Risk("e1", RiskLevel::kElevated));
  ASSERT_EQ(system_->Inbox("ann").size(), 1U);
  system_->Put("bolt", kStart + 3min, mainstay::ClientMerged{ClientId{"acme"}});
  system_->Put("dune", kStart + 3min, mainstay::ComplaintMade{ComplaintId{"c"}, {}});
  system_->Put("dune", kStart + 4min, mainstay::ClientMerged{ClientId{"acme"}});
  EXPECT_TRUE(system_->Inbox("sue").empty()) << "its prompt is withdrawn";
  EXPECT_TRUE(system_->Inbox("ann").empty()) << "and its alert";
  EXPECT_EQ(system_->Inbox("sue", true).at(0).state(), "WITHDRAWN");
  system_->Put("acme", kStart + days{40}, SupportTouch());
  EXPECT_EQ(Issued(), 1U) << "dune's complaint is open";
  system_->Put("dune", kStart + days{40}, mainstay::ComplaintResolved{ComplaintId{"c"}});
  system_->Put("acme", kStart + days{41}, SupportTouch());
  EXPECT_EQ(Issued(), 1U) << "acme has pens, ink and caps now";
  // Holders of pens are acme and core only; the offer to a new client says so.
  system_->Put("elm", kStart + days{41}, SupportTouch("tom"));
  EXPECT_NE(system_->Inbox("tom").at(0).why(0).find("2 clients of 2 in"), std::string::npos)
      << system_->Inbox("tom").at(0).why(0);
  // A circle, and another heir, are refused.
  EXPECT_EQ(system_->Put("acme", kStart + days{42}, mainstay::ClientMerged{ClientId{"bolt"}}).kind,
            stream::Verdict::Kind::kRejected);
  EXPECT_EQ(system_->Put("bolt", kStart + days{42}, mainstay::ClientMerged{ClientId{"core"}}).kind,
            stream::Verdict::Kind::kRejected);
  EXPECT_EQ(system_->Put("bolt", kStart + days{42}, mainstay::ClientMerged{ClientId{"acme"}}).kind,
            stream::Verdict::Kind::kAlreadySeen);
}

TEST_F(Prompts, NothingOfAnErasedClientIsLeftAndNothingIsKeptOfItLater) {
  system_->Put("acme", kStart + 1h, SupportTouch());
  system_->Put("acme", kStart + 1h, Risk("e1", RiskLevel::kElevated));
  system_->Put("bolt", kStart + 2h, mainstay::ClientErased{});
  system_->Put("acme", kStart + 2h, mainstay::ClientErased{});
  EXPECT_EQ(system_->Events({kWithdrawn}).size(), 1U);
  EXPECT_TRUE(system_->Inbox("sue", true).empty());
  EXPECT_TRUE(system_->Inbox("ann", true).empty());
  system_->Put("acme", kStart + 3h, Risk("e2", RiskLevel::kHigh));
  system_->Put("acme", kStart + 3h, SupportTouch());
  system_->Put("acme", kStart + 3h, Order("o9", {{"pens", "1.00"}}));
  EXPECT_TRUE(system_->Inbox("ann", true).empty());
  EXPECT_EQ(Issued(), 1U);
  system_->Put("elm", kStart + 4h, SupportTouch("tom"));
  EXPECT_NE(system_->Inbox("tom").at(0).why(0).find("1 client of 1 in"), std::string::npos)
      << system_->Inbox("tom").at(0).why(0);
}

TEST_F(Prompts, AlertsOfALostClientAreWithdrawnUntilItReturns) {
  system_->Put("acme", kStart + 1h, Risk("e1", RiskLevel::kHigh));
  system_->Put("bolt", kStart + 1h, Risk("e2", RiskLevel::kHigh));
  system_->Put("acme", kStart + 2h, mainstay::ClientLost{LossReason::kPrice, {}, {}});
  ASSERT_EQ(system_->Inbox("ann").size(), 1U);
  EXPECT_EQ(system_->Inbox("ann")[0].client(), "bolt") << "control";
  system_->Put("acme", kStart + 3h, TouchBecameOverdue{Plan("e3")});
  EXPECT_EQ(system_->Inbox("ann").size(), 1U) << "nobody calls a lost client";
  system_->Put("acme", kStart + 4h, mainstay::ClientReturned{});
  system_->Put("acme", kStart + 5h, Risk("e4", RiskLevel::kHigh));
  EXPECT_EQ(system_->Inbox("ann").size(), 2U);
}

}  // namespace
}  // namespace mainstay::notification::testing
