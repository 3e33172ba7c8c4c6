#include "state.h"

#include "mainstay/state/v1/segmentation.pb.h"

namespace mainstay::segmentation {
namespace {

Error Damaged(const char* what) {
  return {ErrorCode::kDataLoss, Recovery::kStopTask, std::string("the stored ") + what + " is damaged", {}};
}

}  // namespace

ClientFacts ClientRecord::facts() const {
  return {window.trailing, lost, registered_at ? registered_at : first_event_at, first_order_at};
}

std::optional<Instant> ClientRecord::grace_until() const {
  return GraceUntil(since, registered_at ? *registered_at : first_event_at, first_order_at);
}

std::string Encode(const ClientRecord& client) {
  state::v1::SegmentationClient proto;
  if (client.name) proto.set_name(*client.name);
  if (client.owner) proto.set_owner(client.owner->raw());
  if (client.since) proto.set_since_day(ToDayNumber(*client.since));
  proto.set_first_event_ms(ToMs(client.first_event_at));
  if (client.registered_at) proto.set_registered_ms(ToMs(*client.registered_at));
  if (client.first_order_at) proto.set_first_order_ms(ToMs(*client.first_order_at));
  proto.set_lost(client.lost);
  proto.set_status_changed_ms(ToMs(client.status_changed_at));
  proto.mutable_window()->set_trailing_units(client.window.trailing.units());
  if (client.window.next_at) proto.mutable_window()->set_next_at_ms(ToMs(*client.window.next_at));
  proto.set_tier(static_cast<std::uint32_t>(client.tier.tier));
  proto.set_rank_tier(static_cast<std::uint32_t>(client.tier.rank_tier));
  if (client.tier.differs_since) proto.set_differs_since_ms(ToMs(*client.tier.differs_since));
  proto.set_published_tier(static_cast<std::uint32_t>(client.published_tier));
  return proto.SerializeAsString();
}

Result<ClientRecord> DecodeClient(std::string_view bytes) {
  state::v1::SegmentationClient proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return tl::unexpected(Damaged("client"));
  ClientRecord client;
  if (proto.has_name()) client.name = proto.name();
  if (proto.has_owner()) client.owner = RepId{proto.owner()};
  if (proto.has_since_day()) client.since = FromDayNumber(proto.since_day());
  client.first_event_at = FromMs(proto.first_event_ms());
  if (proto.has_registered_ms()) client.registered_at = FromMs(proto.registered_ms());
  if (proto.has_first_order_ms()) client.first_order_at = FromMs(proto.first_order_ms());
  client.lost = proto.lost();
  client.status_changed_at = FromMs(proto.status_changed_ms());
  client.window.trailing = Money::FromUnits(proto.window().trailing_units());
  if (proto.window().has_next_at_ms()) client.window.next_at = FromMs(proto.window().next_at_ms());
  client.tier.tier = static_cast<Tier>(proto.tier());
  client.tier.rank_tier = static_cast<Tier>(proto.rank_tier());
  if (proto.has_differs_since_ms()) client.tier.differs_since = FromMs(proto.differs_since_ms());
  client.published_tier = static_cast<Tier>(proto.published_tier());
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
  return book;
}

}  // namespace mainstay::segmentation
