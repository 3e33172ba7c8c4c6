#include <algorithm>
#include <utility>

#include "mainstay/base/check.h"
#include "mainstay/base/hash.h"
#include "mainstay/notification/prompts.h"

namespace mainstay::notification {
namespace {

std::string Plural(std::int64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::vector<std::string> Why(const PromptOffer& offer, const TouchSeen& touch, const ClientId& client, Instant now) {
  const std::string as_of = " (as of " + FormatInstant(now) + ")";
  std::vector<std::string> why;
  why.push_back(Plural(offer.clients_with_product, "client", "clients") + " of " +
                std::to_string(offer.clients_in_book) + " in the book bought " + offer.product.raw() + ", " +
                client.raw() + " never did" + as_of);
  if (offer.value) {
    why.push_back("the median line of " + offer.product.raw() + " is " + FormatMoney(*offer.value, offer.currency) +
                  " " + offer.currency.raw() + " over " + Plural(offer.lines, "line", "lines") + " in 365 days" +
                  as_of);
  }
  why.push_back("in contact with support on " + FormatInstant(touch.at) +
                "; no open emergency or complaint, no detractor answer in 90 days" + as_of);
  return why;
}

std::vector<std::string> TalkingPoints(const PromptOffer& offer) {
  std::vector<std::string> points;
  points.emplace_back("First make sure that what they called about is solved.");
  points.push_back("Ask how they meet today what " + offer.product.raw() + " would do for them.");
  if (offer.value) {
    points.push_back("An order of it is usually about " + FormatMoney(*offer.value, offer.currency) + " " +
                     offer.currency.raw() + ".");
  }
  return points;
}

}  // namespace

std::string_view HeldReasonName(HeldReason reason) {
  switch (reason) {
    case HeldReason::kNotSupport: return "touch is not by support";
    case HeldReason::kImporting: return "history is being imported";
    case HeldReason::kPast: return "touch lies in the past";
    case HeldReason::kErased: return "client was erased";
    case HeldReason::kLost: return "client is lost";
    case HeldReason::kOpenEmergency: return "emergency is open";
    case HeldReason::kOpenComplaint: return "complaint is unresolved";
    case HeldReason::kDetractor: return "detractor answer in the last 90 days";
    case HeldReason::kOpenPrompt: return "another prompt is open";
    case HeldReason::kIssuedRecently: return "prompt issued in the last 30 days";
    case HeldReason::kNothingToOffer: break;
  }
  return "nothing to offer";
}

std::optional<ProductCount> ChooseItem(std::span<const ProductCount> products, const std::set<ProductId>& owned) {
  const ProductCount* best = nullptr;
  for (const ProductCount& candidate : products) {
    const bool better = best == nullptr || candidate.clients > best->clients ||
                        (candidate.clients == best->clients && candidate.product < best->product);
    if (candidate.clients > 0 && better && !owned.contains(candidate.product)) best = &candidate;
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::optional<Money> MedianLineAmount(std::vector<Money> amounts) {
  if (amounts.empty()) return std::nullopt;
  const auto middle = amounts.begin() + static_cast<std::ptrdiff_t>(amounts.size() / 2);
  std::nth_element(amounts.begin(), middle, amounts.end());
  const std::int64_t upper = middle->units();
  if (amounts.size() % 2 == 1) return Money::FromUnits(upper);
  const std::int64_t lower = std::max_element(amounts.begin(), middle)->units();
  // lower <= upper; halves away from zero, as everywhere with money, without overflowing on the way.
  const __int128 sum = static_cast<__int128>(lower) + upper;
  return Money::FromUnits(static_cast<std::int64_t>((sum + (sum >= 0 ? 1 : -1)) / 2));
}

std::optional<HeldReason> HeldBy(const TouchSeen& touch, const PromptContext& context, Instant now,
                                 const PromptPolicy& policy) {
  const ClientCare& care = context.care;
  if (!touch.support) return HeldReason::kNotSupport;
  if (context.importing) return HeldReason::kImporting;
  if (now - touch.at > policy.oldest_touch) return HeldReason::kPast;
  if (care.erased) return HeldReason::kErased;
  if (IsLost(care)) return HeldReason::kLost;
  if (HasOpenEmergency(care)) return HeldReason::kOpenEmergency;
  if (HasOpenComplaint(care)) return HeldReason::kOpenComplaint;
  if (care.last_detractor_at && now - *care.last_detractor_at < policy.after_detractor) return HeldReason::kDetractor;
  if (context.has_open_prompt) return HeldReason::kOpenPrompt;
  if (context.last_issued_at && now - *context.last_issued_at < policy.between_prompts) {
    return HeldReason::kIssuedRecently;
  }
  return std::nullopt;
}

std::variant<PromptIssued, PromptHeld> OnTouch(const TouchSeen& touch, const PromptContext& context, Instant now,
                                               const PromptPolicy& policy) {
  if (const auto held = HeldBy(touch, context, now, policy)) return PromptHeld{*held};
  if (!context.offer) return PromptHeld{HeldReason::kNothingToOffer};
  const PromptOffer& offer = *context.offer;

  Prompt prompt;
  prompt.id = PromptId{HashParts({context.book.raw(), context.client.raw(), "prompt", touch.event.raw()}).Hex()};
  prompt.book = context.book;
  prompt.client = context.client;
  prompt.rep = touch.rep;
  prompt.touch = touch.event;
  prompt.product = offer.product;
  prompt.why = Why(offer, touch, context.client, now);
  prompt.talking_points = TalkingPoints(offer);
  prompt.value = offer.value;
  prompt.currency = offer.currency;
  prompt.issued_at = now;
  prompt.expires_at = now + policy.expires_after;
  prompt.last_contact_at = LastContact(context.care);
  return PromptIssued{std::move(prompt)};
}

}  // namespace mainstay::notification
