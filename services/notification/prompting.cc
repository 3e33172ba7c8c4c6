#include "prompting.h"

#include <utility>

#include "mainstay/base/hash.h"
#include "mainstay/wire/out_event.h"
#include "purchases.h"
#include "rep_alerts.h"
#include "tables.h"
#include "topology.h"

namespace mainstay::notification {
namespace {

using stream::JoinKey;

OutEventData DataOf(const PromptFact& fact) {
  PromptStep step{fact.prompt, fact.rep, std::nullopt, fact.until, fact.order};
  if (!fact.reason.empty()) step.reason = fact.reason;
  switch (fact.event) {
    case PromptEvent::kSnoozed: return PromptSnoozed{std::move(step)};
    case PromptEvent::kDismissed: return PromptDismissed{std::move(step)};
    case PromptEvent::kWithdrawn: return PromptWithdrawn{std::move(step)};
    case PromptEvent::kWon: return PromptWon{std::move(step)};
    case PromptEvent::kLost: return PromptLost{std::move(step)};
    case PromptEvent::kAccepted: break;
  }
  return PromptAccepted{std::move(step)};
}

void EmitFact(stream::Context& context, const Prompt& prompt, OutEventData data, std::string_view cause) {
  const std::string_view type = wire::TypeName(data);
  const EventId id{HashParts({prompt.id.raw(), type, cause}).Hex()};
  context.Emit(kPromptsOutput, prompt.book.raw(),
               wire::EncodeOutEvent({id, context.Now(), prompt.book, prompt.client, std::move(data)}));
}

// Everything that follows from the new state of a prompt.
Result<void> Settle(stream::Context& context, ClientRecord& client, const Prompt& prompt,
                    const std::vector<PromptFact>& facts, std::string_view cause) {
  const std::string key = JoinKey({prompt.book.raw(), prompt.id.raw()});
  context.Put(kPrompts, key, Encode(prompt));
  if (const std::optional<Instant> at = NextTimer(prompt)) {
    MAINSTAY_TRY(context.SetTimer(kPromptTimer, key, *at, {}));
  } else {
    MAINSTAY_TRY(context.CancelTimer(kPromptTimer, key));
  }
  if (!prompt.open() && client.open_prompt == prompt.id) client.open_prompt.reset();
  for (const PromptFact& fact : facts) EmitFact(context, prompt, DataOf(fact), cause);
  return {};
}

Result<std::optional<Prompt>> LoadOpenPrompt(const PromptScene& scene) {
  if (!scene.client.open_prompt) return std::optional<Prompt>{};
  return Load(scene.context, kPrompts, JoinKey({scene.book_id.raw(), scene.client.open_prompt->raw()}), DecodePrompt);
}

Error RefusalError(const Refusal& refusal) {
  Error error{ErrorCode::kFailedPrecondition, Recovery::kStopTask, refusal.message, {}};
  switch (refusal.reason) {
    case RefusalReason::kSnoozePast:
    case RefusalReason::kSnoozeTooLong:
    case RefusalReason::kSnoozePastExpiry: error.field = "until"; break;
    case RefusalReason::kKeyReused: error.field = "idempotency_key"; break;
    case RefusalReason::kClosed:
    case RefusalReason::kClaimedByOther:
    case RefusalReason::kAlreadyAccepted:
    case RefusalReason::kCritical: break;
  }
  if (!error.field.empty()) error.code = ErrorCode::kInvalidArgument;
  return error;
}

void AnswerAct(stream::Context& context, const std::optional<Refusal>& refused, bool already_done) {
  if (refused) {
    context.Answer({stream::Verdict::Kind::kRejected, RefusalError(*refused)});
  } else if (already_done) {
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
  }
}

}  // namespace

Result<void> OfferAtTouch(const PromptScene& scene, const BookRecord& book, const TouchSeen& touch) {
  stream::Context& context = scene.context;
  PromptContext known;
  known.book = scene.book_id;
  known.client = scene.client_id;
  known.care = scene.client.care;
  known.importing = book.importing;
  known.last_issued_at = scene.client.last_issued_at;
  known.has_open_prompt = scene.client.open_prompt.has_value();
  if (HeldBy(touch, known, context.Now())) return {};
  MAINSTAY_TRY_ASSIGN(offer, FindOffer(context, scene.book_id, book, scene.client_id));
  known.offer = std::move(offer);
  auto decision = OnTouch(touch, known, context.Now());
  auto* issued = std::get_if<notification::PromptIssued>(&decision);
  if (issued == nullptr) return {};
  const Prompt& prompt = issued->prompt;
  scene.client.open_prompt = prompt.id;
  scene.client.last_issued_at = prompt.issued_at;
  MAINSTAY_TRY(Settle(context, scene.client, prompt, {}, scene.cause));
  mainstay::PromptIssued fact{prompt.id,    prompt.rep,       prompt.product, prompt.why, prompt.talking_points,
                              std::nullopt, prompt.expires_at};
  if (prompt.value) fact.value = MoneyAmount{*prompt.value, prompt.currency};
  EmitFact(context, prompt, std::move(fact), scene.cause);
  return {};
}

Result<void> PromptBought(const PromptScene& scene, const OrderId& order, Instant ordered_at,
                          const std::set<ProductId>& products) {
  MAINSTAY_TRY_ASSIGN(prompt, LoadOpenPrompt(scene));
  if (!prompt || !products.contains(prompt->product)) return {};
  const PromptDecision decision = OnBought(*prompt, order, ordered_at, scene.context.Now());
  return Settle(scene.context, scene.client, decision.next, decision.facts, scene.cause);
}

Result<void> PromptClientGone(const PromptScene& scene, ClientGone why) {
  MAINSTAY_TRY_ASSIGN(prompt, LoadOpenPrompt(scene));
  if (!prompt) return {};
  const PromptDecision decision = OnClientGone(*prompt, why, scene.context.Now());
  return Settle(scene.context, scene.client, decision.next, decision.facts, scene.cause);
}

Result<void> OnPromptTimer(stream::Context& context, const std::string& key) {
  MAINSTAY_TRY_ASSIGN(prompt, Load(context, kPrompts, key, DecodePrompt));
  if (!prompt) return {};
  MAINSTAY_TRY_ASSIGN(client, LoadClient(context, prompt->book, prompt->client));
  const PromptDecision decision = OnTimer(*prompt, context.Now());
  MAINSTAY_TRY(Settle(context, client, decision.next, decision.facts, "timer"));
  PutClient(context, prompt->book, prompt->client, client);
  return {};
}

Result<void> ActOnItem(stream::Context& context, const BookId& book, const std::string& item, const Action& action) {
  const std::string key = JoinKey({book.raw(), item});
  MAINSTAY_TRY_ASSIGN(prompt, Load(context, kPrompts, key, DecodePrompt));
  if (prompt) {
    MAINSTAY_TRY_ASSIGN(client, LoadClient(context, book, prompt->client));
    const PromptActDecision decision = Act(*prompt, action, context.Now());
    MAINSTAY_TRY(Settle(context, client, decision.next, decision.facts, action.idempotency_key));
    PutClient(context, book, prompt->client, client);
    AnswerAct(context, decision.refused, decision.already_done);
    return {};
  }
  MAINSTAY_TRY_ASSIGN(alert, Load(context, kAlerts, key, DecodeAlert));
  if (!alert) {
    context.Answer({stream::Verdict::Kind::kRejected,
                    {ErrorCode::kNotFound, Recovery::kStopTask, "there is no inbox item '" + item + "'", {}}});
    return {};
  }
  MAINSTAY_TRY_ASSIGN(client, LoadClient(context, book, alert->client));
  const AlertActDecision decision = Act(*alert, action, context.Now());
  PutAlert(context, client, decision.next);
  AnswerAct(context, decision.refused, decision.already_done);
  return {};
}

}  // namespace mainstay::notification
