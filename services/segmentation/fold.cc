#include "fold.h"

#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "activity.h"
#include "mainstay/base/hash.h"
#include "mainstay/ledger/order_fact.h"
#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"
#include "next_best.h"
#include "purchases.h"
#include "rep_minutes.h"

namespace mainstay::segmentation {
namespace {

using stream::JoinKey;

void Keep(std::optional<Instant>& earliest, Instant at) {
  if (!earliest || at < *earliest) earliest = at;
}

bool KeepLatest(std::optional<Instant>& latest, Instant at) {
  if (latest && at <= *latest) return false;
  latest = at;
  return true;
}

// Sets none: only an accepted order and a PolicySet do.
Result<void> CheckCurrency(const BookRecord& book, const Currency& currency, const std::string& field) {
  if (!book.currency || *book.currency == currency) return {};
  return InvalidField(field, "the book's currency is " + book.currency->raw() + ", not " + currency.raw());
}

class ClientFold {
 public:
  ClientFold(BookWork& work, const InEvent& event, const ClientId& id, ClientRecord& client)
      : work_(work), event_(event), id_(id), client_(client) {}

  Result<bool> operator()(const ClientRegistered& registered) {
    Keep(client_.registered_at, event_.time);
    return Attributes(registered.attributes);
  }
  Result<bool> operator()(const ClientUpdated& updated) { return Attributes(updated.changes); }
  Result<bool> operator()(const OwnerChanged& owner) {
    if (IsNewest(Attribute::kOwner)) client_.owner = owner.owner;
    return true;
  }
  Result<bool> operator()(const ClientLost& lost) { return Lost(&lost); }
  Result<bool> operator()(const ClientReturned&) { return Lost(nullptr); }

  Result<bool> operator()(const OrderPlaced& placed) { return Order(&placed.lines); }
  Result<bool> operator()(const OrderCorrected& corrected) { return Order(&corrected.lines); }
  Result<bool> operator()(const OrderRefunded&) { return Order(nullptr); }

  Result<bool> operator()(const Touched& touched) {
    const bool friction = touched.sentiment && *touched.sentiment < 0;
    const bool later = KeepLatest(client_.last_touch_at, event_.time);
    MAINSTAY_TRY_ASSIGN(
        counted, activity().Add(TouchId(event_.id), event_.time, {touched.minutes.value_or(0), friction ? 1 : 0}));
    return later || counted;
  }
  Result<bool> operator()(const TouchRetracted& retracted) {
    MAINSTAY_TRY(activity().TakeBack(TouchId(retracted.touch)));
    return true;
  }
  Result<bool> operator()(const EmergencyRaised& raised) { return Friction("emergency", raised.emergency.raw()); }
  Result<bool> operator()(const ComplaintMade& made) { return Friction("complaint", made.complaint.raw()); }
  Result<bool> operator()(const PrioritiesShifted&) {
    return Friction("priorities", HashParts({event_.source, event_.id.raw()}).Hex());
  }

  Result<bool> operator()(const ReferralGiven&) {
    if (!work_.book().activity_day || DayOf(event_.time) > *work_.book().activity_day) {
      work_.book().activity_day = DayOf(event_.time);
    }
    return KeepLatest(client_.last_referral_at, event_.time);
  }
  Result<bool> operator()(const OfferMade&) { return KeepLatest(client_.last_offer_at, event_.time); }
  Result<bool> operator()(const SurveyAnswered&) { return KeepLatest(client_.last_survey_at, event_.time); }
  Result<bool> operator()(const GoalSet&) {
    client_.has_goal = true;
    return true;
  }
  Result<bool> operator()(const PotentialAssessed& assessed) { return Potential(assessed); }

  template <class Other>
  Result<bool> operator()(const Other&) {
    return false;
  }

 private:
  Activity activity() { return {work_.context(), work_.id(), work_.book(), id_, client_}; }
  Hash128 TouchId(const EventId& id) const { return HashParts({"touch", event_.source, id.raw()}); }

  Result<bool> Friction(std::string_view kind, const std::string& natural_id) {
    return activity().Add(HashParts({kind, natural_id}), event_.time, {0, 1});
  }

  bool IsNewest(Attribute attribute) { return client_.said[attribute].Accept(event_); }

  // Null: it came back.
  Result<bool> Lost(const ClientLost* lost) {
    if (event_.time < client_.status_changed_at) return false;  // Late: a newer word stands.
    client_.lost = lost != nullptr;
    client_.status_changed_at = event_.time;
    client_.loss.reset();
    if (lost == nullptr) return true;
    MAINSTAY_TRY_ASSIGN(live, work_.Rankings());
    client_.loss = {lost->reason,      lost->competitor,        event_.time,
                    client_.tier.tier, client_.window.trailing, ClampedMoney(live->index().ranking().total()),
                    event_.id};
    return true;
  }

