#include "book.h"

#include <algorithm>
#include <utility>

#include "book_model.h"
#include "mainstay/zoneinfo/zoneinfo.h"

namespace mainstay::cadence {
namespace {

constexpr std::chrono::days kNegotiated{90};

// Three touches in an allowed interval are no signal, so they need not be looked at.
std::vector<risk::ContactFact> ContactsOf(const ClientPlan& plan, int allowed_days, Instant now) {
  constexpr std::size_t kUsual = 3;
  const Instant from = now - std::chrono::days{allowed_days};
  const std::size_t recent = plan.touches.Find([&](const KeptTouches::View& touch) { return touch.at <= from; });
  std::vector<risk::ContactFact> contacts;
  if (recent <= kUsual) return contacts;
  contacts.reserve(recent);
  for (std::size_t i = recent; i-- > 0;) {
    const KeptTouches::View touch = plan.touches[i];
    contacts.push_back({EventId{std::string(touch.id)}, touch.at});
  }
  return contacts;
}

}  // namespace

Result<Book> MakeBook(const BookId& id, std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(record, DecodeBook(bytes));
  MAINSTAY_TRY_ASSIGN(zone, RulesOf(record.time_zone));
  return Book{id, std::move(record), std::move(zone), true};
}

Result<Book> Books::Load(stream::Context& context, const BookId& id) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kBooks, id.raw()));
  if (!bytes) return Book{id, {}, {}, false};
  Cached& cached = cached_[id.raw()];
  if (!cached.book.known || cached.bytes != *bytes) {
    MAINSTAY_TRY_ASSIGN(book, MakeBook(id, *bytes));
    // A version never changes, so one that is known stays, with what was computed from it.
    const std::shared_ptr<const BookModel>& known = cached.book.record.model;
    if (known && book.record.model && known->parameters.version == book.record.model->parameters.version) {
      book.record.model = known;
    }
    cached = {std::move(*bytes), std::move(book)};
  }
  return cached.book;
}

Result<ZoneRules> RulesOf(const std::optional<std::string>& zone) {
  if (!zone) return ZoneRules{};
  Result<ZoneRules> rules = zoneinfo::LoadZone(*zone);
  // The name was checked when it was set, so this is the machine's failure and nobody's bad data.
  if (!rules) return Fail(ErrorCode::kUnavailable, rules.error().message + "; is tzdata installed?");
  return rules;
}

Instant HandleBy(Instant raised, const Book& book) {
  const Day deadline = book.record.calendar.NthWorkingDayAfter(book.zone.LocalDay(raised), 2);
  return book.zone.EndOfDay(deadline);
}

risk::ClientFacts FactsOf(const ClientRecord& client, const Book& book, const ZoneRules& client_zone, Instant now) {
  risk::ClientFacts facts;
  facts.signals = client.signals;
  for (risk::Emergency& emergency : facts.signals.emergencies) emergency.handle_by = HandleBy(emergency.at, book);
  const ClientPlan& plan = client.plan;
  if (plan.first_event_at) {
    const bool touched = !plan.touches.empty();
    risk::TouchFacts& touch = facts.signals.touch.emplace();
    touch.event = touched ? EventId{std::string(plan.touches.front().id)} : plan.first_event.id;
    touch.since = touched ? plan.touches.front().at : *plan.first_event_at;
    touch.allowed_days = book.terms().AllowedDays(plan.tier);
    touch.connected = TouchDataConnected(book.record.last_touch, now);
    facts.signals.contacts = ContactsOf(plan, touch.allowed_days, now);
  }
  if (plan.episode && plan.episode->overdue_since) {
    facts.signals.overdue =
        risk::Overdue{client.overdue_event.value_or(plan.first_event.id),
                      client_zone.StartOfDay(*plan.episode->overdue_since), plan.episode->raises_risk};
  }
  if (const auto& statistics = client.order_days.statistics()) {
    facts.orders = risk::OrderFacts{*statistics, book.zone.EndOfDay(statistics->last), client.last_order.event};
    facts.signals.value_trend = risk::ValueTrendOf(client.order_days, client.last_order.event);
  }
  // The contract that ends first. One that ended without a word is being negotiated, for a while.
  for (const RunningContract& contract : client.contracts) {
    const Instant ends = client_zone.EndOfDay(contract.end);
    if (ends + kNegotiated <= now) continue;
    facts.contract =
        risk::ContractFacts{contract.event, contract.renewals, ends, static_cast<double>(contract.term_days) / 7};
    break;
  }
  return facts;
}

const risk::ChurnParameters& Book::parameters() const {
  static const risk::ChurnParameters kDefault;
  return record.model ? record.model->parameters : kDefault;
}

}  // namespace mainstay::cadence
