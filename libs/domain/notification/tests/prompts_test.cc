#include "mainstay/notification/prompts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "mainstay/base/hash.h"
#include "mainstay/base/random.h"
#include "mainstay/notification/inbox.h"
#include "mainstay/testing/seed.h"

namespace mainstay::notification {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

const Instant kStart = FromMs(1'767'600'000'000);

TouchSeen Touch(Instant at = kStart) { return {EventId{"t1"}, RepId{"sue"}, true, at}; }

PromptContext Context() {
  PromptContext context;
  context.book = BookId{"north"};
  context.client = ClientId{"acme"};
  context.offer = PromptOffer{ProductId{"p1"}, 41, 87, 34, Money::FromUnits(1'200'000), Currency{"GBP"}};
  return context;
}

Prompt Issued() {
  const auto decision = OnTouch(Touch(), Context(), kStart);
  EXPECT_TRUE(std::holds_alternative<PromptIssued>(decision));
  return std::get<PromptIssued>(decision).prompt;
}

Action Make(ActionKind kind, std::string key = "k1", std::string rep = "sue") {
  Action action;
  action.kind = kind;
  action.idempotency_key = std::move(key);
  action.rep = RepId{std::move(rep)};
  if (kind == ActionKind::kSnooze) action.until = kStart + days{2};
  if (kind == ActionKind::kDone) action.outcome = Outcome::kSold;
  return action;
}
Action Done(Outcome outcome) {
  Action action = Make(ActionKind::kDone, "done");
  action.outcome = outcome;
  return action;
}

std::vector<PromptEvent> Events(const std::vector<PromptFact>& facts) {
  std::vector<PromptEvent> events;
  for (const auto& fact : facts) events.push_back(fact.event);
  return events;
}
using E = std::vector<PromptEvent>;

TEST(PromptIssue, ASupportTouchYieldsAPromptToItsRepWithNumbers) {
  PromptContext context = Context();
  ContactMade(context.care, "t", kStart - days{3});
  const auto decision = OnTouch(Touch(), context, kStart);
  const Prompt& prompt = std::get<PromptIssued>(decision).prompt;
  EXPECT_EQ(prompt.id.raw(), HashParts({"north", "acme", "prompt", "t1"}).Hex());
  EXPECT_EQ(prompt.rep, RepId{"sue"});
  EXPECT_EQ(prompt.expires_at, kStart + days{30});
  EXPECT_EQ(prompt.value, Money::FromUnits(1'200'000));
  EXPECT_EQ(prompt.last_contact_at, kStart - days{3});
  ASSERT_EQ(prompt.why.size(), 3U);
  EXPECT_EQ(prompt.why[0], "41 clients of 87 in the book bought p1, acme never did (as of 2026-01-05T08:00:00Z)");
  EXPECT_EQ(prompt.why[1],
            "the median line of p1 is 120.00 GBP over 34 lines in 365 days (as of 2026-01-05T08:00:00Z)");
  EXPECT_FALSE(prompt.talking_points.empty());
}

TEST(PromptIssue, EveryCapHoldsAloneAndLetsGoAtItsEdge) {
  const auto held = [](const PromptContext& context, const TouchSeen& touch = Touch(), Instant now = kStart) {
    return HeldBy(touch, context, now);
  };
  PromptContext context = Context();
  EXPECT_EQ(held(context), std::nullopt);
  TouchSeen sales = Touch();
  sales.support = false;
  EXPECT_EQ(held(context, sales), HeldReason::kNotSupport);
  EXPECT_EQ(held(context, Touch(kStart - days{1} - 1ms)), HeldReason::kPast);
  EXPECT_EQ(held(context, Touch(kStart - days{1})), std::nullopt);

  context.importing = true;
  EXPECT_EQ(held(context), HeldReason::kImporting);
  context = Context();
  context.care.erased = true;
  EXPECT_EQ(held(context), HeldReason::kErased);
  context = Context();
  ClientLost(context.care, kStart - days{2});
  EXPECT_EQ(held(context), HeldReason::kLost);
  ClientReturned(context.care, kStart - days{1});
  EXPECT_EQ(held(context), std::nullopt);
  EmergencyRaised(context.care, "x1");
  EXPECT_EQ(held(context), HeldReason::kOpenEmergency);
  EmergencyResolved(context.care, "x1");
  EXPECT_EQ(held(context), std::nullopt);
  ComplaintMade(context.care, "c1");
  EXPECT_EQ(held(context), HeldReason::kOpenComplaint);
  ComplaintResolved(context.care, "c1");
  SurveyAnswered(context.care, 7, kStart - 1h);
  EXPECT_EQ(held(context), std::nullopt) << "7 is no detractor";
  SurveyAnswered(context.care, 6, kStart - days{90} + 1ms);
  EXPECT_EQ(held(context), HeldReason::kDetractor);
  EXPECT_EQ(held(context, Touch(), kStart + 1ms), std::nullopt) << "90 days are over";
  context.has_open_prompt = true;
  EXPECT_EQ(held(context, Touch(), kStart + 1ms), HeldReason::kOpenPrompt);
  context = Context();
  context.last_issued_at = kStart - days{30} + 1ms;
  EXPECT_EQ(held(context), HeldReason::kIssuedRecently);
  context.last_issued_at = kStart - days{30};
  EXPECT_EQ(held(context), std::nullopt);
  context.offer.reset();
  EXPECT_EQ(std::get<PromptHeld>(OnTouch(Touch(), context, kStart)).reason, HeldReason::kNothingToOffer);
}

TEST(Care, ATouchTakenBackIsGoneInWhateverOrder) {
  ClientCare care;
  ContactMade(care, "a", kStart);
  ContactRetracted(care, "b");
  ContactMade(care, "b", kStart + 1h);
  EXPECT_EQ(LastContact(care), kStart);
  ContactMade(care, "c", kStart + 2h);
  EXPECT_EQ(LastContact(care), kStart + 2h);
  ContactRetracted(care, "c");
  ContactRetracted(care, "c");
  EXPECT_EQ(LastContact(care), kStart);
  ContactRetracted(care, "a");
  EXPECT_EQ(LastContact(care), std::nullopt);
}

TEST(Care, WhatIsKeptOfTouchesIsBounded) {
  ClientCare care;
  for (int i = 0; i < 100; ++i) {
    ContactMade(care, "t" + std::to_string(i), kStart + days{i});
    ContactRetracted(care, "r" + std::to_string(i));
  }
  EXPECT_EQ(care.contacts.size(), kKeptContacts);
  EXPECT_EQ(care.retractions.size(), kKeptRetractions);
  EXPECT_EQ(LastContact(care), kStart + days{99});
}

TEST(Care, MergingJoinsHalvesOfOneConditionAndNotTheLoss) {
  ClientCare from;
  EmergencyRaised(from, "x");
  ComplaintMade(from, "c");
  ClientLost(from, kStart);
  ContactMade(from, "t", kStart);
  ClientCare into;
  EmergencyResolved(into, "x");
  MergeCare(from, into);
  EXPECT_FALSE(HasOpenEmergency(into));
  EXPECT_TRUE(HasOpenComplaint(into));
  EXPECT_FALSE(IsLost(into));
  EXPECT_EQ(LastContact(into), kStart);
}

TEST(Care, AnyOrderOfTheSameFactsEndsInTheSameState) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  std::vector<std::function<void(ClientCare&)>> facts;
  for (int i = 0; i < 4; ++i) {
    const std::string id = std::to_string(i);
    facts.emplace_back([id](ClientCare& care) { EmergencyRaised(care, id); });
    if (i != 2) facts.emplace_back([id](ClientCare& care) { EmergencyResolved(care, id); });
    facts.emplace_back([id](ClientCare& care) { ComplaintMade(care, id); });
    facts.emplace_back([id](ClientCare& care) { ComplaintResolved(care, id); });
    facts.emplace_back([i](ClientCare& care) { SurveyAnswered(care, i * 3, kStart + days{i}); });
    facts.emplace_back([i](ClientCare& care) { ContactMade(care, "t" + std::to_string(i), kStart + days{i}); });
  }
  facts.emplace_back([](ClientCare& care) { ClientLost(care, kStart + 1h); });
  facts.emplace_back([](ClientCare& care) { ClientReturned(care, kStart + 2h); });
  ClientCare sorted;
  for (const auto& fact : facts) fact(sorted);
  EXPECT_TRUE(HasOpenEmergency(sorted));
  EXPECT_FALSE(HasOpenComplaint(sorted));
  EXPECT_FALSE(IsLost(sorted));
  for (int round = 0; round < 200; ++round) {
    for (std::size_t i = facts.size(); i > 1; --i) std::swap(facts[i - 1], facts[Below(random, i)]);
    ClientCare care;
    for (const auto& fact : facts) fact(care);
    ASSERT_EQ(care, sorted);
  }
}