  Result<bool> Attributes(const ClientAttributes& attributes) {
    if (attributes.name && IsNewest(Attribute::kName)) client_.name = attributes.name;
    if (attributes.owner && IsNewest(Attribute::kOwner)) client_.owner = attributes.owner;
    if (attributes.since && IsNewest(Attribute::kSince)) client_.since = attributes.since;
    if (attributes.employees && IsNewest(Attribute::kEmployees)) client_.employees = attributes.employees;
    if (attributes.annual_revenue && IsNewest(Attribute::kAnnualRevenue)) {
      client_.annual_revenue = {attributes.annual_revenue->money, attributes.annual_revenue->currency};
    }
    std::vector<std::pair<std::string, std::string>> places;
    for (const Department& place : attributes.departments) places.emplace_back(place.id.raw(), place.name);
    if (!places.empty() && IsNewest(Attribute::kDepartments)) MAINSTAY_TRY(ReplacePlaces(kDepartmentKind, places));
    places.clear();
    for (const Location& place : attributes.locations) places.emplace_back(place.id.raw(), place.name);
    if (!places.empty() && IsNewest(Attribute::kLocations)) MAINSTAY_TRY(ReplacePlaces(kLocationKind, places));
    return true;
  }

  Result<void> ReplacePlaces(std::string_view kind, const std::vector<std::pair<std::string, std::string>>& places) {
    const std::string prefix = JoinKey({work_.id().raw(), id_.raw(), kind}) + '\0';
    std::vector<std::string> old;
    MAINSTAY_TRY(work_.context().Scan(kPlaces, prefix, {}, [&](std::string_view key, std::string_view) {
      old.emplace_back(key);
      return true;
    }));
    for (const std::string& key : old) work_.context().Erase(kPlaces, key);
    for (const auto& [place, name] : places) work_.context().Put(kPlaces, prefix + place, name);
    return {};
  }

  // The newest assessment stands as a whole.
  Result<bool> Potential(const PotentialAssessed& assessed) {
    if (client_.potential_at && event_.time < *client_.potential_at) return false;
    for (std::size_t i = 0; i < assessed.cells.size(); ++i) {
      const std::string field = "data.cells[" + std::to_string(i) + "].yearly.currency";
      MAINSTAY_TRY(CheckCurrency(work_.book(), assessed.cells[i].yearly.currency, field));
    }
    const std::string prefix = JoinKey({work_.id().raw(), id_.raw()}) + '\0';
    std::vector<std::string> old;
    MAINSTAY_TRY(work_.context().Scan(kPotential, prefix, {}, [&](std::string_view key, std::string_view) {
      old.emplace_back(key);
      return true;
    }));
    for (const std::string& key : old) work_.context().Erase(kPotential, key);
    for (const PotentialCell& cell : assessed.cells) {
      state::v1::SegmentationPotential proto;
      proto.set_yearly_units(cell.yearly.money.units());
      proto.set_currency(cell.yearly.currency.raw());
      work_.context().Put(kPotential,
                          prefix + JoinKey({cell.product.raw(), cell.department ? cell.department->raw() : "",
                                            cell.location ? cell.location->raw() : ""}),
                          proto.SerializeAsString());
    }
    client_.potential_at = event_.time;
    client_.potential_years = assessed.horizon_years;
    MAINSTAY_TRY(RenewNextProduct(work_.context(), work_.id(), work_.book().currency, id_, client_));
    return true;
  }

  // Whether it is in the book's currency is not known yet.
  Result<bool> KeepEarlyRefund() {
    InEvent refund = event_;
    refund.client = id_;
    MAINSTAY_TRY_ASSIGN(kept, kEarlyRefunds.Keep(work_.context(), refund));
    if (!kept) work_.context().Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return false;
  }

  // Without one, or when it was bought; a better one is found by the weekly recount.
  Result<void> RenewNext() {
    const bool counted = work_.book().counted_holdings > 0;
    if (!counted && !client_.potential_at) return {};  // Nothing says what could be next.
    if (client_.next_product) {
      MAINSTAY_TRY_ASSIGN(held, HoldsProduct(work_.context(), work_.id(), id_, *client_.next_product));
      if (!held) return {};
    }
    return RenewNextProduct(work_.context(), work_.id(), work_.book().currency, id_, client_);
  }

