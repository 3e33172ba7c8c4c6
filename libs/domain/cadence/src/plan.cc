#include "mainstay/cadence/plan.h"

#include <algorithm>
#include <utility>

#include "mainstay/base/check.h"
#include "mainstay/base/hash.h"
#include "mainstay/cadence/interval.h"
#include "schedule.h"

namespace mainstay::cadence {
namespace {

void NoteEvent(ClientPlan& plan, const EventRef& event, Instant at) {
  const bool earlier =
      !plan.first_event_at || at < *plan.first_event_at || (at == *plan.first_event_at && event < plan.first_event);
  if (!earlier) return;
  plan.first_event_at = at;
  plan.first_event = event;
}

bool IsKept(const ClientPlan& plan, const EventRef& touch) {
  const auto is_it = [&](const KeptTouches::View& kept) { return kept.Is(touch); };
  return plan.touches.Find(is_it) < plan.touches.size();
}

void Keep(Schedule& schedule, const TouchInput& touch) {
  KeptTouches& touches = schedule.plan().touches;
  const KeptTouches::View added{touch.event.source, touch.event.id.raw(), touch.at, false, touch.minutes};
  const std::size_t place = touches.Find([&](const KeptTouches::View& kept) { return kept.at < touch.at; });
  if (touches.size() == kKeptTouches) {
    if (place == touches.size()) return schedule.Displace(added.Copy());
    schedule.Displace(touches.back().Copy());
    touches.Remove(touches.size() - 1);
  }
  touches.Insert(place, added);
}

// Moves the schedule to a touch that is newer than what it counts from.
void Reset(Schedule& schedule, const TouchInput& touch, std::optional<Instant> touched_before) {
  ClientPlan& plan = schedule.plan();
  const bool newer = touch.at > plan.base->at || (touch.at == plan.base->at && !plan.base->touch);
  if (!newer) return;
  const Day after = schedule.DueAfter(touch.at);
  const Day due = std::max(after, plan.not_before.value_or(after));
  plan.base = Base{touch.at, touch.event, touch.event};
  if (plan.episode) {
    // A late touch that would have left the due day where it is does not make the client touched in time.
    if (due <= *plan.due) return;
    schedule.CloseEpisode(touch.event.id, touch.at < schedule.ToldSince(), touched_before);
  }
  plan.due = due;
}

void AddTouch(Schedule& schedule, const TouchInput& touch) {
  ClientPlan& next = schedule.plan();
  if (IsRetracted(next, touch.event) || IsKept(next, touch.event)) return;
  const std::optional<Instant> touched_before = LastTouch(next);
  Keep(schedule, touch);
  if (next.base) Reset(schedule, touch, touched_before);
}

void Retract(Schedule& schedule, const EventRef& touch, const EventRef& event) {
  ClientPlan& next = schedule.plan();
  if (!IsRetracted(next, touch)) {
    next.retractions.push_back(touch);
    if (next.retractions.size() > kKeptRetractions) next.retractions.erase(next.retractions.begin());
  }
  next.touches.Remove(touch);
  if (!next.base || next.base->touch != touch) return;
  schedule.Rebase(event);
  if (next.episode) return;
  const Day due = schedule.DueAfter(next.base->at);
  next.due = std::max(due, next.not_before.value_or(due));
}

}  // namespace

Decision OnAnyEvent(ClientPlan plan, const Situation& situation, const EventRef& event, Instant at) {
  Schedule schedule(std::move(plan), situation);
  schedule.Settle();
  NoteEvent(schedule.plan(), event, at);
  schedule.UpdateTier(event);
  return std::move(schedule).Finish();
}

Decision OnTouch(ClientPlan plan, const Situation& situation, const TouchInput& touch) {
  Schedule schedule(std::move(plan), situation);
  schedule.Settle();
  NoteEvent(schedule.plan(), touch.event, touch.at);
  AddTouch(schedule, touch);
  schedule.UpdateTier(touch.event);
  return std::move(schedule).Finish();
}

Decision OnTouchRetracted(const ClientPlan& plan, const Situation& situation, const EventRef& touch,
                          const EventRef& event) {
  Schedule schedule(plan, situation);
  schedule.Settle();
  Retract(schedule, touch, event);
  return std::move(schedule).Finish();
}

Decision OnTierChanged(const ClientPlan& plan, const Situation& situation, Tier tier, const EventRef& event) {
  Schedule schedule(plan, situation);
  schedule.Settle();
  schedule.plan().segment_tier = tier;
  schedule.plan().ever_paid |= tier != Tier::kNone;
  schedule.UpdateTier(event);
  return std::move(schedule).Finish();
}

Decision OnLost(const ClientPlan& plan, const Situation& situation) {
  Schedule schedule(plan, situation);
  schedule.Settle();
  schedule.plan().lost = true;
  schedule.UpdateTier({});
  return std::move(schedule).Finish();
}

Decision OnReturned(const ClientPlan& plan, const Situation& situation, const EventRef& event) {
  Schedule schedule(plan, situation);
  schedule.Settle();
  schedule.plan().lost = false;
  schedule.UpdateTier(event);
  return std::move(schedule).Finish();
}

Decision OnMerged(const ClientPlan& plan, const Situation& situation, const ClientPlan& other, const EventRef& event) {
  Schedule schedule(plan, situation);
  schedule.Settle();
  ClientPlan& next = schedule.plan();
  if (other.first_event_at) NoteEvent(next, other.first_event, *other.first_event_at);
  next.ever_paid |= other.ever_paid;
  for (const EventRef& retraction : other.retractions) Retract(schedule, retraction, event);
  for (std::size_t i = other.touches.size(); i-- > 0;) {
    const KeptTouches::View touch = other.touches[i];
    AddTouch(schedule, {touch.Event(), touch.at, touch.minutes});
  }
  schedule.UpdateTier(event);
  return std::move(schedule).Finish();
}

Decision OnErased() { return {}; }

Decision OnTimer(const ClientPlan& plan, const Situation& situation) { return Schedule(plan, situation).Finish(); }

Decision OnCalendarOrZoneChanged(const ClientPlan& plan, const Situation& situation) {
  Schedule schedule(plan, situation);
  ClientPlan& next = schedule.plan();
  next.zone = situation.zone.name();
  next.zone_data_version = situation.zone.data_version();
  if (next.base && !next.episode) {
    if (next.not_before) next.not_before = situation.calendar.NextWorkingDay(*next.not_before);
    const Day due = schedule.DueAfter(next.base->at);
    next.due = std::max(due, next.not_before.value_or(due));
  }
  return std::move(schedule).Finish();
}

Decision OnTermsChanged(const ClientPlan& plan, const Situation& situation, const CadenceTerms& before) {
  Schedule schedule(plan, situation);  // What the terms before asked for until now was told by its timers.
  schedule.ChangeTerms(before);
  return std::move(schedule).Finish();
}

Decision OnImportEnded(const ClientPlan& plan, const Situation& situation, const EventRef& event) {
  MAINSTAY_CHECK(!situation.importing, "an import ends before its schedules are computed");
  Schedule schedule(plan, situation);
  ClientPlan& next = schedule.plan();
  if (next.pending) schedule.Emit(*std::exchange(next.pending, std::nullopt));
  schedule.UpdateTier(event);
  if (next.base && !next.episode) {
    // The tiers that the import changes come after this, and belong to the same computation.
    next.computed_on = schedule.Today();
    schedule.SpreadIfPast();
  }
  return std::move(schedule).Finish();
}

Day OverdueDayOf(const ClientPlan& plan, const CadenceTerms& terms, const WorkCalendar& calendar) {
  const bool overdue = plan.episode && plan.episode->overdue_since;
  return overdue ? *plan.episode->overdue_since : OverdueDay(*plan.due, plan.tier, terms, calendar);
}

int DaysOverdue(const ClientPlan& plan, const CadenceTerms& terms, const WorkCalendar& calendar, Day day) {
  if (!plan.due) return 0;
  return std::max(0, static_cast<int>((day - OverdueDayOf(plan, terms, calendar)).count()));
}

bool TouchDataConnected(std::optional<Instant> last_touch_in_book, Instant now) {
  return last_touch_in_book && now - *last_touch_in_book <= kTouchDataWindow;
}

bool IsRetracted(const ClientPlan& plan, const EventRef& touch) {
  return std::find(plan.retractions.begin(), plan.retractions.end(), touch) != plan.retractions.end();
}

std::optional<Instant> LastTouch(const ClientPlan& plan) {
  return plan.touches.empty() ? std::nullopt : std::optional(plan.touches.front().at);
}

EpisodeId TouchEpisodeId(const BookId& book, const ClientId& client, const EventRef& cause) {
  return EpisodeId{HashParts({book.raw(), client.raw(), "touch", cause.source + "\n" + cause.id.raw()}).Hex()};
}

}  // namespace mainstay::cadence