TEST(ChooseItem, MostClientsNeverOwnedTiesByProductId) {
  const std::vector<ProductCount> counts = {
      {ProductId{"c"}, 9}, {ProductId{"b"}, 12}, {ProductId{"a"}, 9}, {ProductId{"z"}, 0}};
  EXPECT_EQ(ChooseItem(counts, {})->product, ProductId{"b"});
  EXPECT_EQ(ChooseItem(counts, {ProductId{"b"}})->product, ProductId{"a"});
  EXPECT_EQ(ChooseItem(counts, {ProductId{"a"}, ProductId{"b"}})->product, ProductId{"c"});
  EXPECT_FALSE(ChooseItem(counts, {ProductId{"a"}, ProductId{"b"}, ProductId{"c"}})) << "nobody has z";
  EXPECT_FALSE(ChooseItem({}, {}));
}

TEST(MedianLineAmount, OddEvenHalvesAndExtremes) {
  const auto median = [](std::vector<std::int64_t> units) {
    std::vector<Money> amounts;
    for (const auto u : units) amounts.push_back(Money::FromUnits(u));
    const auto result = MedianLineAmount(amounts);
    return result ? result->units() : -999;
  };
  EXPECT_EQ(median({}), -999);
  EXPECT_EQ(median({5}), 5);
  EXPECT_EQ(median({9, 1, 5}), 5);
  EXPECT_EQ(median({4, 1, 2, 100}), 3);
  EXPECT_EQ(median({1, 2}), 2) << "half up";
  EXPECT_EQ(median({-1, -2}), -2) << "away from zero";
  EXPECT_EQ(median({INT64_MAX, INT64_MAX - 2}), INT64_MAX - 1);
}