  Result<bool> Order(const std::vector<OrderLine>* lines) {
    const ledger::LedgerTables tables(kLedger);
    MAINSTAY_TRY_ASSIGN(fact, ledger::OrderFactOf(event_));
    if (!fact) return false;
    MAINSTAY_TRY(CheckCurrency(work_.book(), fact->currency, "data.currency"));
    const bool is_refund = std::holds_alternative<OrderRefunded>(event_.data);
    if (is_refund && !work_.book().currency) return KeepEarlyRefund();
    Result<ledger::Posting> posting;
    const BookId& book = work_.id();
    // Whoever went up in another client is that client, whatever the event calls it.
    if (auto* placed = std::get_if<ledger::LedgerOrder>(&fact->fact)) {
      placed->client = id_;
      posting = tables.Place(work_.context(), book, *placed, client_.window);
      if (posting && !posting->already_seen) {
        Keep(client_.first_order_at, event_.time);
        work_.book().currency = fact->currency;
      }
    } else if (auto* correction = std::get_if<ledger::OrderCorrection>(&fact->fact)) {
      correction->client = id_;
      posting = tables.Correct(work_.context(), book, *correction, client_.window);
    } else {
      auto& refund = std::get<ledger::LedgerRefund>(fact->fact);
      refund.client = id_;
      posting = tables.Refund(work_.context(), book, refund, client_.window);
    }
    if (!posting) return tl::unexpected(posting.error());
    if (posting->already_seen) {
      work_.context().Answer({stream::Verdict::Kind::kAlreadySeen, {}});
      return false;
    }
    Purchases purchases(work_.context(), book, work_.book(), id_, client_);
    MAINSTAY_TRY(purchases.Apply(*posting, lines));
    if (purchases.products_changed()) MAINSTAY_TRY(RenewNext());
    return true;
  }

  BookWork& work_;
  const InEvent& event_;
  const ClientId& id_;
  ClientRecord& client_;
};

Result<void> FoldProduct(BookWork& work, const ProductCatalogued& product) {
  const std::string key = JoinKey({work.id().raw(), product.product.raw()});
  MAINSTAY_TRY_ASSIGN(bytes, work.context().Get(kProducts, key));
  state::v1::SegmentationProduct proto;
  if (bytes && !proto.ParseFromString(*bytes)) return Fail(ErrorCode::kDataLoss, "a stored product is damaged");
  if (!proto.declared()) ++work.book().declared_products;
  proto.set_declared(true);
  if (product.name) proto.set_name(*product.name);
  if (product.price) proto.set_price_units(product.price->money.units());
  work.context().Put(kProducts, key, proto.SerializeAsString());
  return {};
}

Result<void> FoldTarget(BookWork& work, const TargetSet& target) {
  MAINSTAY_TRY(CheckCurrency(work.book(), target.amount.currency, "data.amount.currency"));
  work.book().targets[target.year] = {{target.amount.money, target.amount.currency}, target.paying_clients};
  return {};
}

Result<void> FoldRep(BookWork& work, const InEvent& event, const RepSet& rep) {
  const std::string key = JoinKey({work.id().raw(), rep.rep.raw()});
  MAINSTAY_TRY_ASSIGN(bytes, work.context().Get(kReps, key));
  RepRecord record = bytes ? DecodeRep(*bytes) : RepRecord{};
  if (!record.set.Accept(event)) return {};
  record.minutes = rep.minutes_per_week.value_or(kDefaultMinutes);
  record.sales = rep.role == BookRole::kSales;
  work.context().Put(kReps, key, Encode(record));
  return {};
}

Result<BookFollowUp> FoldPolicy(BookWork& work, const InEvent& event, const PolicySet& policy) {
  BookRecord& book = work.book();
  if (policy.currency) {
    if (book.currency && *book.currency != *policy.currency) {
      return InvalidField("data.currency", "the book's currency is " + book.currency->raw() + " and cannot change");
    }
    book.currency = policy.currency;
  }
  const std::map<std::string, double> asked = ThresholdsOf(policy);
  MAINSTAY_TRY_ASSIGN(values, WithThresholds(book.values, asked));
  const bool new_values = values != book.values;
  const bool new_rules = RulesOf(values) != RulesOf(book.values);
  if (new_values) {
    for (const auto& [name, value] : asked) book.thresholds[name] = value;
    book.values = values;
    book.policy_version = event.id.raw();
  }
  if (!policy.tiers && !new_rules) return new_values ? BookFollowUp::kNewThresholds : BookFollowUp::kNothing;
  if (policy.tiers) book.policy = *policy.tiers;
  book.policy_version = event.id.raw();
  book.policy_set_at = event.time;
  return BookFollowUp::kNewTierPolicy;
}

}  // namespace

Result<bool> FoldClientFact(BookWork& work, const InEvent& event, const ClientId& id, ClientRecord& client) {
  return std::visit(ClientFold(work, event, id, client), event.data);
}

Result<BookFollowUp> FoldBookFact(BookWork& work, const InEvent& event) {
  if (const auto* policy = std::get_if<PolicySet>(&event.data)) return FoldPolicy(work, event, *policy);
  if (const auto* product = std::get_if<ProductCatalogued>(&event.data)) MAINSTAY_TRY(FoldProduct(work, *product));
  if (const auto* target = std::get_if<TargetSet>(&event.data)) MAINSTAY_TRY(FoldTarget(work, *target));
  if (const auto* rep = std::get_if<RepSet>(&event.data)) MAINSTAY_TRY(FoldRep(work, event, *rep));
  return BookFollowUp::kNothing;
}

}  // namespace mainstay::segmentation
