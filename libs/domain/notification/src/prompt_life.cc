#include <utility>

#include "mainstay/base/check.h"
#include "mainstay/notification/prompts.h"

namespace mainstay::notification {
namespace {

PromptFact Fact(const Prompt& prompt, PromptEvent event, const RepId& rep, std::string reason) {
  return {event, prompt.id, rep, std::move(reason), std::nullopt, std::nullopt};
}

const RepId& Holder(const Prompt& prompt) { return prompt.claimed_by ? *prompt.claimed_by : prompt.rep; }

void Close(Prompt& prompt, PromptStatus status, const std::string& reason, Instant now) {
  prompt.status = status;
  prompt.closed_at = now;
  prompt.close_reason = reason;
  prompt.snoozed_until.reset();
}

PromptDecision CloseByItself(Prompt prompt, PromptStatus status, PromptEvent event, const std::string& reason,
                             Instant now) {
  if (!prompt.open()) return {std::move(prompt), {}};
  Close(prompt, status, reason, now);
  PromptFact fact = Fact(prompt, event, Holder(prompt), reason);
  return {std::move(prompt), {std::move(fact)}};
}

void Accept(Prompt& prompt, const RepId& rep, Instant now, std::vector<PromptFact>& facts) {
  prompt.status = PromptStatus::kAccepted;
  prompt.claimed_by = rep;
  prompt.accepted_at = now;
  prompt.snoozed_until.reset();
  facts.push_back(Fact(prompt, PromptEvent::kAccepted, rep, ""));
}

// An accepted prompt no longer expires, so only an untouched one limits a snooze.
std::optional<Instant> ExpiryOf(const Prompt& prompt) {
  return prompt.status == PromptStatus::kIssued ? std::optional(prompt.expires_at) : std::nullopt;
}

std::optional<Refusal> Refuse(const Prompt& prompt, const Action& action, Instant now) {
  if (!prompt.open()) {
    return Refusal{RefusalReason::kClosed, "the prompt is over: " + std::string(PromptStatusName(prompt.status)) +
                                               (prompt.close_reason.empty() ? "" : " (" + prompt.close_reason + ")")};
  }
  if (prompt.claimed_by && *prompt.claimed_by != action.rep) {
    return Refusal{RefusalReason::kClaimedByOther, "the prompt was accepted by " + prompt.claimed_by->raw()};
  }
  if (action.kind == ActionKind::kAccept && prompt.status == PromptStatus::kAccepted) {
    return Refusal{RefusalReason::kAlreadyAccepted, "the prompt is accepted already"};
  }
  if (action.kind == ActionKind::kSnooze) {
    MAINSTAY_CHECK(action.until.has_value(), "a snooze without an end");
    return RefuseSnooze(*action.until, now, ExpiryOf(prompt));
  }
  return std::nullopt;
}

void Done(Prompt& prompt, const Action& action, Instant now, std::vector<PromptFact>& facts) {
  MAINSTAY_CHECK(action.outcome.has_value(), "done without an outcome");
  const std::string outcome{OutcomeName(*action.outcome)};
  PromptStatus status = PromptStatus::kLost;
  PromptEvent event = PromptEvent::kLost;
  if (*action.outcome == Outcome::kSold) {
    // A sale is the fruit of an acceptance, which is what credit hangs on.
    if (prompt.status == PromptStatus::kIssued) Accept(prompt, action.rep, now, facts);
    status = PromptStatus::kWon;
    event = PromptEvent::kWon;
  } else if (*action.outcome == Outcome::kAlreadyHandled) {
    status = PromptStatus::kWithdrawn;
    event = PromptEvent::kWithdrawn;
  }
  Close(prompt, status, outcome, now);
  facts.push_back(Fact(prompt, event, action.rep, outcome));
}

void Apply(Prompt& prompt, const Action& action, Instant now, std::vector<PromptFact>& facts) {
  switch (action.kind) {
    case ActionKind::kAccept: Accept(prompt, action.rep, now, facts); return;
    case ActionKind::kSnooze:
      prompt.snoozed_until = action.until;
      facts.push_back(Fact(prompt, PromptEvent::kSnoozed, action.rep, ""));
      facts.back().until = action.until;
      return;
    case ActionKind::kDismiss:
      Close(prompt, PromptStatus::kDismissed, action.reason, now);
      facts.push_back(Fact(prompt, PromptEvent::kDismissed, action.rep, action.reason));
      return;
    case ActionKind::kDone: Done(prompt, action, now, facts); return;
  }
}

}  // namespace

std::string_view PromptStatusName(PromptStatus status) {
  switch (status) {
    case PromptStatus::kAccepted: return "ACCEPTED";
    case PromptStatus::kDismissed: return "DISMISSED";
    case PromptStatus::kWithdrawn: return "WITHDRAWN";
    case PromptStatus::kWon: return "WON";
    case PromptStatus::kLost: return "LOST";
    case PromptStatus::kIssued: break;
  }
  return "ISSUED";
}

PromptActDecision Act(const Prompt& prompt, const Action& action, Instant now) {
  if (auto replay = FindReplay(prompt.actions, action)) {
    return {prompt, {}, std::move(replay->refused), replay->already_done};
  }
  PromptActDecision decision{prompt, {}, std::nullopt, false};
  decision.refused = Refuse(prompt, action, now);
  if (!decision.refused) Apply(decision.next, action, now, decision.facts);
  Remember(decision.next.actions, action, now, decision.refused);
  return decision;
}

PromptDecision OnBought(const Prompt& prompt, const OrderId& order, Instant ordered_at, Instant now,
                        const PromptPolicy& policy) {
  const bool won = prompt.status == PromptStatus::kAccepted && ordered_at >= *prompt.accepted_at &&
                   ordered_at <= *prompt.accepted_at + policy.won_within;
  PromptDecision decision = CloseByItself(prompt, won ? PromptStatus::kWon : PromptStatus::kWithdrawn,
                                          won ? PromptEvent::kWon : PromptEvent::kWithdrawn, "bought", now);
  for (PromptFact& fact : decision.facts) fact.order = order;
  if (won) decision.next.won_by = order;
  return decision;
}

std::string_view ClientGoneName(ClientGone why) {
  switch (why) {
    case ClientGone::kErased: return "client erased";
    case ClientGone::kMerged: return "client merged into another";
    case ClientGone::kLost: break;
  }
  return "client lost";
}

PromptDecision OnClientGone(const Prompt& prompt, ClientGone why, Instant now) {
  return CloseByItself(prompt, PromptStatus::kWithdrawn, PromptEvent::kWithdrawn, std::string(ClientGoneName(why)),
                       now);
}

std::optional<Instant> NextTimer(const Prompt& prompt, const PromptPolicy& policy) {
  if (prompt.status == PromptStatus::kIssued) return prompt.expires_at;
  // The order may come on the last instant, so the timer comes after it.
  if (prompt.status == PromptStatus::kAccepted) return *prompt.accepted_at + policy.won_within + Duration{1};
  return std::nullopt;
}

PromptDecision OnTimer(const Prompt& prompt, Instant now, const PromptPolicy& policy) {
  const std::optional<Instant> due = NextTimer(prompt, policy);
  if (!due || now < *due) return {prompt, {}};
  if (prompt.status == PromptStatus::kAccepted) {
    return CloseByItself(prompt, PromptStatus::kLost, PromptEvent::kLost, "no order in time", now);
  }
  return CloseByItself(prompt, PromptStatus::kWithdrawn, PromptEvent::kWithdrawn, "expired", now);
}

}  // namespace mainstay::notification
