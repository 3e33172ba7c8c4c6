// Events of a scenario in one short line each -> CloudEvents JSON lines.
//
//   [for A..B:] TIME CLIENT EventName [name=value ...]
//
// TIME: a date (09:00 UTC), or RFC 3339; with +7d, +3h or +5m behind it. CLIENT: "-" for events of the book itself.
// A value is JSON, money (120.00GBP), or else text. id, source and book are the event's attributes, everything else
// its data; an order's product, amount, margin, quantity, department and location describe its only line.
// {i} in a `for` line is the running number, as wide as B; {i*3}, {i+3}, {1000-i} are numbers made of it.
// A line that begins with { is taken as it is.
#pragma once

#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "scenario_text.h"

namespace mainstay::scenarios {

// One or, with `for`, several JSON lines. Ids that are not given are made of the line's number.
[[nodiscard]] Result<std::vector<std::string>> ExpandEvents(const Line& line, const std::string& book);

// TIME as above.
[[nodiscard]] Result<Instant> ParseMoment(const std::string& text);

}  // namespace mainstay::scenarios
