// The rule in the last line of a zone file ("GMT0BST,M3.5.0/1,M10.5.0"), which holds where its table ends.
//
// Plain numbers only: Debian's date/ptz.h does not compile as C++20, so this unit is C++17 and so must this header be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mainstay::zoneinfo {

struct OffsetChange {
  std::int64_t at_seconds;      // Unix time.
  std::int64_t offset_seconds;  // East of UTC, from then on.
};

// The offset at `from`, stamped `from`, and every change after it and before `until` (Unix times).
// Throws what the date library throws on a rule it does not understand.
std::vector<OffsetChange> ApplyPosixRule(const std::string& rule, std::int64_t from, std::int64_t until);

}  // namespace mainstay::zoneinfo
