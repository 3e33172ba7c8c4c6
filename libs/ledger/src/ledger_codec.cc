#include "ledger_codec.h"

#include "mainstay/state/v1/ledger.pb.h"

namespace mainstay::ledger {
namespace {

std::string HashBytes(const Hash128& hash) {
  const auto bytes = hash.Bytes();
  return {bytes.data(), bytes.size()};
}

Hash128 HashFrom(std::string_view bytes) {
  Hash128 hash;
  for (std::size_t i = 0; i < 16 && i < bytes.size(); ++i) {
    auto& half = i < 8 ? hash.high : hash.low;
    half = half << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return hash;
}

template <class Proto>
Result<Proto> Parse(std::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fail(ErrorCode::kDataLoss, "a stored " + proto.GetTypeName() + " is damaged");
  }
  return proto;
}

}  // namespace

std::string EncodeOrder(const LedgerOrder& order) {
  state::v1::LedgerOrder proto;
  proto.set_client(order.client.raw());
  proto.set_event_id(order.event_id.raw());
  proto.set_time_ms(ToMs(order.time));
  proto.set_gross_units(order.gross.units());
  proto.set_refunded_units(order.refunded.units());
  proto.set_content(HashBytes(order.content));
  if (order.correction) {
    auto& correction = *proto.mutable_correction();
    correction.set_time_ms(ToMs(order.correction->time));
    correction.set_event_id(order.correction->event_id.raw());
    correction.set_content(HashBytes(order.correction->content));
  }
  return proto.SerializeAsString();
}

Result<LedgerOrder> DecodeOrder(const OrderId& id, std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(proto, Parse<state::v1::LedgerOrder>(bytes));
  LedgerOrder order{ClientId{proto.client()},
                    id,
                    EventId{proto.event_id()},
                    FromMs(proto.time_ms()),
                    Money::FromUnits(proto.gross_units()),
                    Money::FromUnits(proto.refunded_units()),
                    HashFrom(proto.content()),
                    {}};
  if (proto.has_correction()) {
    order.correction = LedgerCorrection{FromMs(proto.correction().time_ms()), EventId{proto.correction().event_id()},
                                        HashFrom(proto.correction().content())};
  }
  return order;
}

std::string EncodeRefund(const LedgerRefund& refund) {
  state::v1::LedgerRefund proto;
  proto.set_client(refund.client.raw());
  if (refund.order_id) proto.set_order_id(refund.order_id->raw());
  proto.set_time_ms(ToMs(refund.time));
  proto.set_amount_units(refund.amount.units());
  proto.set_content(HashBytes(refund.content));
  proto.set_applied(refund.applied);
  return proto.SerializeAsString();
}

Result<LedgerRefund> DecodeRefund(const RefundId& id, std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(proto, Parse<state::v1::LedgerRefund>(bytes));
  std::optional<OrderId> order_id;
  if (proto.has_order_id()) order_id = OrderId{proto.order_id()};
  return LedgerRefund{ClientId{proto.client()},
                      id,
                      std::move(order_id),
                      FromMs(proto.time_ms()),
                      Money::FromUnits(proto.amount_units()),
                      HashFrom(proto.content()),
                      proto.applied()};
}

std::string EncodeEntry(const RevenueEntry& entry) {
  state::v1::RevenueEntry proto;
  proto.set_units(entry.amount.units());
  proto.set_counted(entry.counted == Counted::kTrailing);
  proto.set_counted_before(entry.counted == Counted::kPrevious);
  return proto.SerializeAsString();
}

Result<RevenueEntry> DecodeEntry(std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(proto, Parse<state::v1::RevenueEntry>(bytes));
  const Counted before = proto.counted_before() ? Counted::kPrevious : Counted::kNowhere;
  return RevenueEntry{Money::FromUnits(proto.units()), proto.counted() ? Counted::kTrailing : before};
}

}  // namespace mainstay::ledger