TEST(PromptLife, AcceptClaimsItForOneRep) {
  const auto accepted = Act(Issued(), Make(ActionKind::kAccept), kStart + 1h);
  ASSERT_FALSE(accepted.refused);
  EXPECT_EQ(Events(accepted.facts), E{PromptEvent::kAccepted});
  EXPECT_EQ(accepted.next.claimed_by, RepId{"sue"});
  for (const auto kind : {ActionKind::kAccept, ActionKind::kSnooze, ActionKind::kDismiss, ActionKind::kDone}) {
    const auto other = Act(accepted.next, Make(kind, "k2", "tom"), kStart + 2h);
    ASSERT_TRUE(other.refused);
    EXPECT_EQ(other.refused->reason, RefusalReason::kClaimedByOther);
    EXPECT_TRUE(other.facts.empty());
    EXPECT_EQ(other.next.status, PromptStatus::kAccepted);
  }
  EXPECT_EQ(Act(accepted.next, Make(ActionKind::kAccept, "k3"), kStart + 2h).refused->reason,
            RefusalReason::kAlreadyAccepted);
}

TEST(PromptLife, DoneByOutcome) {
  const auto sold = Act(Issued(), Done(Outcome::kSold), kStart);
  EXPECT_EQ(Events(sold.facts), (E{PromptEvent::kAccepted, PromptEvent::kWon}));
  EXPECT_EQ(sold.next.status, PromptStatus::kWon);
  const auto accepted = Act(Issued(), Make(ActionKind::kAccept), kStart).next;
  EXPECT_EQ(Events(Act(accepted, Done(Outcome::kSold), kStart).facts), E{PromptEvent::kWon});
  EXPECT_EQ(Events(Act(accepted, Done(Outcome::kDeclined), kStart).facts), E{PromptEvent::kLost});
  EXPECT_EQ(Events(Act(Issued(), Done(Outcome::kNoAnswer), kStart).facts), E{PromptEvent::kLost});
  const auto handled = Act(Issued(), Done(Outcome::kAlreadyHandled), kStart);
  EXPECT_EQ(Events(handled.facts), E{PromptEvent::kWithdrawn});
  EXPECT_EQ(handled.next.close_reason, "already_handled");
}

