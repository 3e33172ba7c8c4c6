#include "mainstay/notification/inbox.h"

#include <limits>
#include <string_view>
#include <tuple>

namespace mainstay::notification {
namespace {

std::string StateOf(bool open, const std::optional<Instant>& snoozed, bool claimed, std::string_view status) {
  if (open && snoozed) return "SNOOZED";
  if (open && claimed) return "ACCEPTED";
  return std::string(status);
}

std::optional<Instant> Ahead(const std::optional<Instant>& until, Instant now) {
  return until && *until > now ? until : std::nullopt;
}

std::int64_t Worth(const InboxItem& item) {
  return item.value ? item.value->units() : std::numeric_limits<std::int64_t>::min();
}

}  // namespace

InboxItem ToInboxItem(const Prompt& prompt, Instant now) {
  InboxItem item;
  item.item = prompt.id.raw();
  item.kind = "prompt";
  item.book = prompt.book;
  item.client = prompt.client;
  item.rep = prompt.rep;
  item.open = prompt.open();
  item.offer = prompt.product;
  item.why = prompt.why;
  item.talking_points = prompt.talking_points;
  item.value = prompt.value;
  item.currency = prompt.currency;
  item.created = prompt.issued_at;
  item.expires = prompt.expires_at;
  item.snoozed_until = Ahead(prompt.snoozed_until, now);
  item.claimed_by = prompt.claimed_by;
  item.last_contact = prompt.last_contact_at;
  item.state = StateOf(item.open, item.snoozed_until, prompt.claimed_by.has_value(), PromptStatusName(prompt.status));
  return item;
}

InboxItem ToInboxItem(const Alert& alert, Instant now) {
  InboxItem item;
  item.item = alert.id;
  item.kind = "alert";
  item.book = alert.book;
  item.client = alert.client;
  item.rep = alert.rep;
  item.open = alert.open();
  item.why = alert.why;
  item.value = alert.value;
  item.currency = alert.currency;
  item.created = alert.created;
  item.snoozed_until = Ahead(alert.snoozed_until, now);
  item.claimed_by = alert.claimed_by;
  item.last_contact = alert.last_contact_at;
  item.state = StateOf(item.open, item.snoozed_until, alert.claimed_by.has_value(), AlertStatusName(alert.status));
  return item;
}

bool IsShown(const InboxItem& item) { return item.open && !item.snoozed_until; }

bool ComesBefore(const InboxItem& a, const InboxItem& b) {
  // "alert" < "prompt"; the two worths change sides, so that more comes first.
  return std::forward_as_tuple(a.kind, Worth(b), a.created, a.item) <
         std::forward_as_tuple(b.kind, Worth(a), b.created, b.item);
}

}  // namespace mainstay::notification
