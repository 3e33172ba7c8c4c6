// Prompts in the shard loop: issued at a support touch, moved by actions, orders, losses and time. Shard thread only.
//
// Each function stores the prompt, keeps its timer, and emits its facts with ids made from their cause. Where a
// ClientRecord is passed the caller stores it afterwards.
#pragma once

#include <set>
#include <string>

#include "mainstay/base/result.h"
#include "mainstay/notification/prompts.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "state.h"

namespace mainstay::notification {

struct PromptScene {
  stream::Context& context;
  const BookId& book_id;
  const ClientId& client_id;
  ClientRecord& client;
  const std::string& cause;  // Event id.
};

// `client.care` is as before the touch.
[[nodiscard]] Result<void> OfferAtTouch(const PromptScene& scene, const BookRecord& book, const TouchSeen& touch);
// The client ordered `products` at `ordered_at`.
[[nodiscard]] Result<void> PromptBought(const PromptScene& scene, const OrderId& order, Instant ordered_at,
                                        const std::set<ProductId>& products);
[[nodiscard]] Result<void> PromptClientGone(const PromptScene& scene, ClientGone why);

// Key: book\0prompt.
[[nodiscard]] Result<void> OnPromptTimer(stream::Context& context, const std::string& key);

// A rep's action on a prompt or an alert; answers the waiting caller: accepted, already seen, or rejected with
// kNotFound, kInvalidArgument or kFailedPrecondition.
[[nodiscard]] Result<void> ActOnItem(stream::Context& context, const BookId& book, const std::string& item,
                                     const Action& action);

}  // namespace mainstay::notification