TEST(PromptLife, WhatIsClosedStaysClosed) {
  Action dismiss = Make(ActionKind::kDismiss);
  dismiss.reason = "not now";
  const auto closed = Act(Issued(), dismiss, kStart);
  EXPECT_EQ(Events(closed.facts), E{PromptEvent::kDismissed});
  EXPECT_EQ(closed.facts[0].reason, "not now");
  for (const auto kind : {ActionKind::kAccept, ActionKind::kSnooze, ActionKind::kDismiss, ActionKind::kDone}) {
    EXPECT_EQ(Act(closed.next, Make(kind, "other"), kStart).refused->reason, RefusalReason::kClosed);
  }
  EXPECT_TRUE(OnBought(closed.next, OrderId{"o"}, kStart, kStart).facts.empty());
  EXPECT_TRUE(OnClientGone(closed.next, ClientGone::kLost, kStart).facts.empty());
  EXPECT_FALSE(NextTimer(closed.next));
  EXPECT_TRUE(OnTimer(closed.next, kStart + days{400}).facts.empty());
}

TEST(PromptLife, SnoozeIsLimitedAndMovesNothingElse) {
  const Prompt prompt = Issued();
  const auto snooze = [&](Instant until, Instant now) {
    Action action = Make(ActionKind::kSnooze);
    action.until = until;
    return Act(prompt, action, now);
  };
  EXPECT_EQ(snooze(kStart, kStart).refused->reason, RefusalReason::kSnoozePast);
  EXPECT_EQ(snooze(kStart + days{14} + 1ms, kStart).refused->reason, RefusalReason::kSnoozeTooLong);
  EXPECT_EQ(snooze(kStart + days{30}, kStart + days{20}).refused->reason, RefusalReason::kSnoozePastExpiry);
  const auto snoozed = snooze(kStart + days{14}, kStart);
  ASSERT_FALSE(snoozed.refused);
  EXPECT_EQ(Events(snoozed.facts), E{PromptEvent::kSnoozed});
  EXPECT_EQ(snoozed.facts[0].until, kStart + days{14});
  EXPECT_EQ(snoozed.next.expires_at, prompt.expires_at);
  EXPECT_EQ(NextTimer(snoozed.next), NextTimer(prompt));
  EXPECT_FALSE(IsShown(ToInboxItem(snoozed.next, kStart + 1h)));
  EXPECT_EQ(ToInboxItem(snoozed.next, kStart + 1h).state, "SNOOZED");
  EXPECT_TRUE(IsShown(ToInboxItem(snoozed.next, kStart + days{14})));
  EXPECT_EQ(Events(OnBought(snoozed.next, OrderId{"o"}, kStart + 1h, kStart + 1h).facts), E{PromptEvent::kWithdrawn});
}

