#include <set>
#include <variant>

#include "mainstay/notification/care.h"
#include "processor.h"
#include "prompting.h"
#include "purchases.h"
#include "tables.h"

namespace mainstay::notification {
namespace {

constexpr Duration kImportPatience = std::chrono::hours{24};

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
        } else if constexpr (std::is_same_v<Event, mainstay::ClientErased>) {
          care.erased = true;
        } else if constexpr (std::is_same_v<Event, mainstay::Touched>) {
          ContactMade(care, event.time);
        } else {
          return false;
        }
        return true;
      },
      event.data);
}

Result<void> CheckCurrency(BookRecord& book, const Currency& currency) {
  if (book.currency && *book.currency != currency) {
    return InvalidField("data.currency", "the book's currency is " + book.currency->raw() + ", not " + currency.raw());
  }
  book.currency = currency;
  return {};
}

Result<void> FoldLines(stream::Context& context, const InEvent& event, const OrderId& order,
                       const std::vector<OrderLine>& lines, bool correction, BookRecord& book) {
  const OrderVersion version{event.book, *event.client, order, lines};
  MAINSTAY_TRY_ASSIGN(taken, correction ? TakeCorrection(context, version, event.time, book)
                                        : TakeOrder(context, version, event.time, book));
  if (!taken) {
    if (!correction) context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  MAINSTAY_TRY_ASSIGN(client, LoadClient(context, event.book, *event.client));
  if (!client.open_prompt) return {};
  std::set<ProductId> products;
  for (const OrderLine& line : lines) products.insert(line.product);
  const PromptScene scene{context, event.book, *event.client, client, event.id.raw()};
  MAINSTAY_TRY(PromptBought(scene, order, event.time, products));
  PutClient(context, event.book, *event.client, client);
  return {};
}

Result<void> FoldClientFact(stream::Context& context, const InEvent& event, const BookRecord& book) {
  ClientCare changed;
  if (!FoldCare(event, changed)) return {};  // Says nothing: the client need not be loaded.
  MAINSTAY_TRY_ASSIGN(client, LoadClient(context, event.book, *event.client));
  const PromptScene scene{context, event.book, *event.client, client, event.id.raw()};
  if (const auto* touch = std::get_if<Touched>(&event.data)) {
    MAINSTAY_TRY(OfferAtTouch(scene, book, {event.id, touch->rep, touch->role == TouchRole::kSupport, event.time}));
  }
  (void)FoldCare(event, client.care);
  if (client.care.erased) {
    MAINSTAY_TRY(PromptClientGone(scene, ClientGone::kErased));
  } else if (IsLost(client.care)) {
    MAINSTAY_TRY(PromptClientGone(scene, ClientGone::kLost));
  }
  PutClient(context, event.book, *event.client, client);
  return {};
}

Result<void> FoldEvent(stream::Context& context, const InEvent& event, BookRecord& book) {
  if (const auto* order = std::get_if<OrderPlaced>(&event.data)) {
    MAINSTAY_TRY(CheckCurrency(book, order->currency));
    return FoldLines(context, event, order->order, order->lines, false, book);
  }
  if (const auto* order = std::get_if<OrderCorrected>(&event.data)) {
    MAINSTAY_TRY(CheckCurrency(book, order->currency));
    return FoldLines(context, event, order->order, order->lines, true, book);
  }
  if (const auto* refund = std::get_if<OrderRefunded>(&event.data)) return CheckCurrency(book, refund->currency);
  if (const auto* policy = std::get_if<PolicySet>(&event.data)) {
    return policy->currency ? CheckCurrency(book, *policy->currency) : Result<void>{};
  }
  if (std::holds_alternative<ImportStarted>(event.data)) book.importing = true;
  if (std::holds_alternative<ImportFinished>(event.data)) {
    book.importing = false;
    return context.CancelTimer(kImportTimer, event.book.raw());
  }
  return event.client ? FoldClientFact(context, event, book) : Result<void>{};
}

}  // namespace

Result<void> FoldInEvent(stream::Context& context, const InEvent& event) {
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
