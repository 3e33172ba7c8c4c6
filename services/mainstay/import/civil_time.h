// Times as they stand in files.
#pragma once

#include <string>
#include <string_view>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/vocabulary/zone.h"

namespace mainstay::import {

// "2010-12-01", "2010-12-01 08:26[:00[.123]]" (or with T) in `zone`, or RFC 3339 with an offset.
// With `format` (strftime-like, e.g. "%d/%m/%Y %H:%M") only that.
[[nodiscard]] Result<Instant> ParseFileTime(std::string_view text, const std::string& format, const ZoneRules& zone);

}  // namespace mainstay::import
