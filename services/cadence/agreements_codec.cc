#include <utility>

#include "agreements.h"
#include "state_codec.h"

namespace mainstay::cadence {
namespace {

namespace s = state::v1;

void Write(const MoneyAmount& from, s::CadenceMoney& to) {
  to.set_units(from.money.units());
  to.set_currency(from.currency.raw());
}
MoneyAmount Read(const s::CadenceMoney& from) { return {Money::FromUnits(from.units()), Currency{from.currency()}}; }

void WritePlan(const Goal& goal, s::CadenceGoal& to) {
  const GoalSet& plan = *goal.plan;
  to.set_set(true);
  to.set_title(plan.title);
  to.set_unit(plan.unit);
  to.set_baseline(plan.baseline);
  to.set_target(plan.target);
  to.set_target_day(ToDayNumber(plan.target_date));
  for (const GoalPoint& point : plan.projection) {
    s::CadenceGoalPoint& added = *to.add_projection();
    added.set_day(ToDayNumber(point.date));
    added.set_value(point.value);
  }
  to.set_set_ms(ToMs(goal.set_at));
  to.set_set_event(goal.set_event.raw());
  to.set_first_set_ms(ToMs(goal.first_set_at));
  to.set_first_set_event(goal.first_set_event.raw());
}

void ReadPlan(const s::CadenceGoal& from, Goal& to) {
  GoalSet& plan = to.plan.emplace();
  plan.goal = to.id;
  plan.title = from.title();
  plan.unit = from.unit();
  plan.baseline = from.baseline();
  plan.target = from.target();
  plan.target_date = FromDayNumber(from.target_day());
  for (const s::CadenceGoalPoint& point : from.projection()) {
    plan.projection.push_back({FromDayNumber(point.day()), point.value()});
  }
  to.set_at = FromMs(from.set_ms());
  to.set_event = EventId{from.set_event()};
  to.first_set_at = FromMs(from.first_set_ms());
  to.first_set_event = EventId{from.first_set_event()};
}

void Write(const Goal& goal, s::CadenceGoal& to) {
  to.set_id(goal.id.raw());
  if (goal.plan) WritePlan(goal, to);
  if (goal.frozen_at) to.set_frozen_ms(ToMs(*goal.frozen_at));
  for (const Measurement& measurement : goal.measurements) {
    s::CadenceMeasurement& added = *to.add_measurements();
    added.set_at_ms(ToMs(measurement.at));
    added.set_event_id(measurement.event.raw());
    added.set_value(measurement.value);
  }
  if (goal.reviewed_at) {
    to.set_reviewed_ms(ToMs(*goal.reviewed_at));
    to.set_reviewed_by(goal.reviewed_by.raw());
  }
}

Goal Read(const s::CadenceGoal& from) {
  Goal goal;
  goal.id = GoalId{from.id()};
  if (from.set()) ReadPlan(from, goal);
  if (from.has_frozen_ms()) goal.frozen_at = FromMs(from.frozen_ms());
  for (const s::CadenceMeasurement& measurement : from.measurements()) {
    goal.measurements.push_back({FromMs(measurement.at_ms()), EventId{measurement.event_id()}, measurement.value()});
  }
  if (from.has_reviewed_ms()) {
    goal.reviewed_at = FromMs(from.reviewed_ms());
    goal.reviewed_by = EventId{from.reviewed_by()};
  }
  return goal;
}

void Write(const HeldReview& review, s::CadenceReview& to) {
  to.set_id(review.held.review.raw());
  to.set_at_ms(ToMs(review.at));
  to.set_event_id(review.event.raw());
  for (const GoalId& goal : review.held.goals) to.add_goals(goal.raw());
  for (const Attendee& attendee : review.held.attendees) {
    s::CadenceAttendee& added = *to.add_attendees();
    added.set_name(attendee.name);
    added.set_role(attendee.role);
    added.set_management(attendee.management);
  }
  for (const std::string& action : review.held.our_actions) to.add_our_actions(action);
  for (const std::string& action : review.held.their_actions) to.add_their_actions(action);
}

HeldReview Read(const s::CadenceReview& from) {
  HeldReview review;
  review.held.review = ReviewId{from.id()};
  review.at = FromMs(from.at_ms());
  review.event = EventId{from.event_id()};
  for (const std::string& goal : from.goals()) review.held.goals.emplace_back(goal);
  for (const s::CadenceAttendee& attendee : from.attendees()) {
    review.held.attendees.push_back({attendee.name(), attendee.role(), attendee.management()});
  }
  review.held.our_actions.assign(from.our_actions().begin(), from.our_actions().end());
  review.held.their_actions.assign(from.their_actions().begin(), from.their_actions().end());
  return review;
}

void Write(const Promise& promise, s::CadencePromise& to) {
  to.set_id(promise.id.raw());
  if (promise.made_at) {
    to.set_made_ms(ToMs(*promise.made_at));
    to.set_made_event(promise.made_event.raw());
    to.set_what(promise.what);
    to.set_due(ToDayNumber(promise.due));
  }
  if (promise.end == PromiseEnd::kOpen) return;
  to.set_end(static_cast<std::uint32_t>(promise.end));
  to.set_ended_ms(ToMs(promise.ended_at));
  to.set_ended_event(promise.ended_event.raw());
}

Promise Read(const s::CadencePromise& from) {
  Promise promise;
  promise.id = PromiseId{from.id()};
  if (from.has_made_ms()) promise.made_at = FromMs(from.made_ms());
  promise.made_event = EventId{from.made_event()};
  promise.what = from.what();
  promise.due = FromDayNumber(from.due());
  promise.end = static_cast<PromiseEnd>(from.end());
  promise.ended_at = FromMs(from.ended_ms());
  promise.ended_event = EventId{from.ended_event()};
  return promise;
}

void Write(const Contract& contract, s::CadenceContract& to) {
  to.set_id(contract.id.raw());
  if (contract.signed_as) {
    to.set_signed_(true);
    Write(contract.signed_as->value, *to.mutable_value());
    to.set_start(ToDayNumber(contract.signed_as->start));
    to.set_end(ToDayNumber(contract.signed_as->end));
    to.set_auto_renew(contract.signed_as->auto_renew);
    to.set_signed_ms(ToMs(contract.signed_at));
    to.set_signed_event(contract.signed_event.raw());
  }
  for (const Renewal& renewal : contract.renewals) {
    s::CadenceRenewal& added = *to.add_renewals();
    added.set_at_ms(ToMs(renewal.at));
    added.set_event_id(renewal.event.raw());
    added.set_end(ToDayNumber(renewal.end));
    if (renewal.value) Write(*renewal.value, *added.mutable_value());
  }
  if (contract.ended_at) to.set_ended_ms(ToMs(*contract.ended_at));
  if (contract.end_reason) to.set_end_reason(*contract.end_reason);
  if (contract.told_end) to.set_told_end(ToDayNumber(*contract.told_end));
  to.set_told(contract.told);
}

Contract Read(const s::CadenceContract& from) {
  Contract contract;
  contract.id = ContractId{from.id()};
  if (from.signed_()) {
    contract.signed_as = ContractSigned{contract.id, Read(from.value()), FromDayNumber(from.start()),
                                        FromDayNumber(from.end()), from.auto_renew()};
    contract.signed_at = FromMs(from.signed_ms());
    contract.signed_event = EventId{from.signed_event()};
  }
  for (const s::CadenceRenewal& renewal : from.renewals()) {
    Renewal& added = contract.renewals.emplace_back();
    added = {FromMs(renewal.at_ms()), EventId{renewal.event_id()}, FromDayNumber(renewal.end()), {}};
    if (renewal.has_value()) added.value = Read(renewal.value());
  }
  if (from.has_ended_ms()) contract.ended_at = FromMs(from.ended_ms());
  if (from.has_end_reason()) contract.end_reason = from.end_reason();
  if (from.has_told_end()) contract.told_end = FromDayNumber(from.told_end());
  contract.told = from.told();
  return contract;
}

}  // namespace

std::string Encode(const Agreements& agreements) {
  s::CadenceAgreements proto;
  for (const Goal& goal : agreements.goals) Write(goal, *proto.add_goals());
  if (const auto& open = agreements.open_review) {
    s::CadenceOpenReview& review = *proto.mutable_open_review();
    review.set_due(ToDayNumber(open->due));
    review.set_cause(open->cause.raw());
    review.set_opened_ms(ToMs(open->opened_at));
    if (open->overdue_since) review.set_overdue_ms(ToMs(*open->overdue_since));
  }
  for (const HeldReview& review : agreements.reviews) Write(review, *proto.add_reviews());
  for (const Promise& promise : agreements.promises) Write(promise, *proto.add_promises());
  for (const Contract& contract : agreements.contracts) Write(contract, *proto.add_contracts());
  return proto.SerializeAsString();
}

Result<Agreements> DecodeAgreements(std::string_view bytes) {
  s::CadenceAgreements proto;
  MAINSTAY_TRY(Parse(bytes, "agreements", proto));
  Agreements agreements;
  for (const s::CadenceGoal& goal : proto.goals()) agreements.goals.push_back(Read(goal));
  if (proto.has_open_review()) {
    const s::CadenceOpenReview& open = proto.open_review();
    agreements.open_review = OpenReview{FromDayNumber(open.due()), EventId{open.cause()}, FromMs(open.opened_ms()), {}};
    if (open.has_overdue_ms()) agreements.open_review->overdue_since = FromMs(open.overdue_ms());
  }
  for (const s::CadenceReview& review : proto.reviews()) agreements.reviews.push_back(Read(review));
  for (const s::CadencePromise& promise : proto.promises()) agreements.promises.push_back(Read(promise));
  for (const s::CadenceContract& contract : proto.contracts()) agreements.contracts.push_back(Read(contract));
  return agreements;
}

}  // namespace mainstay::cadence
