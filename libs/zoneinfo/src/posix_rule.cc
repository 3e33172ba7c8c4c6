#include "posix_rule.h"

#include <date/ptz.h>

#include <chrono>

namespace mainstay::zoneinfo {

std::vector<OffsetChange> ApplyPosixRule(const std::string& rule, std::int64_t from, std::int64_t until) {
  const Posix::time_zone zone{rule};
  std::vector<OffsetChange> changes;
  while (from < until) {
    const date::sys_info info = zone.get_info(date::sys_seconds{std::chrono::seconds{from}});
    changes.push_back({from, info.offset.count()});
    from = info.end.time_since_epoch().count();
  }
  return changes;
}

}  // namespace mainstay::zoneinfo
