// The moves that the decisions of plan.h are made of. Internal to cadence.
#pragma once

#include <utility>

#include "mainstay/cadence/plan.h"

namespace mainstay::cadence {

// A decision in the making: the next plan, and the facts so far.
class Schedule {
 public:
  Schedule(ClientPlan&& plan, const Situation& situation)
      : situation_(situation), decision_{std::move(plan), {}, {}, {}} {}
  Schedule(const ClientPlan& plan, const Situation& situation) : situation_(situation), decision_{plan, {}, {}, {}} {}

  [[nodiscard]] ClientPlan& plan() { return decision_.next; }
  [[nodiscard]] Day Today() const { return situation_.zone.LocalDay(situation_.now); }

  // Emits what has passed by now; nothing while importing.
  void Settle();
  // Puts the cadence in force that the facts ask for; nothing while importing. `cause` names the next episode where
  // the last touch (or first event) has had its own.
  void UpdateTier(const EventRef& cause);
  // The terms were `before` until now.
  void ChangeTerms(const CadenceTerms& before);
  // Counts from the newest touch, else from the first event.
  void Rebase(const EventRef& cause);
  void SpreadIfPast();
  // Ends the open episode, if any. While importing the fact waits in `pending`.
  void CloseEpisode(const std::optional<EventId>& touch, bool late, std::optional<Instant> last_touch);
  // The due day of a touch at `at`, under the tier in force.
  [[nodiscard]] Day DueAfter(Instant at) const;
  // First instant of the condition that was told last: due, or overdue. REQUIRES: an open episode.
  [[nodiscard]] Instant ToldSince() const;
  void Emit(CadenceFact fact) { decision_.facts.push_back(std::move(fact)); }
  void Displace(KeptTouch touch) { decision_.displaced.push_back(std::move(touch)); }
  // Settles, and adds the timer.
  [[nodiscard]] Decision Finish() &&;

 private:
  void SettleUntil(Instant until);
  void Start(const EventRef& cause);
  void Stop();
  void ChangeTier(Tier tier);
  // The interval in force became another one; `sooner`: a shorter one.
  void Reschedule(bool sooner);
  [[nodiscard]] TouchPlan Describe(std::optional<Instant> last_touch) const;
  [[nodiscard]] std::optional<Instant> TrialEnd() const;
  [[nodiscard]] std::optional<Instant> NextTimer() const;

  const Situation& situation_;
  Decision decision_;
};

}  // namespace mainstay::cadence
