#include <algorithm>

#include "mainstay/base/check.h"
#include "mainstay/wire/wire_bytes.h"
#include "state_codec.h"

namespace mainstay::cadence {
namespace {

namespace s = state::v1;

void Write(const EventRef& from, s::CadenceEventRef& to) {
  to.set_source(from.source);
  to.set_id(from.id.raw());
}

EventRef Read(const s::CadenceEventRef& from) { return {from.source(), EventId{from.id()}}; }

void Write(const TouchCleared& from, s::CadencePendingClear& to) {
  to.set_episode(from.plan.episode.raw());
  to.set_tier(static_cast<std::uint32_t>(from.plan.tier));
  to.set_due(ToDayNumber(from.plan.due));
  if (from.plan.overdue_since) to.set_overdue_since(ToDayNumber(*from.plan.overdue_since));
  if (from.plan.last_touch) to.set_last_touch_ms(ToMs(*from.plan.last_touch));
  if (from.plan.owner) to.set_owner(from.plan.owner->raw());
  if (from.touch_event) to.set_touch_event(from.touch_event->raw());
  to.set_late(from.late);
}

TouchCleared Read(const s::CadencePendingClear& from) {
  TouchCleared to;
  to.plan.episode = EpisodeId{from.episode()};
  to.plan.tier = static_cast<Tier>(from.tier());
  to.plan.due = FromDayNumber(from.due());
  if (from.has_overdue_since()) to.plan.overdue_since = FromDayNumber(from.overdue_since());
  if (from.has_last_touch_ms()) to.plan.last_touch = FromMs(from.last_touch_ms());
  if (from.has_owner()) to.plan.owner = RepId{from.owner()};
  if (from.has_touch_event()) to.touch_event = EventId{from.touch_event()};
  to.late = from.late();
  return to;
}

bool IsNewestTouch(const ClientPlan& plan) {
  if (!plan.base || plan.touches.empty()) return false;
  const KeptTouch& newest = plan.touches.front();
  return *plan.base == Base{newest.at, newest.event, newest.event};
}

std::vector<KeptTouch> ReadLists(const s::CadenceTouches& from) {
  MAINSTAY_CHECK(from.source_size() == from.ids_size() && from.ms_before_size() == from.ids_size(),
                 "a source and a time for each touch");
  std::vector<KeptTouch> to;
  std::int64_t ms = 0;
  for (int i = 0; i < from.ids_size(); ++i) {
    ms = i == 0 ? from.ms_before(i) : ms - from.ms_before(i);
    to.push_back({{from.sources(static_cast<int>(from.source(i))), EventId{from.ids(i)}}, FromMs(ms), false});
  }
  for (const std::uint32_t place : from.caused_episode()) to.at(place).caused_episode = true;
  return to;
}

}  // namespace

void Write(const std::vector<KeptTouch>& from, s::CadenceTouches& to) {
  constexpr std::size_t kUsualBytes = 24;  // Of a touch.
  std::string& packed = *to.mutable_packed();
  packed.reserve(from.size() * kUsualBytes);
  std::int64_t newer_ms = 0;
  for (const KeptTouch& touch : from) {
    const auto known = std::find(to.sources().begin(), to.sources().end(), touch.event.source);
    wire::AppendVarint(static_cast<std::uint64_t>(known - to.sources().begin()), packed);
    if (known == to.sources().end()) to.add_sources(touch.event.source);
    const std::int64_t ms = ToMs(touch.at);
    wire::AppendZigZag(newer_ms - ms, packed);
    newer_ms = ms;
    const std::string& id = touch.event.id.raw();
    wire::AppendVarint(id.size() * 2 + (touch.caused_episode ? 1 : 0), packed);
    packed += id;
  }
  const auto timed = [](const KeptTouch& touch) { return touch.minutes > 0; };
  if (std::none_of(from.begin(), from.end(), timed)) return;
  to.mutable_minutes()->Reserve(static_cast<int>(from.size()));
  for (const KeptTouch& touch : from) to.add_minutes(static_cast<std::uint32_t>(touch.minutes));
}

std::vector<KeptTouch> Read(const s::CadenceTouches& from) {
  if (from.ids_size() > 0) return ReadLists(from);
  std::vector<KeptTouch> to;
  to.reserve(kKeptTouches);
  std::int64_t ms = 0;
  for (wire::WireBytes packed(from.packed()); !packed.done();) {
    std::uint64_t source = 0;
    std::int64_t before = 0;
    std::uint64_t size_and_flag = 0;
    std::string_view id;
    const bool whole = packed.TakeVarint(&source) && packed.TakeZigZag(&before) && packed.TakeVarint(&size_and_flag) &&
                       packed.TakeBytes(size_and_flag / 2, &id);
    MAINSTAY_CHECK(whole && source < static_cast<std::uint64_t>(from.sources_size()), "a touch is kept whole");
    ms -= before;
    to.push_back(
        {{from.sources(static_cast<int>(source)), EventId{std::string(id)}}, FromMs(ms), size_and_flag % 2 == 1});
  }
  const std::size_t timed = std::min(to.size(), static_cast<std::size_t>(from.minutes_size()));
  for (std::size_t i = 0; i < timed; ++i) to[i].minutes = static_cast<std::int32_t>(from.minutes(static_cast<int>(i)));
  return to;
}

void Write(const ClientPlan& from, s::CadencePlan& to) {
  if (from.first_event_at) to.set_first_event_ms(ToMs(*from.first_event_at));
  if (from.first_event_at) Write(from.first_event, *to.mutable_first_event());
  if (!from.touches.empty()) Write(from.touches, *to.mutable_touches());
  for (const EventRef& retraction : from.retractions) Write(retraction, *to.add_retractions());
  to.set_segment_tier(static_cast<std::uint32_t>(from.segment_tier));
  to.set_ever_paid(from.ever_paid);
  to.set_lost(from.lost);
  to.set_first_event_caused_episode(from.first_event_caused_episode);
  to.set_tier(static_cast<std::uint32_t>(from.tier));
  if (IsNewestTouch(from)) {
    to.set_base_is_newest_touch(true);
  } else if (from.base) {
    to.mutable_base()->set_at_ms(ToMs(from.base->at));
    if (from.base->touch) Write(*from.base->touch, *to.mutable_base()->mutable_touch());
    Write(from.base->cause, *to.mutable_base()->mutable_cause());
  }
  if (from.due) to.set_due(ToDayNumber(*from.due));
  if (from.not_before) to.set_not_before(ToDayNumber(*from.not_before));
  if (from.computed_on) to.set_computed_on(ToDayNumber(*from.computed_on));
  if (from.episode) {
    to.mutable_episode()->set_id(from.episode->id.raw());
    if (from.episode->overdue_since) {
      to.mutable_episode()->set_overdue_since(ToDayNumber(*from.episode->overdue_since));
    }
    to.mutable_episode()->set_raises_risk(from.episode->raises_risk);
  }
  if (from.pending) Write(*from.pending, *to.mutable_pending());
  to.set_zone(from.zone);
  to.set_zone_data_version(from.zone_data_version);
}

void Read(const s::CadencePlan& from, ClientPlan& to) {
  if (from.has_first_event_ms()) to.first_event_at = FromMs(from.first_event_ms());
  if (from.has_first_event()) to.first_event = Read(from.first_event());
  to.touches = Read(from.touches());
  for (const s::CadenceEventRef& retraction : from.retractions()) to.retractions.push_back(Read(retraction));
  to.segment_tier = static_cast<Tier>(from.segment_tier());
  to.ever_paid = from.ever_paid();
  to.lost = from.lost();
  to.first_event_caused_episode = from.first_event_caused_episode();
  to.tier = static_cast<Tier>(from.tier());
  if (from.base_is_newest_touch() && !to.touches.empty()) {
    const KeptTouch& newest = to.touches.front();
    to.base = Base{newest.at, newest.event, newest.event};
  } else if (from.has_base()) {
    to.base = Base{FromMs(from.base().at_ms()), {}, Read(from.base().cause())};
    if (from.base().has_touch()) to.base->touch = Read(from.base().touch());
  }
  if (from.has_due()) to.due = FromDayNumber(from.due());
  if (from.has_not_before()) to.not_before = FromDayNumber(from.not_before());
  if (from.has_computed_on()) to.computed_on = FromDayNumber(from.computed_on());
  if (from.has_episode()) {
    to.episode = TouchEpisode{EpisodeId{from.episode().id()}, {}, from.episode().raises_risk()};
    if (from.episode().has_overdue_since()) {
      to.episode->overdue_since = FromDayNumber(from.episode().overdue_since());
    }
  }
  if (from.has_pending()) to.pending = Read(from.pending());
  to.zone = from.zone();
  to.zone_data_version = from.zone_data_version();
}

}  // namespace mainstay::cadence
