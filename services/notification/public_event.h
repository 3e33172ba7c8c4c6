// A record of a public topic as filters see it. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/notification/filter.h"
#include "mainstay/vocabulary/out_events.h"
#include "mainstay/wire/envelope.h"

namespace mainstay::notification {

// Attributes come from the event alone, so both doors and every replay agree: tier and owner of segment, cadence and
// risk events, level of risk events; the owner of a prompt event is the rep it is addressed to.
class PublicEvent {
 public:
  // `bytes` outlive the value. Errors: kInvalidArgument, when they are no envelope. A type that this version does not
  // know has only the attributes of its envelope.
  [[nodiscard]] static Result<PublicEvent> Read(std::string_view bytes);

  [[nodiscard]] EventAttributes attributes() const;
  [[nodiscard]] const wire::EnvelopeHead& head() const { return head_; }
  // nullopt: a type that this version does not know.
  [[nodiscard]] const std::optional<OutEvent>& event() const { return event_; }

 private:
  wire::EnvelopeHead head_;
  std::optional<OutEvent> event_;
};

}  // namespace mainstay::notification
