#include "state.h"

#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/wire/scratch_arena.h"

namespace mainstay::segmentation {
namespace {

Error Damaged(const char* what) {
  return {ErrorCode::kDataLoss, Recovery::kStopTask, std::string("the stored ") + what + " is damaged", {}};
}

}  // namespace

ClientFacts ClientRecord::facts() const {
  return {window.trailing, lost, registered_at ? registered_at : first_event_at, first_order_at};
}

PersonaFacts ClientRecord::persona_facts(Instant now) const {
  PersonaFacts facts;
  facts.revenue = window.trailing;
  facts.previous = window.previous;
  facts.minutes = minutes;
  facts.frictions = frictions;
  facts.order_days = order_days;
  facts.beyond_first = beyond_first;
  facts.products = products;
  facts.departments = departments;
  facts.referral = last_referral_at && now < *last_referral_at + ledger::kTrailingWindow;
  return facts;
}

std::uint32_t ClientRecord::flags() const {
  return (products == 1 ? kOneProduct : 0) | (departments == 1 ? kOneDepartment : 0) |
         (locations == 1 ? kOneLocation : 0);
}

std::vector<std::string> FlagNames(std::uint32_t flags) {
  std::vector<std::string> names;
  if ((flags & kOneProduct) != 0) names.emplace_back("one_product");
  if ((flags & kOneDepartment) != 0) names.emplace_back("one_department");
  if ((flags & kOneLocation) != 0) names.emplace_back("one_location");
  return names;
}

Tier ClientRecord::CadenceOf(Tier with, Instant now) const {
  return owner == kNurture ? Tier::kNone : CadenceTier(StatusAt(facts(), now), with);
}

std::optional<Instant> ClientRecord::grace_until(const PolicyValues& policy) const {
  const Duration grace = RulesOf(policy).grace;
  return GraceUntil(since, registered_at ? *registered_at : first_event_at, first_order_at, grace);
}

namespace {

using Proto = state::v1::SegmentationClient;

void PutInstant(const std::optional<Instant>& at, Proto& proto, void (Proto::*set)(std::int64_t)) {
  if (at) (proto.*set)(ToMs(*at));
}

void EncodeWho(const ClientRecord& client, Proto& proto) {
  if (client.name) proto.set_name(*client.name);
  if (client.owner) proto.set_owner(client.owner->raw());
  if (client.since) proto.set_since_day(ToDayNumber(*client.since));
  if (client.employees) proto.set_employees(*client.employees);
  if (client.annual_revenue) proto.set_annual_revenue_units(client.annual_revenue->money.units());
  if (client.annual_revenue && client.annual_revenue->currency) {
    proto.set_annual_revenue_currency(client.annual_revenue->currency->raw());
  }
  for (const auto& [attribute, stamp] : client.said) {
    auto& stored = *proto.add_said();
    stored.set_attribute(static_cast<std::uint32_t>(attribute));
    stored.set_at_ms(ToMs(stamp.at));
    stored.set_event(stamp.event.raw());
  }
  proto.set_first_event_ms(ToMs(client.first_event_at));
  PutInstant(client.registered_at, proto, &Proto::set_registered_ms);
  PutInstant(client.first_order_at, proto, &Proto::set_first_order_ms);
  proto.set_lost(client.lost);
  proto.set_status_changed_ms(ToMs(client.status_changed_at));
  proto.mutable_window()->set_trailing_units(client.window.trailing.units());
  proto.mutable_window()->set_previous_units(client.window.previous.units());
  if (client.window.next_at) proto.mutable_window()->set_next_at_ms(ToMs(*client.window.next_at));
  if (client.window.newest) proto.mutable_window()->set_newest_ms(ToMs(*client.window.newest));
}

void EncodeDecisions(const ClientRecord& client, Proto& proto) {
  proto.set_tier(static_cast<std::uint32_t>(client.tier.tier));
  proto.set_rank_tier(static_cast<std::uint32_t>(client.tier.rank_tier));
  PutInstant(client.tier.differs_since, proto, &Proto::set_differs_since_ms);
  if (client.next_product) proto.set_next_product(client.next_product->raw());
  proto.set_published_tier(static_cast<std::uint32_t>(client.published.tier));
  proto.set_published_persona(static_cast<std::uint32_t>(client.published.persona));
  proto.set_published_flags(client.published.flags);
  if (client.published.next_product) proto.set_published_next_product(client.published.next_product->raw());
}

void EncodeFacts(const ClientRecord& client, Proto& proto) {
  proto.set_order_days(static_cast<std::uint32_t>(client.order_days));
  if (client.first_day) proto.set_first_day(ToDayNumber(*client.first_day));
  if (client.last_day) proto.set_last_day(ToDayNumber(*client.last_day));
  if (client.first_day_net) proto.set_first_day_units(client.first_day_net->units());
  if (client.last_day_net) proto.set_last_day_units(client.last_day_net->units());
  proto.set_net_units(client.net.units());
  proto.set_products(static_cast<std::uint32_t>(client.products));
  proto.set_departments(static_cast<std::uint32_t>(client.departments));
  proto.set_locations(static_cast<std::uint32_t>(client.locations));
  proto.set_beyond_first(static_cast<std::uint32_t>(client.beyond_first));
  proto.set_minutes(client.minutes);
  proto.set_frictions(static_cast<std::uint32_t>(client.frictions));
  proto.set_activity_day(ToDayNumber(client.activity_day));
  if (client.activity_since) proto.set_activity_since(ToDayNumber(*client.activity_since));
  PutInstant(client.last_touch_at, proto, &Proto::set_last_touch_ms);
  PutInstant(client.last_referral_at, proto, &Proto::set_last_referral_ms);
  PutInstant(client.last_offer_at, proto, &Proto::set_last_offer_ms);
  PutInstant(client.last_survey_at, proto, &Proto::set_last_survey_ms);
  PutInstant(client.potential_at, proto, &Proto::set_potential_ms);
  if (client.potential_years) proto.set_potential_years(*client.potential_years);
  proto.set_has_goal(client.has_goal);
  proto.set_never_erased(client.never_erased);
}

void EncodeLoss(const LossRecord& loss, state::v1::SegmentationLoss& proto) {
  proto.set_reason(static_cast<std::uint32_t>(loss.reason));
  if (loss.competitor) proto.set_competitor(*loss.competitor);
  proto.set_at_ms(ToMs(loss.at));
  proto.set_tier(static_cast<std::uint32_t>(loss.tier));
  proto.set_revenue_units(loss.revenue.units());
  proto.set_book_units(loss.book.units());
  proto.set_event_id(loss.event.raw());
}

LossRecord DecodeLoss(const state::v1::SegmentationLoss& proto) {
  LossRecord loss{static_cast<LossReason>(proto.reason()),
                  std::nullopt,
                  FromMs(proto.at_ms()),
                  static_cast<Tier>(proto.tier()),
                  Money::FromUnits(proto.revenue_units()),
                  Money::FromUnits(proto.book_units()),
                  EventId{proto.event_id()}};
  if (proto.has_competitor()) loss.competitor = proto.competitor();
  return loss;
}

void DecodeWho(const Proto& proto, ClientRecord& client) {
  if (proto.has_name()) client.name = proto.name();
  if (proto.has_owner()) client.owner = RepId{proto.owner()};
  if (proto.has_since_day()) client.since = FromDayNumber(proto.since_day());
  if (proto.has_employees()) client.employees = proto.employees();
  if (proto.has_annual_revenue_units()) {
    client.annual_revenue = {Money::FromUnits(proto.annual_revenue_units()), std::nullopt};
    if (proto.has_annual_revenue_currency())
      client.annual_revenue->currency = Currency{proto.annual_revenue_currency()};
  }
  for (const auto& stored : proto.said()) {
    client.said[static_cast<Attribute>(stored.attribute())] = {FromMs(stored.at_ms()), EventId{stored.event()}};
  }
  client.first_event_at = FromMs(proto.first_event_ms());
  if (proto.has_registered_ms()) client.registered_at = FromMs(proto.registered_ms());
  if (proto.has_first_order_ms()) client.first_order_at = FromMs(proto.first_order_ms());
  client.lost = proto.lost();
  client.status_changed_at = FromMs(proto.status_changed_ms());
  client.window.trailing = Money::FromUnits(proto.window().trailing_units());
  client.window.previous = Money::FromUnits(proto.window().previous_units());
  if (proto.window().has_next_at_ms()) client.window.next_at = FromMs(proto.window().next_at_ms());
  if (proto.window().has_newest_ms()) client.window.newest = FromMs(proto.window().newest_ms());
}

void DecodeDecisions(const Proto& proto, ClientRecord& client) {
  client.tier.tier = static_cast<Tier>(proto.tier());
  client.tier.rank_tier = static_cast<Tier>(proto.rank_tier());
  if (proto.has_differs_since_ms()) client.tier.differs_since = FromMs(proto.differs_since_ms());
  if (proto.has_next_product()) client.next_product = ProductId{proto.next_product()};
  client.published.tier = static_cast<Tier>(proto.published_tier());
  client.published.persona = static_cast<Persona>(proto.published_persona());
  client.published.flags = proto.published_flags();
  if (proto.has_published_next_product()) client.published.next_product = ProductId{proto.published_next_product()};
}

void DecodeFacts(const Proto& proto, ClientRecord& client) {
  client.order_days = proto.order_days();
  if (proto.has_first_day()) client.first_day = FromDayNumber(proto.first_day());
  if (proto.has_last_day()) client.last_day = FromDayNumber(proto.last_day());
  if (proto.has_first_day_units()) client.first_day_net = Money::FromUnits(proto.first_day_units());
  if (proto.has_last_day_units()) client.last_day_net = Money::FromUnits(proto.last_day_units());
  client.net = Money::FromUnits(proto.net_units());
  client.products = proto.products();
  client.departments = proto.departments();
  client.locations = proto.locations();
  client.beyond_first = proto.beyond_first();
  client.minutes = proto.minutes();
  client.frictions = proto.frictions();
  client.activity_day = FromDayNumber(proto.activity_day());
  if (proto.has_activity_since()) client.activity_since = FromDayNumber(proto.activity_since());
  if (proto.has_last_touch_ms()) client.last_touch_at = FromMs(proto.last_touch_ms());
  if (proto.has_last_referral_ms()) client.last_referral_at = FromMs(proto.last_referral_ms());
  if (proto.has_last_offer_ms()) client.last_offer_at = FromMs(proto.last_offer_ms());
  if (proto.has_last_survey_ms()) client.last_survey_at = FromMs(proto.last_survey_ms());
  if (proto.has_potential_ms()) client.potential_at = FromMs(proto.potential_ms());
  if (proto.has_potential_years()) client.potential_years = proto.potential_years();
  client.has_goal = proto.has_goal();
  client.never_erased = proto.never_erased();
}

}  // namespace

std::string Encode(const ClientRecord& client) {
  wire::ScratchArena scratch;
  auto& proto = scratch.New<Proto>();
  EncodeWho(client, proto);
  EncodeDecisions(client, proto);
  EncodeFacts(client, proto);
  if (client.loss) EncodeLoss(*client.loss, *proto.mutable_loss());
  return proto.SerializeAsString();
}

Result<ClientRecord> DecodeClient(std::string_view bytes) {
  wire::ScratchArena scratch;
  auto& proto = scratch.New<Proto>();
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return tl::unexpected(Damaged("client"));
  ClientRecord client;
  DecodeWho(proto, client);
  DecodeDecisions(proto, client);
  DecodeFacts(proto, client);
  if (proto.has_loss()) client.loss = DecodeLoss(proto.loss());
  return client;
}

std::string Encode(const BookRecord& book) {
  state::v1::SegmentationBook proto;
  if (book.currency) proto.set_currency(book.currency->raw());
  proto.set_tier_policy(FormatTierPolicy(book.policy));
  proto.set_policy_version(book.policy_version);
  proto.set_policy_time_ms(ToMs(book.policy_set_at));
  if (book.phase.first_event_at) proto.set_first_event_ms(ToMs(*book.phase.first_event_at));
  proto.set_import_finished(book.phase.import_finished);
  proto.set_importing(book.phase.importing);
  for (const auto& [name, value] : book.thresholds) {
    state::v1::SegmentationThreshold& threshold = *proto.add_thresholds();
    threshold.set_name(name);
    threshold.set_value(value);
  }
  proto.set_buyers(book.buyers);
  proto.set_declared_products(book.declared_products);
  proto.set_holdings(book.holdings);
  proto.set_counted_holdings(book.counted_holdings);
  if (book.activity_day) proto.set_activity_day(ToDayNumber(*book.activity_day));
  if (!book.quarter.empty()) proto.set_quarter(book.quarter);
  for (const auto& [year, target] : book.targets) {
    state::v1::SegmentationTarget& stored = *proto.add_targets();
    stored.set_year(year);
    stored.set_amount_units(target.amount.money.units());
    if (target.amount.currency) stored.set_currency(target.amount.currency->raw());
    if (target.paying_clients) stored.set_paying_clients(*target.paying_clients);
  }
  return proto.SerializeAsString();
}

Result<BookRecord> DecodeBook(std::string_view bytes) {
  state::v1::SegmentationBook proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return tl::unexpected(Damaged("book"));
  BookRecord book;
  if (proto.has_currency()) book.currency = Currency{proto.currency()};
  MAINSTAY_TRY_ASSIGN(policy, ParseTierPolicy(proto.tier_policy()));
  book.policy = policy;
  book.policy_version = proto.policy_version();
  book.policy_set_at = FromMs(proto.policy_time_ms());
  if (proto.has_first_event_ms()) book.phase.first_event_at = FromMs(proto.first_event_ms());
  book.phase.import_finished = proto.import_finished();
  book.phase.importing = proto.importing();
  for (const auto& threshold : proto.thresholds()) book.thresholds[threshold.name()] = threshold.value();
  MAINSTAY_TRY_ASSIGN(values, StoredValues(book.thresholds));
  book.values = values;
  book.buyers = proto.buyers();
  book.declared_products = proto.declared_products();
  book.holdings = proto.holdings();
  book.counted_holdings = proto.counted_holdings();
  if (proto.has_activity_day()) book.activity_day = FromDayNumber(proto.activity_day());
  book.quarter = proto.quarter();
  for (const auto& stored : proto.targets()) {
    YearTarget& target = book.targets[stored.year()];
    target.amount.money = Money::FromUnits(stored.amount_units());
    if (stored.has_currency()) target.amount.currency = Currency{stored.currency()};
    if (stored.has_paying_clients()) target.paying_clients = stored.paying_clients();
  }
  return book;
}

}  // namespace mainstay::segmentation
