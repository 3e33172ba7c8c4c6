#include "mainstay/vocabulary/zone.h"

#include <algorithm>
#include <utility>

#include "mainstay/base/check.h"

namespace mainstay {
namespace {

// No zone was ever further from UTC than 16 hours, so a local time can only be shown within this distance.
constexpr std::chrono::hours kWidestOffset{26};

bool Ascending(const std::vector<ZoneTransition>& transitions) {
  return std::adjacent_find(transitions.begin(), transitions.end(),
                            [](const auto& a, const auto& b) { return a.at >= b.at; }) == transitions.end();
}

auto FirstAfter(const std::vector<ZoneTransition>& transitions, Instant at) {
  return std::upper_bound(transitions.begin(), transitions.end(), at,
                          [](Instant instant, const ZoneTransition& t) { return instant < t.at; });
}

}  // namespace

ZoneRules::ZoneRules() {
  static const auto utc = std::make_shared<const Table>(Table{"UTC", "", std::chrono::seconds{0}, {}});
  table_ = utc;
}

ZoneRules::ZoneRules(std::string name, std::string data_version, std::chrono::seconds initial_offset,
                     std::vector<ZoneTransition> transitions) {
  MAINSTAY_CHECK(Ascending(transitions), "zone transitions are not in ascending order");
  table_ = std::make_shared<const Table>(
      Table{std::move(name), std::move(data_version), initial_offset, std::move(transitions)});
}

std::chrono::seconds ZoneRules::OffsetAt(Instant at) const {
  const auto next = FirstAfter(table_->transitions, at);
  return next == table_->transitions.begin() ? table_->initial_offset : std::prev(next)->offset;
}

LocalTime ZoneRules::ToLocal(Instant at) const { return LocalTime{at.time_since_epoch() + OffsetAt(at)}; }

Day ZoneRules::LocalDay(Instant at) const {
  return Day{std::chrono::floor<std::chrono::days>(ToLocal(at)).time_since_epoch()};
}

Instant ZoneRules::ToInstant(LocalTime local) const {
  const Instant as_utc{local.time_since_epoch()};
  auto next = FirstAfter(table_->transitions, as_utc - kWidestOffset);
  auto offset = next == table_->transitions.begin() ? table_->initial_offset : std::prev(next)->offset;
  for (; next != table_->transitions.end(); ++next) {
    // Ascending, so the first period that shows this time is the earlier of two; a time that is already behind the
    // wall when the change comes, and was not shown before it, lies in the gap.
    if (as_utc - offset < next->at) return as_utc - offset;
    if (as_utc - next->offset < next->at) return next->at;
    offset = next->offset;
  }
  return as_utc - offset;
}

Instant ZoneRules::StartOfDay(Day day) const { return ToInstant(LocalTime{day.time_since_epoch()}); }

}  // namespace mainstay
