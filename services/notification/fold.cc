#include <map>
#include <set>
#include <tuple>
#include <variant>

#include "mainstay/base/hash.h"
#include "mainstay/notification/care.h"
#include "mainstay/vocabulary/policy_values.h"
#include "processor.h"
#include "prompting.h"
#include "purchases.h"
#include "rep_alerts.h"
#include "tables.h"
#include "whole_client.h"

namespace mainstay::notification {
namespace {

constexpr Duration kImportPatience = std::chrono::hours{24};

std::string TouchKey(const std::string& source, const EventId& touch) { return HashParts({source, touch.raw()}).Hex(); }

// Takes one fact into what must be quiet; false: it says nothing about that.
bool FoldCare(const InEvent& event, ClientCare& care) {
  return std::visit(
      [&]<class Event>(const Event& data) {
        if constexpr (std::is_same_v<Event, mainstay::EmergencyRaised>) {
          EmergencyRaised(care, data.emergency.raw());
        } else if constexpr (std::is_same_v<Event, mainstay::EmergencyResolved>) {
          EmergencyResolved(care, data.emergency.raw());
        } else if constexpr (std::is_same_v<Event, mainstay::ComplaintMade>) {
          ComplaintMade(care, data.complaint.raw());
        } else if constexpr (std::is_same_v<Event, mainstay::ComplaintResolved>) {
          ComplaintResolved(care, data.complaint.raw());
        } else if constexpr (std::is_same_v<Event, mainstay::SurveyAnswered>) {
          SurveyAnswered(care, data.score, event.time);
        } else if constexpr (std::is_same_v<Event, mainstay::ClientLost>) {
          ClientLost(care, event.time);
        } else if constexpr (std::is_same_v<Event, mainstay::ClientReturned>) {
          ClientReturned(care, event.time);
        } else if constexpr (std::is_same_v<Event, mainstay::Touched>) {
          ContactMade(care, TouchKey(event.source, event.id), event.time);
        } else if constexpr (std::is_same_v<Event, mainstay::TouchRetracted>) {
          ContactRetracted(care, TouchKey(event.source, data.touch));
        } else {
          return false;
        }
        return true;
      },
      event.data);
}

// Sets none: only an accepted order and a PolicySet do.
Result<void> CheckCurrency(const BookRecord& book, const Currency& currency) {
  if (!book.currency || *book.currency == currency) return {};
  return InvalidField("data.currency", "the book's currency is " + book.currency->raw() + ", not " + currency.raw());
}

// Refuses what the other services refuse.
Result<void> FoldPolicy(const PolicySet& policy, BookRecord& book) {
  if (policy.currency) MAINSTAY_TRY(CheckCurrency(book, *policy.currency));
  MAINSTAY_TRY_ASSIGN(before, StoredValues(book.thresholds));
  const std::map<std::string, double> asked = ThresholdsOf(policy);
  MAINSTAY_TRY(WithThresholds(before, asked));
  for (const auto& [name, value] : asked) book.thresholds[name] = value;
  if (policy.currency) book.currency = policy.currency;
  return {};
}

template <class Order>
Result<void> FoldOrder(stream::Context& context, const InEvent& event, const Order& said, BookRecord& book) {
  constexpr bool correction = std::is_same_v<Order, OrderCorrected>;
  MAINSTAY_TRY(CheckCurrency(book, said.currency));
  MAINSTAY_TRY_ASSIGN(client, LoadClient(context, event.book, *event.client));
  if (client.care.erased) {  // The others take its later orders, as those of a new client.
    const bool taken = !correction && (!client.erased_at || event.time > *client.erased_at);
    if (taken) book.currency = said.currency;
    return {};
  }
  const OrderVersion version{event.book, *event.client, said.order, said.lines};
  MAINSTAY_TRY_ASSIGN(taken, correction ? TakeCorrection(context, version, event.time, book)
                                        : TakeOrder(context, version, event.time, book));
  if (!taken) {
    if (!correction) context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  book.currency = said.currency;
  if (!client.open_prompt) return {};
  std::set<ProductId> products;
  for (const OrderLine& line : said.lines) products.insert(line.product);
  const PromptScene scene{context, event.book, *event.client, client, event.id.raw()};
  MAINSTAY_TRY(PromptBought(scene, said.order, event.time, products));
  PutClient(context, event.book, *event.client, client);
  return {};
}

Result<void> FoldClientFact(stream::Context& context, const InEvent& event, const BookRecord& book) {
  ClientCare changed;
  if (!FoldCare(event, changed)) return {};  // Says nothing: the client need not be loaded.
  MAINSTAY_TRY_ASSIGN(client, LoadClient(context, event.book, *event.client));
  if (client.care.erased) return {};
  const PromptScene scene{context, event.book, *event.client, client, event.id.raw()};
  if (const auto* touch = std::get_if<Touched>(&event.data)) {
    MAINSTAY_TRY(OfferAtTouch(scene, book, {event.id, touch->rep, touch->role == TouchRole::kSupport, event.time}));
  }
  (void)FoldCare(event, client.care);
  if (IsLost(client.care)) {
    MAINSTAY_TRY(PromptClientGone(scene, ClientGone::kLost));
    MAINSTAY_TRY(WithdrawAlerts(context, event.book, client, ClientGone::kLost));
  }
  PutClient(context, event.book, *event.client, client);
  return {};
}

// The latest by (time, id) stands, in whatever order they come.
void FoldCalendar(const InEvent& event, const CalendarSet& calendar, BookRecord& book) {
  if (book.calendar_set_at &&
      std::tie(event.time, event.id.raw()) <= std::tie(*book.calendar_set_at, book.calendar_set_by)) {
    return;
  }
  book.time_zone = calendar.time_zone;
  book.calendar_set_at = event.time;
  book.calendar_set_by = event.id.raw();
}

Result<void> FoldEvent(stream::Context& context, const InEvent& event, BookRecord& book) {
  if (const auto* order = std::get_if<OrderPlaced>(&event.data)) return FoldOrder(context, event, *order, book);
  if (const auto* order = std::get_if<OrderCorrected>(&event.data)) return FoldOrder(context, event, *order, book);
  if (const auto* refund = std::get_if<OrderRefunded>(&event.data)) return CheckCurrency(book, refund->currency);
  if (const auto* policy = std::get_if<PolicySet>(&event.data)) return FoldPolicy(*policy, book);
  if (const auto* calendar = std::get_if<CalendarSet>(&event.data)) FoldCalendar(event, *calendar, book);
  if (const auto* merged = std::get_if<ClientMerged>(&event.data)) return MergeClient(context, event, *merged, book);
  if (std::holds_alternative<ClientErased>(event.data)) return EraseClient(context, event, book);
  if (std::holds_alternative<ImportStarted>(event.data)) book.importing = true;
  if (std::holds_alternative<ImportFinished>(event.data)) {
    book.importing = false;
    return context.CancelTimer(kImportTimer, event.book.raw());
  }
  return event.client ? FoldClientFact(context, event, book) : Result<void>{};
}

}  // namespace

Result<void> FoldInEvent(stream::Context& context, const InEvent& said) {
  // A merger is about the client it names; all else, erasing too, is about whom that client has become.
  std::optional<InEvent> renamed;
  if (said.client && !std::holds_alternative<ClientMerged>(said.data)) {
    MAINSTAY_TRY_ASSIGN(today, TodaysClient(context, said.book, *said.client));
    if (today != *said.client) {
      renamed = said;
      renamed->client = std::move(today);
    }
  }
  const InEvent& event = renamed ? *renamed : said;
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kBooks, event.book.raw()));
  BookRecord book;
  if (bytes) {
    MAINSTAY_TRY_ASSIGN(known, DecodeBook(*bytes));
    book = std::move(known);
  }
  MAINSTAY_TRY(FoldEvent(context, event, book));
  if (book.importing) {
    MAINSTAY_TRY(context.SetTimer(kImportTimer, event.book.raw(), context.Now() + kImportPatience, {}));
  }
  std::string now = Encode(book);
  if (!bytes || now != *bytes) context.Put(kBooks, event.book.raw(), std::move(now));
  return {};
}

Result<void> OnImportTimer(stream::Context& context, const std::string& book) {
  MAINSTAY_TRY_ASSIGN(known, Load(context, kBooks, book, DecodeBook));
  if (!known) return {};
  known->importing = false;
  context.Put(kBooks, book, Encode(*known));
  return {};
}

}  // namespace mainstay::notification
