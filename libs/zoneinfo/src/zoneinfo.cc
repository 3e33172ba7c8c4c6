#include "mainstay/zoneinfo/zoneinfo.h"

#include <date/tz.h>

#include <cstdint>
#include <exception>
#include <fstream>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "posix_rule.h"

namespace mainstay::zoneinfo {
namespace {

constexpr const char* kDatabase = "/usr/share/zoneinfo/";

using Seconds = std::chrono::sys_seconds;

constexpr Seconds StartOfYear(int year) {
  return std::chrono::sys_days{std::chrono::year{year} / std::chrono::January / 1};
}

constexpr Seconds kFrom = StartOfYear(1970);
constexpr Seconds kUntil = StartOfYear(2101);

Result<std::string> LastLine(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  std::string last;
  while (std::getline(file, line)) last = line;
  if (file.bad() || last.empty()) {
    return Fail(ErrorCode::kUnavailable, "cannot read the time zone file " + path + "; install the package tzdata");
  }
  return last;
}

// Appends the change unless it changes nothing (files also record changes of the abbreviation alone).
void Append(Seconds at, std::chrono::seconds offset, std::chrono::seconds& current,
            std::vector<ZoneTransition>& transitions) {
  if (offset != current) transitions.push_back({Instant{at}, offset});
  current = offset;
}

std::int64_t UnixSeconds(Seconds at) { return at.time_since_epoch().count(); }

// The tables in the files end in 2037 (or where the rules became regular, for slim files); from there on the rule in
// the file's last line holds, which the date library keeps apart.
Result<ZoneRules> Read(const std::string& name) {
  const date::time_zone* zone = nullptr;
  try {
    date::get_tzdb();  // Throws here when there is no database, so below only the name can be wrong.
    try {
      zone = date::locate_zone(name);
    } catch (const std::exception&) {
      return InvalidField("timeZone", "'" + name + "' is not a time zone such as Europe/London");
    }
    const std::chrono::seconds initial = zone->get_info(kFrom).offset;
    std::chrono::seconds offset = initial;
    std::vector<ZoneTransition> transitions;
    Seconds at = kFrom;
    for (date::sys_info info = zone->get_info(at); info.end < kUntil; info = zone->get_info(at)) {
      at = info.end;
      Append(at, zone->get_info(at).offset, offset, transitions);
    }
    MAINSTAY_TRY_ASSIGN(rule, LastLine(kDatabase + name));
    for (const OffsetChange& change : ApplyPosixRule(rule, UnixSeconds(at), UnixSeconds(kUntil))) {
      Append(Seconds{std::chrono::seconds{change.at_seconds}}, std::chrono::seconds{change.offset_seconds}, offset,
             transitions);
    }
    return ZoneRules(name, DataVersion(), initial, std::move(transitions));
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kUnavailable, std::string("cannot read the time zone database in ") + kDatabase + ": " +
                                             error.what() + "; install the package tzdata");
  }
}

}  // namespace

Result<ZoneRules> LoadZone(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, ZoneRules, std::less<>> loaded;  // At most one entry per zone of the database.
  const std::lock_guard lock(mutex);
  if (const auto known = loaded.find(name); known != loaded.end()) return known->second;
  const Result<ZoneRules> rules = Read(std::string(name));
  if (rules) loaded.emplace(name, *rules);
  return rules;
}

std::string DataVersion() {
  static const std::string version = [] {
    constexpr std::string_view kPrefix = "# version ";
    std::ifstream file(std::string(kDatabase) + "tzdata.zi");
    std::string line;
    if (!std::getline(file, line) || line.compare(0, kPrefix.size(), kPrefix) != 0) return std::string("unknown");
    return line.substr(kPrefix.size());
  }();
  return version;
}

}  // namespace mainstay::zoneinfo