TEST(PromptLife, BoughtWithdrawsAnOpenOneAndWinsAnAcceptedOneWithin90Days) {
  const auto open = OnBought(Issued(), OrderId{"o"}, kStart + 1h, kStart + 1h);
  EXPECT_EQ(Events(open.facts), E{PromptEvent::kWithdrawn});
  EXPECT_EQ(open.facts[0].reason, "bought");
  const Prompt accepted = Act(Issued(), Make(ActionKind::kAccept), kStart + days{1}).next;
  const auto won = OnBought(accepted, OrderId{"o"}, kStart + days{91}, kStart + days{91});
  EXPECT_EQ(Events(won.facts), E{PromptEvent::kWon});
  EXPECT_EQ(won.facts[0].order, OrderId{"o"});
  EXPECT_EQ(won.next.won_by, OrderId{"o"});
  EXPECT_EQ(Events(OnBought(accepted, OrderId{"o"}, kStart + days{91} + 1ms, kStart + days{92}).facts),
            E{PromptEvent::kWithdrawn});
  EXPECT_EQ(Events(OnBought(accepted, OrderId{"o"}, kStart, kStart + days{2}).facts), E{PromptEvent::kWithdrawn})
      << "ordered before it was accepted";
}

TEST(PromptLife, ExpiresAfter30DaysButAnAcceptedOneIsLostAfter90) {
  const Prompt prompt = Issued();
  EXPECT_EQ(NextTimer(prompt), kStart + days{30});
  EXPECT_TRUE(OnTimer(prompt, kStart + days{30} - 1ms).facts.empty());
  const auto expired = OnTimer(prompt, kStart + days{30});
  EXPECT_EQ(Events(expired.facts), E{PromptEvent::kWithdrawn});
  EXPECT_EQ(expired.facts[0].reason, "expired");
  const Prompt accepted = Act(prompt, Make(ActionKind::kAccept), kStart).next;
  EXPECT_TRUE(OnTimer(accepted, kStart + days{30}).facts.empty());
  EXPECT_EQ(Events(OnTimer(accepted, *NextTimer(accepted)).facts), E{PromptEvent::kLost});
}

TEST(PromptLife, LostAndErasedWithdrawWithTheirReason) {
  EXPECT_EQ(OnClientGone(Issued(), ClientGone::kLost, kStart).next.close_reason, "client lost");
  EXPECT_EQ(OnClientGone(Issued(), ClientGone::kErased, kStart).next.close_reason, "client erased");
}

TEST(PromptActions, AKeyHasOneEffectAlsoWhenItWasRefused) {
  const auto first = Act(Issued(), Make(ActionKind::kAccept), kStart);
  const auto again = Act(first.next, Make(ActionKind::kAccept), kStart + 1h);
  EXPECT_TRUE(again.already_done);
  EXPECT_FALSE(again.refused);
  EXPECT_TRUE(again.facts.empty());
  EXPECT_EQ(again.next.actions.size(), 1U);
  EXPECT_EQ(Act(first.next, Make(ActionKind::kDismiss), kStart).refused->reason, RefusalReason::kKeyReused);
  Action late = Make(ActionKind::kSnooze, "late");
  late.until = kStart - 1h;
  const auto refused = Act(Issued(), late, kStart);
  ASSERT_NE(FindAction(refused.next.actions, "late"), nullptr);
  EXPECT_EQ(FindAction(refused.next.actions, "late")->refused, refused.refused);
  const auto same = Act(refused.next, late, kStart - 2h);
  EXPECT_TRUE(same.already_done);
  EXPECT_EQ(same.refused, refused.refused) << "the same answer, although now it would be possible";
}

