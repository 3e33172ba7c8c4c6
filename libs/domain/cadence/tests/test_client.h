// One client with its clock and timer, as the service would drive it; facts come out as lines of text.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/cadence/plan.h"

namespace mainstay::cadence {

inline Day D(const std::string& text) { return ParseDay(text).value(); }
inline Instant T(const std::string& text) { return ParseInstant(text).value(); }
inline EventRef Event(const std::string& id) { return {"test", EventId{id}}; }

// "due A 2026-01-12", "overdue A 2026-01-14", "cleared by t1", "cleared late by t1", "cleared".
inline std::string Text(const CadenceFact& fact) {
  if (const auto* due = std::get_if<TouchFellDue>(&fact)) {
    return "due " + std::string(TierName(due->plan.tier)) + " " + FormatDay(due->plan.due);
  }
  if (const auto* overdue = std::get_if<TouchBecameOverdue>(&fact)) {
    return "overdue " + std::string(TierName(overdue->plan.tier)) + " " + FormatDay(*overdue->plan.overdue_since);
  }
  const auto& cleared = std::get<TouchCleared>(fact);
  std::string text = cleared.late ? "cleared late" : "cleared";
  if (cleared.touch_event) text += " by " + cleared.touch_event->raw();
  return text;
}

inline const TouchPlan& PlanOf(const CadenceFact& fact) {
  return std::visit([](const auto& f) -> const TouchPlan& { return f.plan; }, fact);
}

class TestClient {
 public:
  explicit TestClient(const std::string& now, ZoneRules rules = ZoneRules(), std::string id = "acme")
      : zone(std::move(rules)), client(std::move(id)), clock(T(now)) {}

  [[nodiscard]] Situation Now() const {
    return {book, client, zone, calendar, clock, RepId{"ann"}, importing, connected, terms};
  }
  void Take(Decision decision) {
    for (const CadenceFact& fact : decision.facts) {
      lines.push_back(Text(fact) + " @" + FormatInstant(clock));
      facts.push_back(fact);
    }
    plan = std::move(decision.next);
    timer = decision.next_timer;
  }
  // Timers fire before whatever happens at `to`, each at its own time.
  void AdvanceTo(Instant to) {
    while (timer && *timer <= to) {
      clock = *timer;
      ++timers_fired;
      Take(OnTimer(plan, Now()));
    }
    clock = to;
  }
  void AdvanceTo(const std::string& to) { AdvanceTo(T(to)); }

  void Register(const std::string& at) { Take(OnAnyEvent(plan, Now(), Event("reg"), T(at))); }
  void Touch(const std::string& id, const std::string& at) { Take(OnTouch(plan, Now(), {Event(id), T(at)})); }
  void Retract(const std::string& id) { Take(OnTouchRetracted(plan, Now(), Event(id), Event("no-" + id))); }
  void Segment(Tier tier) { Take(OnTierChanged(plan, Now(), tier, Event("seg" + std::to_string(++segments)))); }
  void SetTerms(const CadenceTerms& next) {
    const CadenceTerms before = std::exchange(terms, next);
    Take(OnTermsChanged(plan, Now(), before));
  }
  void EndImport() {
    importing = false;
    Take(OnImportEnded(plan, Now(), Event("import")));
  }

  [[nodiscard]] std::string Due() const { return plan.due ? FormatDay(*plan.due) : "none"; }
  // The facts since the last call.
  [[nodiscard]] std::vector<std::string> Facts() { return std::exchange(lines, {}); }

  ZoneRules zone;
  WorkCalendar calendar;
  CadenceTerms terms;
  BookId book{"north"};
  ClientId client;
  Instant clock;
  bool importing = false;
  bool connected = true;
  ClientPlan plan;
  std::optional<Instant> timer;
  int timers_fired = 0;
  int segments = 0;
  std::vector<std::string> lines;
  std::vector<CadenceFact> facts;
};

using Lines = std::vector<std::string>;

// An A client, registered on Monday 5 January 2026 at 09:00 UTC.
inline TestClient AClient(ZoneRules zone = ZoneRules()) {
  TestClient client("2026-01-05T09:00:00Z", std::move(zone));
  client.Register("2026-01-05T09:00:00Z");
  client.Segment(Tier::kA);
  return client;
}

}  // namespace mainstay::cadence
