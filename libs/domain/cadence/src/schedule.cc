#include "schedule.h"

#include <algorithm>
#include <utility>

#include "mainstay/base/hash.h"
#include "mainstay/cadence/interval.h"

namespace mainstay::cadence {
namespace {

Tier CadenceOf(const ClientPlan& plan, Instant now) {
  if (plan.lost || !plan.first_event_at) return Tier::kNone;
  if (plan.segment_tier != Tier::kNone) return plan.segment_tier;
  return !plan.ever_paid && now < *plan.first_event_at + kTrial ? Tier::kC : Tier::kNone;
}

// No cause may name two episodes, so whoever carries this id is marked: a touch can also be the first event.
void MarkUsed(ClientPlan& plan, const EventRef& cause) {
  for (std::size_t i = 0; i < plan.touches.size(); ++i) {
    if (plan.touches[i].Is(cause)) plan.touches.SetCausedEpisode(i);
  }
  if (plan.first_event == cause || !plan.base->touch) plan.first_event_caused_episode = true;
}

}  // namespace

std::optional<Instant> Schedule::TrialEnd() const {
  const ClientPlan& plan = decision_.next;
  const bool trial = plan.tier != Tier::kNone && plan.segment_tier == Tier::kNone && plan.first_event_at;
  return trial ? std::optional(*plan.first_event_at + kTrial) : std::nullopt;
}

void Schedule::Settle() {
  if (situation_.importing) return;
  // What fell due before the trial ended is told before the cadence ends with it.
  if (const auto end = TrialEnd(); end && *end <= situation_.now) {
    SettleUntil(*end);
    Stop();
  }
  SettleUntil(situation_.now);
}

void Schedule::SettleUntil(Instant until) {
  ClientPlan& plan = decision_.next;
  if (!plan.base) return;
  if (!plan.episode) {
    if (situation_.zone.StartOfDay(*plan.due) > until) return;
    plan.episode = TouchEpisode{TouchEpisodeId(situation_.book, situation_.client, plan.base->cause), {}, false};
    MarkUsed(plan, plan.base->cause);
    Emit(TouchFellDue{Describe(LastTouch(plan))});
  }
  if (plan.episode->overdue_since) return;
  const Day overdue = OverdueDay(*plan.due, plan.tier, situation_.terms, situation_.calendar);
  if (situation_.zone.StartOfDay(overdue) > until) return;
  plan.episode->overdue_since = overdue;
  plan.episode->raises_risk = situation_.touch_data_connected;
  Emit(TouchBecameOverdue{Describe(LastTouch(plan))});
}

void Schedule::UpdateTier(const EventRef& cause) {
  if (situation_.importing) return;
  const Tier tier = CadenceOf(decision_.next, situation_.now);
  const Tier before = decision_.next.tier;
  if (tier == before) return;
  if (tier == Tier::kNone) return Stop();
  if (before != Tier::kNone) return ChangeTier(tier);
  decision_.next.tier = tier;
  Start(cause);
}

void Schedule::Start(const EventRef& cause) {
  Rebase(cause);
  ClientPlan& plan = decision_.next;
  plan.computed_on = Today();
  plan.zone = situation_.zone.name();
  plan.zone_data_version = situation_.zone.data_version();
  plan.due = DueAfter(plan.base->at);
  SpreadIfPast();
}

void Schedule::Stop() {
  CloseEpisode(std::nullopt, false, LastTouch(decision_.next));
  ClientPlan& plan = decision_.next;
  plan.tier = Tier::kNone;
  plan.base.reset();
  plan.due.reset();
  plan.not_before.reset();
  plan.computed_on.reset();
}

void Schedule::ChangeTier(Tier tier) {
  ClientPlan& plan = decision_.next;
  const bool promotion = tier < plan.tier;
  plan.tier = tier;
  Reschedule(promotion);
}

void Schedule::ChangeTerms(const CadenceTerms& before) {
  const ClientPlan& plan = decision_.next;
  if (!plan.base) return;
  const int was = before.IntervalOf(plan.tier);
  const int is = situation_.terms.IntervalOf(plan.tier);
  if (is != was) Reschedule(is < was);
}

void Schedule::Reschedule(bool sooner) {
  ClientPlan& plan = decision_.next;
  if (plan.episode) return;
  const Day due = DueAfter(plan.base->at);
  const Day today = Today();
  if (today - *plan.computed_on <= std::chrono::days{1}) {
    plan.due = due;
    plan.not_before.reset();
    SpreadIfPast();
  } else if (sooner) {
    plan.due = std::min(*plan.due, std::max(due, situation_.calendar.NextWorkingDay(today)));
    plan.not_before = *plan.due > due ? plan.due : std::nullopt;
  } else {
    plan.due = std::max(due, plan.not_before.value_or(due));
  }
}

void Schedule::Rebase(const EventRef& cause) {
  ClientPlan& plan = decision_.next;
  if (plan.touches.empty()) {
    plan.base = Base{*plan.first_event_at, {}, plan.first_event_caused_episode ? cause : plan.first_event};
    return;
  }
  const KeptTouch last = plan.touches.front().Copy();
  const bool used = last.caused_episode || (plan.first_event_caused_episode && last.event == plan.first_event);
  plan.base = Base{last.at, last.event, used ? cause : last.event};
}

void Schedule::SpreadIfPast() {
  ClientPlan& plan = decision_.next;
  if (*plan.due >= Today()) return;
  plan.due = SpreadDay(Today(), plan.tier, situation_.terms, situation_.calendar, Murmur2(situation_.client.raw()));
  plan.not_before = plan.due;
}

void Schedule::CloseEpisode(const std::optional<EventId>& touch, bool late, std::optional<Instant> last_touch) {
  ClientPlan& plan = decision_.next;
  if (!plan.episode) return;
  TouchCleared fact{Describe(last_touch), touch, late};
  plan.episode.reset();
  if (situation_.importing) {
    plan.pending = std::move(fact);
  } else {
    Emit(std::move(fact));
  }
}

Day Schedule::DueAfter(Instant at) const {
  return DueDay(situation_.zone.LocalDay(at), decision_.next.tier, situation_.terms, situation_.calendar);
}

Instant Schedule::ToldSince() const {
  const ClientPlan& plan = decision_.next;
  return situation_.zone.StartOfDay(plan.episode->overdue_since.value_or(*plan.due));
}

TouchPlan Schedule::Describe(std::optional<Instant> last_touch) const {
  const ClientPlan& plan = decision_.next;
  return {plan.episode->id, plan.tier, *plan.due, plan.episode->overdue_since, last_touch, situation_.owner};
}

std::optional<Instant> Schedule::NextTimer() const {
  const ClientPlan& plan = decision_.next;
  std::optional<Instant> next = TrialEnd();
  const auto sooner = [&next](Instant at) { next = next ? std::min(*next, at) : at; };
  if (plan.base && !plan.episode) sooner(situation_.zone.StartOfDay(*plan.due));
  if (plan.episode && !plan.episode->overdue_since) {
    sooner(situation_.zone.StartOfDay(OverdueDay(*plan.due, plan.tier, situation_.terms, situation_.calendar)));
  }
  return next;
}

Decision Schedule::Finish() && {
  Settle();
  if (!situation_.importing) decision_.next_timer = NextTimer();
  return std::move(decision_);
}

}  // namespace mainstay::cadence