// Goal: whatever reps, clients and clocks do, a prompt ends once, and its facts tell the same story as its state.
TEST(PromptLife, RandomWalksEndOnceAndClaimsAreKept) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  std::vector<int> ended(6, 0);
  for (int walk = 0; walk < 2'000; ++walk) {
    Prompt prompt = Issued();
    Instant now = kStart;
    int ends = 0;
    const std::uint64_t steps = 1 + Below(random, 12);
    for (std::uint64_t step = 0; step < steps; ++step) {
      now += Duration{static_cast<std::int64_t>(Below(random, 10 * 86'400'000ULL))};
      const std::optional<RepId> claimed = prompt.claimed_by;
      std::vector<PromptFact> facts;
      const std::uint64_t choice = Below(random, 8);
      if (choice < 4) {
        Action action = Make(static_cast<ActionKind>(choice), std::to_string(step), Below(random, 2) ? "sue" : "tom");
        action.until = action.kind == ActionKind::kSnooze ? std::optional(now + days{1}) : std::nullopt;
        if (action.kind == ActionKind::kDone) action.outcome = static_cast<Outcome>(Below(random, 4));
        const auto decision = Act(prompt, action, now);
        ASSERT_TRUE(!decision.refused || decision.facts.empty());
        ASSERT_TRUE(!claimed || decision.refused || action.rep == *claimed);
        prompt = decision.next;
        facts = decision.facts;
      } else if (choice < 7) {
        const auto decision = choice == 4   ? OnTimer(prompt, now)
                              : choice == 5 ? OnBought(prompt, OrderId{"o"}, now, now)
                                            : OnClientGone(prompt, ClientGone::kLost, now);
        prompt = decision.next;
        facts = decision.facts;
      }
      for (const auto& fact : facts) {
        ends += fact.event == PromptEvent::kAccepted || fact.event == PromptEvent::kSnoozed ? 0 : 1;
      }
      ASSERT_EQ(ends, prompt.open() ? 0 : 1);
      ASSERT_EQ(prompt.closed_at.has_value(), !prompt.open());
    }
    ++ended[static_cast<std::size_t>(prompt.status)];
  }
  for (const int count : ended) EXPECT_GE(count, 1) << "vacuous: some end was never reached";
}

TEST(ParseAction, RefusesNonsenseWithTheFieldsName) {
  const ActionSpec good{"snooze", "sue", "2026-01-06T09:00:00Z", "", "", "k"};
  ASSERT_TRUE(ParseAction(good));
  EXPECT_EQ(ParseAction(good)->until, kStart + 25h);
  const auto field = [](const ActionSpec& spec) {
    const auto action = ParseAction(spec);
    return action ? "accepted" : action.error().field;
  };
  EXPECT_EQ(field({"sell", "sue", "", "", "", "k"}), "action");
  EXPECT_EQ(field({"accept", "", "", "", "", "k"}), "rep");
  EXPECT_EQ(field({"accept", "sue", "", "", "", ""}), "idempotency_key");
  EXPECT_EQ(field({"snooze", "sue", "", "", "", "k"}), "until");
  EXPECT_EQ(field({"snooze", "sue", "tomorrow", "", "", "k"}), "until");
  EXPECT_EQ(field({"accept", "sue", "2026-01-06T09:00:00Z", "", "", "k"}), "until");
  EXPECT_EQ(field({"done", "sue", "", "", "", "k"}), "outcome");
  EXPECT_EQ(field({"done", "sue", "", "won", "", "k"}), "outcome");
  EXPECT_EQ(field({"done", "sue", "", "no_answer", "", "k"}), "accepted");
  EXPECT_EQ(field({"accept", "sue", "", "sold", "", "k"}), "outcome");
  EXPECT_EQ(field({"done", "sue", "", "sold", "because", "k"}), "reason");
  EXPECT_EQ(field({"dismiss", "sue", "", "", "", "k"}), "accepted");
}

}  // namespace
}  // namespace mainstay::notification
