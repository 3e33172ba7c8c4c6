#include "inbox_door.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/door/book_query.h"
#include "mainstay/notification/actions.h"
#include "mainstay/notification/inbox.h"
#include "mainstay/stream/key_builder.h"
#include "random_text.h"
#include "state.h"

namespace mainstay::notification {
namespace {

namespace q = query::v1;

// The prompts and alerts of a book whose id begins with `begin`.
Result<std::vector<InboxItem>> ReadItems(const door::BookView& view, const std::string& begin) {
  std::vector<InboxItem> items;
  Result<void> damaged{};
  const auto collect = [&](auto decode) {
    return [&, decode](std::string_view, std::string_view value) {
      const auto entry = decode(value);
      if (!entry) {
        damaged = tl::unexpected(entry.error());
        return false;
      }
      items.push_back(ToInboxItem(*entry, view.at));
      return true;
    };
  };
  const std::string prefix = stream::JoinKey({view.book.raw(), begin});
  MAINSTAY_TRY(view.snapshot->Scan(kPrompts, prefix, {}, collect(DecodePrompt)));
  MAINSTAY_TRY(view.snapshot->Scan(kAlerts, prefix, {}, collect(DecodeAlert)));
  MAINSTAY_TRY(damaged);
  return items;
}

void Fill(const InboxItem& item, q::InboxItem& out) {
  out.set_item(item.item);
  out.set_kind(item.kind);
  out.set_client(item.client.raw());
  out.set_state(item.state);
  if (item.offer) out.set_offer(item.offer->raw());
  for (const std::string& why : item.why) out.add_why(why);
  for (const std::string& point : item.talking_points) out.add_talking_points(point);
  if (item.value) door::SetMoney(*item.value, item.currency, *out.mutable_value());
  out.set_created(FormatInstant(item.created));
  if (item.expires) out.set_expires(FormatInstant(*item.expires));
  if (item.snoozed_until) out.set_snoozed_until(FormatInstant(*item.snoozed_until));
  if (item.last_contact) out.set_last_contact(FormatInstant(*item.last_contact));
}

Result<InboxItem> FindItem(const door::BookView& view, const std::string& begin) {
  if (begin.empty()) return InvalidField("item", "must name an item of the inbox");
  if (begin.find('\0') != std::string::npos) return InvalidField("item", "is no id");
  MAINSTAY_TRY_ASSIGN(items, ReadItems(view, begin));
  if (items.empty()) return Fail(ErrorCode::kNotFound, "there is no inbox item '" + begin + "'");
  if (items.size() > 1) return InvalidField("item", "more than one item begins with '" + begin + "'");
  return std::move(items.front());
}

}  // namespace

Result<void> ListInbox(const Commands& commands, const stream::Topology& topology, const q::ListInboxRequest& request,
                       q::ListInboxResponse& response) {
  if (request.rep().empty()) return InvalidField("rep", "must name the rep");
  MAINSTAY_TRY_ASSIGN(view, door::OpenBook(*commands.system().state, "notification", kBooks, request.query()));
  MAINSTAY_TRY_ASSIGN(items, ReadItems(view, {}));
  std::erase_if(items, [&](const InboxItem& item) {
    return item.rep.raw() != request.rep() || !(request.all() || IsShown(item));
  });
  std::sort(items.begin(), items.end(), ComesBefore);
  if (request.limit() != 0 && items.size() > request.limit()) items.resize(request.limit());
  door::FillHead(topology, view, response);
  response.set_rep(request.rep());
  for (const InboxItem& item : items) Fill(item, *response.add_rows());
  return {};
}

Result<void> ActOn(const Commands& commands, const stream::Topology& topology, const q::ActRequest& request,
                   q::ActResponse& response) {
  const app::StateReader& state = *commands.system().state;
  MAINSTAY_TRY_ASSIGN(before, door::OpenBook(state, "notification", kBooks, request.query()));
  MAINSTAY_TRY_ASSIGN(item, FindItem(before, request.item()));
  state::v1::NotificationCommand command;
  auto& act = *command.mutable_act();
  act.set_book(before.book.raw());
  act.set_item(item.item);
  act.set_action(request.action());
  act.set_rep(request.rep().empty() ? item.rep.raw() : request.rep());
  act.set_until(request.until());
  act.set_outcome(request.outcome());
  act.set_reason(request.reason());
  act.set_idempotency_key(request.idempotency_key());
  if (act.idempotency_key().empty()) {
    MAINSTAY_TRY_ASSIGN(key, RandomId("act_"));
    act.set_idempotency_key(key);
  }
  // Said here first, so that a mistake does not become a dead letter.
  MAINSTAY_TRY(ParseAction({act.action(), act.rep(), act.until(), act.outcome(), act.reason(), act.idempotency_key()}));
  MAINSTAY_TRY_ASSIGN(verdict, commands.Run(before.partition, command));
  q::BookQuery query;
  query.set_book(before.book.raw());
  MAINSTAY_TRY_ASSIGN(after, door::OpenBook(state, "notification", kBooks, query));
  MAINSTAY_TRY_ASSIGN(acted, FindItem(after, item.item));
  Fill(acted, *response.mutable_item());
  response.set_already_done(verdict == stream::Verdict::Kind::kAlreadySeen);
  if (const std::string as_of = door::FillPosition(topology, after, *response.mutable_position()); !as_of.empty()) {
    response.set_as_of(as_of);
  }
  return {};
}

Result<void> GetCalendar(const Commands& commands, const stream::Topology& topology,
                         const q::GetCalendarRequest& request, q::GetCalendarResponse& response) {
  MAINSTAY_TRY_ASSIGN(view, door::OpenBook(*commands.system().state, "notification", kBooks, request.query()));
  MAINSTAY_TRY_ASSIGN(bytes, view.snapshot->Get(kBooks, view.book.raw()));
  MAINSTAY_TRY_ASSIGN(book, DecodeBook(bytes.value_or(std::string())));
  door::FillHead(topology, view, response);
  response.set_time_zone(book.time_zone.value_or("UTC"));
  return {};
}

}  // namespace mainstay::notification
