// Upsell prompts: when a support touch yields one, what it offers, and what becomes of it.
//
//               accept, done(sold)                    done(sold), bought
//      kIssued --------------------> kAccepted ------------------------> kWon
//         |  \---------------------------|--- done(declined, no_answer) -> kLost   (kAccepted: also no order in 90
//         days) |  \---------------------------|--- dismiss --> kDismissed
//         \------------------------------|--- lost, erased, merged, already handled --> kWithdrawn
//         \-- bought, expired --> kWithdrawn
//
// done() from kIssued accepts first. Snoozing hides an open prompt until an instant and moves nothing else: it still
// expires and is still withdrawn. Accepting claims the prompt: no other rep acts on it from then on.
//
// Pure: the next state and facts are returned; a business "no" is a value with its reason.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/notification/actions.h"
#include "mainstay/notification/care.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::notification {

struct PromptPolicy {
  Duration between_prompts = std::chrono::days{30};  // Per client, from PromptIssued, also of a withdrawn one.
  Duration after_detractor = std::chrono::days{90};
  Duration expires_after = std::chrono::days{30};  // Unless accepted.
  Duration won_within = std::chrono::days{90};     // From accepting to the order of the item.
  Duration oldest_touch = std::chrono::days{1};    // A touch that arrives later than this is the past.
};

enum class PromptStatus : std::uint8_t {
  kIssued = 0,
  kAccepted = 1,
  kDismissed = 2,
  kWithdrawn = 3,
  kWon = 4,
  kLost = 5,
};
[[nodiscard]] std::string_view PromptStatusName(PromptStatus status);  // "ISSUED", ...

struct Prompt {
  PromptId id;  // HashParts({book, client, "prompt", touch event id}).Hex()
  BookId book;
  ClientId client;
  RepId rep;  // Of the touch.
  EventId touch;
  ProductId product;
  std::vector<std::string> why;  // At most three, with numbers and the instant they were true at.
  std::vector<std::string> talking_points;
  std::optional<Money> value;  // Median line of the product in the book; absent: never sold in 365 days.
  Currency currency;           // Of the book.
  Instant issued_at;
  Instant expires_at;
  std::optional<Instant> last_contact_at;  // Before the touch that led to the prompt.

  PromptStatus status = PromptStatus::kIssued;
  std::optional<Instant> snoozed_until;
  std::optional<RepId> claimed_by;
  std::optional<Instant> accepted_at;
  std::optional<Instant> closed_at;
  std::string close_reason;  // Of kDismissed, kWithdrawn, kWon, kLost.
  std::optional<OrderId> won_by;
  std::vector<AppliedAction> actions;  // The newest kKeptActions.

  [[nodiscard]] bool open() const { return status == PromptStatus::kIssued || status == PromptStatus::kAccepted; }
};

// ---- Issuing ----

// How many clients of the book ever bought a product.
struct ProductCount {
  ProductId product;
  std::int64_t clients = 0;
};
// The product with the most clients among those not in `owned`; ties by smaller product id; nullopt: nothing to offer.
[[nodiscard]] std::optional<ProductCount> ChooseItem(std::span<const ProductCount> products,
                                                     const std::set<ProductId>& owned);
// The middle amount; of an even number the mean of the two middle ones, half up to 1/10,000. nullopt: no lines.
[[nodiscard]] std::optional<Money> MedianLineAmount(std::vector<Money> amounts);

struct TouchSeen {
  EventId event;
  RepId rep;
  bool support = false;  // Role SUPPORT.
  Instant at;            // Event time.
};
// What the book knows at the moment of the touch.
struct PromptOffer {
  ProductId product;
  std::int64_t clients_with_product = 0;
  std::int64_t clients_in_book = 0;  // That ever bought anything.
  std::int64_t lines = 0;            // Behind `value`.
  std::optional<Money> value;
  Currency currency;
};
struct PromptContext {
  BookId book;
  ClientId client;
  ClientCare care;                        // Before this touch.
  bool importing = false;                 // Between ImportStarted and ImportFinished.
  std::optional<Instant> last_issued_at;  // Of any prompt of this client, whatever became of it.
  bool has_open_prompt = false;
  std::optional<PromptOffer> offer;  // Absent: nothing to offer.
};

enum class HeldReason : std::uint8_t {
  kNotSupport,
  kImporting,
  kPast,
  kErased,
  kLost,
  kOpenEmergency,
  kOpenComplaint,
  kDetractor,
  kOpenPrompt,
  kIssuedRecently,
  kNothingToOffer,
};
[[nodiscard]] std::string_view HeldReasonName(HeldReason reason);

// No prompt, and why.
struct PromptHeld {
  HeldReason reason;
};
struct PromptIssued {
  Prompt prompt;
};

// The caps alone, so that a caller computes an offer only when one can be made. nullopt: none stands in the way.
[[nodiscard]] std::optional<HeldReason> HeldBy(const TouchSeen& touch, const PromptContext& context, Instant now,
                                               const PromptPolicy& policy = {});
[[nodiscard]] std::variant<PromptIssued, PromptHeld> OnTouch(const TouchSeen& touch, const PromptContext& context,
                                                             Instant now, const PromptPolicy& policy = {});

// ---- What becomes of it ----

enum class PromptEvent : std::uint8_t { kAccepted, kSnoozed, kDismissed, kWithdrawn, kWon, kLost };
struct PromptFact {  // One public prompt.* event.
  PromptEvent event;
  PromptId prompt;
  RepId rep;  // Who acted; of what happened by itself: who held the prompt.
  std::string reason;
  std::optional<Instant> until;
  std::optional<OrderId> order;
};
struct PromptDecision {
  Prompt next;
  std::vector<PromptFact> facts;
};
struct PromptActDecision {
  Prompt next;
  std::vector<PromptFact> facts;
  std::optional<Refusal> refused;  // `next` then differs only in `actions`.
  bool already_done = false;       // The key was seen before with the same action: nothing changed.
};

// A rep's action. REQUIRES: action.idempotency_key not empty.
[[nodiscard]] PromptActDecision Act(const Prompt& prompt, const Action& action, Instant now);

// An order of the client with the prompt's product, placed `ordered_at`. Accepted and ordered in [accepted_at,
// accepted_at + won_within]: won; otherwise an open prompt is withdrawn.
[[nodiscard]] PromptDecision OnBought(const Prompt& prompt, const OrderId& order, Instant ordered_at, Instant now,
                                      const PromptPolicy& policy = {});
enum class ClientGone : std::uint8_t { kLost, kErased, kMerged };
[[nodiscard]] std::string_view ClientGoneName(ClientGone why);  // "client lost", ...
[[nodiscard]] PromptDecision OnClientGone(const Prompt& prompt, ClientGone why, Instant now);
// When the durable timer of an open prompt must fire next; nullopt when it is closed.
[[nodiscard]] std::optional<Instant> NextTimer(const Prompt& prompt, const PromptPolicy& policy = {});
// Withdraws what expired; an accepted prompt without an order is lost.
[[nodiscard]] PromptDecision OnTimer(const Prompt& prompt, Instant now, const PromptPolicy& policy = {});

}  // namespace mainstay::notification
