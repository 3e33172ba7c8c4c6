// Touches (types mainstay.touch.*.v1, topic touch-events). Same conventions as client_events.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/money_amount.h"

namespace mainstay {

enum class TouchRole : std::uint8_t { kSales, kSupport };
enum class TouchChannel : std::uint8_t { kCall, kMeeting, kEmail, kChat, kTicket, kVisit };
enum class TouchDirection : std::uint8_t { kInbound, kOutbound };

struct Touched {
  RepId rep;
  TouchRole role = TouchRole::kSales;
  TouchChannel channel = TouchChannel::kCall;
  TouchDirection direction = TouchDirection::kOutbound;
  std::optional<std::int32_t> minutes;  // >= 0
  std::optional<ContactId> contact;
  std::optional<double> sentiment;  // -1..1
  std::optional<MoneyAmount> cost;  // >= 0
  std::optional<std::string> note;
  friend bool operator==(const Touched&, const Touched&) = default;
};

struct TouchRetracted {
  EventId touch;  // Event id of the touch, of the same source.
  friend bool operator==(const TouchRetracted&, const TouchRetracted&) = default;
};

}  // namespace mainstay
