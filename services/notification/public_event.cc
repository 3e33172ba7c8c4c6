#include "public_event.h"

#include <type_traits>
#include <variant>

#include "mainstay/wire/out_event.h"

namespace mainstay::notification {
namespace {

std::string_view OwnerText(const std::optional<RepId>& owner) { return owner ? std::string_view(owner->raw()) : ""; }

void Describe(const OutEventData& data, EventAttributes& out) {
  std::visit(
      [&]<class Event>(const Event& event) {
        if constexpr (std::is_same_v<Event, SegmentChanged>) {
          out.tier = TierName(event.tier);
        } else if constexpr (std::is_same_v<Event, ChurnRiskChanged>) {
          out.tier = TierName(event.tier);
          out.level = RiskLevelName(event.level);
          out.owner = OwnerText(event.owner);
        } else if constexpr (requires { event.plan; }) {
          out.tier = TierName(event.plan.tier);
          out.owner = OwnerText(event.plan.owner);
        } else if constexpr (requires { event.step; }) {
          out.owner = event.step.rep.raw();
        } else if constexpr (requires { event.rep; }) {
          out.owner = event.rep.raw();
        }
      },
      data);
}

}  // namespace

Result<PublicEvent> PublicEvent::Read(std::string_view bytes) {
  PublicEvent event;
  MAINSTAY_TRY_ASSIGN(head, wire::DecodeEnvelopeHead(bytes));
  event.head_ = head;
  Result<OutEvent> decoded = wire::DecodeOutEvent(bytes);
  if (decoded) {
    event.event_ = std::move(*decoded);
  } else if (decoded.error().field != "type") {
    return tl::unexpected(decoded.error());
  }
  return event;
}

EventAttributes PublicEvent::attributes() const {
  EventAttributes attributes;
  attributes.id = head_.id;
  attributes.source = head_.source;
  attributes.type = head_.type;
  attributes.book = head_.book;
  attributes.client = head_.client;
  if (event_) Describe(event_->data, attributes);
  return attributes;
}

}  // namespace mainstay::notification
