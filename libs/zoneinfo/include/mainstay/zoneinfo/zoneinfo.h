// Loads time zones from the system's tz database (Debian: package tzdata) into values the domain can hold.
//
// Reads files under /usr/share/zoneinfo on the first use of a zone; every answer is kept for the life of the process,
// so a newer tzdata is seen after a restart. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/vocabulary/zone.h"

namespace mainstay::zoneinfo {

// An IANA name such as "Europe/London", as written there (case matters); "UTC" too.
// Errors: kInvalidArgument with field "timeZone" for a name the database does not have; kUnavailable when the
// database itself is missing or damaged.
[[nodiscard]] Result<ZoneRules> LoadZone(std::string_view name);

// Release of the tz database, e.g. "2025b"; "unknown" where the system does not say.
[[nodiscard]] std::string DataVersion();

}  // namespace mainstay::zoneinfo
