// One row of a rep's inbox, made from a prompt or an alert. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/notification/alerts.h"
#include "mainstay/notification/prompts.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::notification {

struct InboxItem {
  std::string item;
  std::string kind;  // "prompt" or "alert".
  BookId book;
  ClientId client;
  RepId rep;
  std::string state;  // "SNOOZED" while snoozed, "ACCEPTED" while claimed, else the status' name.
  bool open = false;
  std::optional<ProductId> offer;
  std::vector<std::string> why;
  std::vector<std::string> talking_points;
  std::optional<Money> value;
  Currency currency;
  Instant created;
  std::optional<Instant> expires;
  std::optional<Instant> snoozed_until;  // Only while it lies ahead of `now`.
  std::optional<RepId> claimed_by;
  std::optional<Instant> last_contact;
};

[[nodiscard]] InboxItem ToInboxItem(const Prompt& prompt, Instant now);
[[nodiscard]] InboxItem ToInboxItem(const Alert& alert, Instant now);

// What a rep's list shows without being asked for all: open and not snoozed.
[[nodiscard]] bool IsShown(const InboxItem& item);
// Order of the list: alerts before prompts, then value descending (none last), then oldest first, then id.
[[nodiscard]] bool ComesBefore(const InboxItem& a, const InboxItem& b);

}  // namespace mainstay::notification
