#include "what_if.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "client_work.h"
#include "risk_event.h"

namespace mainstay::cadence {
namespace {

namespace q = query::v1;

const EventRef kAsked{"what-if", EventId{"what-if"}};

// The book before and after, and the tiers that change with it.
struct Trial {
  const BookReading& reading;
  Book after;
  std::map<std::string, Tier> tiers;

  [[nodiscard]] Situation Around(const KnownClient& client, const Book& book) const {
    const Instant now = reading.view.at;
    return {book.id,     client.id,           client.zone,           book.record.calendar,
            now,         client.record.owner, book.record.importing, TouchDataConnected(book.record.last_touch, now),
            book.terms()};
  }
};

// A client as the book's timers and rules leave it at the moment of the question.
struct State {
  ClientRecord record;
  Money at_stake;
  [[nodiscard]] bool due() const { return record.plan.episode.has_value(); }
  [[nodiscard]] bool overdue() const { return due() && record.plan.episode->overdue_since; }
};

void Settle(const Trial& trial, const KnownClient& client, const Book& book, State& state) {
  const Instant now = trial.reading.view.at;
  if (book.record.importing || state.record.plan.lost) return;
  const risk::ClientFacts facts = FactsOf(state.record, book, client.zone, now);
  const risk::ChurnCurve curve(facts, book.parameters());
  state.record.risk = DecideRisk(book, client.id, state.record, facts, curve, now, risk::EventCause(kAsked.id)).next;
  const risk::Score score = curve.At(now);
  state.at_stake = risk::MoneyAtStake(ValueOf(state.record, facts, score, book), score);
}

State Before(const Trial& trial, const KnownClient& client) {
  State state{client.record, {}};
  const Book& book = trial.reading.book;
  const Situation around = trial.Around(client, book);
  const ClientPlan& plan = state.record.plan;
  const bool other_rules =
      plan.base && (plan.zone != client.zone.name() || plan.zone_data_version != client.zone.data_version());
  TakePlan(other_rules ? OnCalendarOrZoneChanged(plan, around) : OnTimer(plan, around), state.record);
  Settle(trial, client, book, state);
  return state;
}

State After(const Trial& trial, const KnownClient& client, const State& before) {
  State state = before;
  const Situation around = trial.Around(client, trial.after);
  TakePlan(OnTermsChanged(state.record.plan, around, trial.reading.book.terms()), state.record);
  const auto tier = trial.tiers.find(client.id.raw());
  if (tier != trial.tiers.end()) {
    TakePlan(OnTierChanged(state.record.plan, around, tier->second, kAsked), state.record);
  }
  Settle(trial, client, trial.after, state);
  return state;
}

// On which the touch is due and overdue; empty without a schedule.
std::pair<std::string, std::string> DaysOf(const ClientPlan& plan, const Book& book) {
  if (!plan.due) return {};
  return {FormatDay(*plan.due), FormatDay(OverdueDayOf(plan, book.terms(), book.record.calendar))};
}

void FillSchedule(const Trial& trial, const KnownClient& client, const State& before, const State& after,
                  q::CadenceChange& out) {
  const auto was = DaysOf(before.record.plan, trial.reading.book);
  const auto is = DaysOf(after.record.plan, trial.after);
  const bool falls_due = after.due() && !before.due();
  const bool becomes_overdue = after.overdue() && !before.overdue();
  if (was == is && !falls_due && !becomes_overdue) return;
  q::WhatIfSchedule& row = *out.add_schedules();
  row.set_client(client.id.raw());
  row.set_tier(std::string(TierName(after.record.plan.tier)));
  if (!was.first.empty()) row.set_due_before(was.first);
  if (!was.second.empty()) row.set_overdue_before(was.second);
  if (!is.first.empty()) row.set_due_after(is.first);
  if (!is.second.empty()) row.set_overdue_after(is.second);
  row.set_falls_due(falls_due);
  row.set_becomes_overdue(becomes_overdue);
}

void Count(const State& before, const State& after, q::CadenceChange& out) {
  out.set_due_before(out.due_before() + before.due());
  out.set_due_after(out.due_after() + after.due());
  out.set_overdue_before(out.overdue_before() + before.overdue());
  out.set_overdue_after(out.overdue_after() + after.overdue());
}

Result<Trial> TrialOf(const BookReading& reading, const q::WhatIfCadenceRequest& request) {
  Trial trial{reading, reading.book, {}};
  const std::map<std::string, double> thresholds(request.thresholds().begin(), request.thresholds().end());
  MAINSTAY_TRY_ASSIGN(values, WithThresholds(trial.after.record.policy, thresholds));
  trial.after.record.policy = values;
  for (const auto& [name, value] : thresholds) trial.after.record.thresholds[name] = value;
  for (const auto& [client, name] : request.tiers()) {
    const std::optional<Tier> tier = ParseTier(name);
    if (!tier) return InvalidField("tiers", "'" + name + "' is no tier; it is A, B, C or NONE");
    trial.tiers[client] = *tier;
  }
  return trial;
}

}  // namespace

Result<void> FillWhatIf(const BookReading& reading, const q::WhatIfCadenceRequest& request,
                        q::WhatIfCadenceResponse& out) {
  MAINSTAY_TRY_ASSIGN(trial, TrialOf(reading, request));
  MAINSTAY_TRY_ASSIGN(clients, ReadClients(reading));
  q::CadenceChange& change = *out.mutable_change();
  Money at_stake_before;
  Money at_stake_after;
  for (const KnownClient& client : clients) {
    const State before = Before(trial, client);
    const State after = After(trial, client, before);
    Count(before, after, change);
    FillSchedule(trial, client, before, after, change);
    at_stake_before += before.at_stake;
    at_stake_after += after.at_stake;
    const RiskLevel from = before.record.risk.level;
    const RiskLevel to = after.record.risk.level;
    if (from == to) continue;
    q::WhatIfLevel& row = *change.add_levels();
    row.set_client(client.id.raw());
    row.set_from(std::string(RiskLevelName(from)));
    row.set_to(std::string(RiskLevelName(to)));
  }
  door::SetMoney(at_stake_before, reading.currency(), *change.mutable_at_stake_before());
  door::SetMoney(at_stake_after, reading.currency(), *change.mutable_at_stake_after());
  return {};
}

}  // namespace mainstay::cadence
