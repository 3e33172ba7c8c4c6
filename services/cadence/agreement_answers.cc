#include "agreement_answers.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "list_answers.h"
#include "mainstay/cadence/contracts.h"
#include "mainstay/cadence/reviews.h"

namespace mainstay::cadence {
namespace {

namespace q = query::v1;

const char* GoalStatusName(GoalStatus status) {
  switch (status) {
    case GoalStatus::kDraft: return "draft";
    case GoalStatus::kClosed: return "closed";
    case GoalStatus::kActive: break;
  }
  return "active";
}

void FillGoal(const BookReading& reading, const KnownClient& client, const Goal& goal, q::GoalRow& out) {
  const GoalSet& plan = *goal.plan;
  out.set_client(client.id.raw());
  out.set_goal(goal.id.raw());
  out.set_title(plan.title);
  out.set_unit(plan.unit);
  out.set_status(GoalStatusName(StatusOf(goal, client.zone)));
  out.set_baseline(plan.baseline);
  out.set_target(plan.target);
  out.set_target_date(FormatDay(plan.target_date));
  out.set_projected_today(Projected(goal, client.zone.LocalDay(reading.view.at), client.zone));
  if (goal.frozen_at) out.set_frozen_at(FormatInstant(*goal.frozen_at));
  if (goal.reviewed_at) out.set_reviewed_at(FormatInstant(*goal.reviewed_at));
  if (goal.measurements.empty()) return;
  const Measurement& newest = goal.measurements.back();
  const GoalStanding standing = StandingOf(goal, newest, client.zone);
  out.set_measured(newest.value);
  out.set_measured_at(FormatInstant(newest.at));
  out.set_projected(standing.projected);
  if (standing.progress) out.set_progress(*standing.progress);
  out.set_behind_plan(standing.behind);
}

void FillPromises(const std::vector<Promise>& promises, q::ClientReviews& out) {
  q::PromiseCounts& counts = *out.mutable_promises();
  std::vector<const Promise*> open;
  for (const Promise& promise : promises) {
    if (promise.made_at) counts.set_made(counts.made() + 1);
    switch (promise.end) {
      case PromiseEnd::kKept: counts.set_kept(counts.kept() + 1); break;
      case PromiseEnd::kExceeded: counts.set_exceeded(counts.exceeded() + 1); break;
      case PromiseEnd::kBroken: counts.set_broken(counts.broken() + 1); break;
      case PromiseEnd::kOpen: open.push_back(&promise); break;
    }
  }
  counts.set_open(static_cast<std::int64_t>(open.size()));
  std::stable_sort(open.begin(), open.end(), [](const Promise* a, const Promise* b) { return a->due < b->due; });
  for (const Promise* promise : open) {
    q::OpenPromise& row = *out.add_open_promises();
    row.set_promise(promise->id.raw());
    row.set_what(promise->what);
    row.set_due(FormatDay(promise->due));
  }
}

void FillReviews(const BookReading& reading, const KnownClient& client, const Agreements& agreements,
                 q::ClientReviews& out) {
  const Tier tier = client.record.plan.tier;
  out.set_client(client.id.raw());
  out.set_tier(std::string(TierName(tier)));
  if (const auto& open = agreements.open_review) {
    out.set_due(true);
    out.set_next_due(FormatDay(open->due));
    if (open->overdue_since) out.set_overdue_since(FormatDay(client.zone.LocalDay(*open->overdue_since)));
  } else if (tier != Tier::kNone) {
    const auto next = NextReview(agreements.goals, tier, client.zone, reading.book.record.calendar);
    if (next) out.set_next_due(FormatDay(next->due));
  }
  for (auto review = agreements.reviews.rbegin(); review != agreements.reviews.rend(); ++review) {
    q::HeldReview& row = *out.add_held();
    row.set_review(review->held.review.raw());
    row.set_held_at(FormatInstant(review->at));
    row.set_with_management(review->with_management());
    for (const GoalId& goal : review->held.goals) row.add_goals(goal.raw());
    for (const Attendee& attendee : review->held.attendees) row.add_attendees(attendee.name);
    for (const std::string& action : review->held.our_actions) row.add_our_actions(action);
    for (const std::string& action : review->held.their_actions) row.add_their_actions(action);
  }
  FillPromises(agreements.promises, out);
}

void FillRenewal(const KnownClient& client, const Contract& contract, Day today, q::RenewalRow& out) {
  out.set_client(client.id.raw());
  out.set_contract(contract.id.raw());
  out.set_tier(std::string(TierName(client.record.plan.tier)));
  out.set_owner(OwnerOf(client.record));
  const MoneyAmount value = contract.value();
  door::SetMoney(value.money, value.currency, *out.mutable_value());
  out.set_start(FormatDay(contract.signed_as->start));
  out.set_end(FormatDay(contract.end()));
  out.set_days_left((contract.end() - today).count());
  out.set_status(std::string(ContractStatusName(StatusOf(contract, today))));
  out.set_renewals(static_cast<std::int64_t>(contract.renewals.size()));
  for (const int days : kRenewalCheckpoints) {
    if (out.days_left() <= days) out.set_checkpoint(days);
  }
  if (contract.end_reason) out.set_end_reason(*contract.end_reason);
}

}  // namespace

Result<Agreements> AgreementsOf(const BookReading& reading, const KnownClient& client) {
  if (!client.record.has_agreements) return Agreements{};
  MAINSTAY_TRY_ASSIGN(bytes, reading.view.snapshot->Get(kAgreements, ClientKey(reading.book.id, client.id)));
  return bytes ? DecodeAgreements(*bytes) : Agreements{};
}

Result<void> FillGoals(const BookReading& reading, const q::ListGoalsRequest& request, q::ListGoalsResponse& out) {
  std::vector<KnownClient> clients;
  if (request.client().empty()) {
    MAINSTAY_TRY_ASSIGN(all, ReadClients(reading));
    clients = std::move(all);
  } else {
    MAINSTAY_TRY_ASSIGN(one, ReadClient(reading, request.client()));
    clients.push_back(std::move(one));
  }
  for (const KnownClient& client : clients) {
    MAINSTAY_TRY_ASSIGN(agreements, AgreementsOf(reading, client));
    bool any = !agreements.promises.empty() || !agreements.reviews.empty();
    for (const Goal& goal : agreements.goals) {
      if (!goal.plan) continue;
      FillGoal(reading, client, goal, *out.add_rows());
      any = true;
    }
    if (!any && request.client().empty()) continue;
    FillReviews(reading, client, agreements, *out.add_reviews());
    if (!request.client().empty()) {
      MAINSTAY_TRY(FillValueProof(reading, client.id, *out.mutable_reviews()->Mutable(out.reviews_size() - 1)));
    }
  }
  return {};
}

Result<void> FillRenewals(const BookReading& reading, const q::ListRenewalsRequest& request,
                          q::ListRenewalsResponse& out) {
  if (request.within_days() < 0) return InvalidField("within_days", "it must be 0 or more");
  const std::int64_t within = request.within_days() == 0 ? kRenewalCheckpoints.front() : request.within_days();
  MAINSTAY_TRY_ASSIGN(clients, ReadClients(reading));
  std::vector<q::RenewalRow> rows;
  for (const KnownClient& client : clients) {
    MAINSTAY_TRY_ASSIGN(agreements, AgreementsOf(reading, client));
    const Day today = client.zone.LocalDay(reading.view.at);
    for (const Contract& contract : agreements.contracts) {
      if (!contract.signed_as) continue;
      const ContractStatus status = StatusOf(contract, today);
      const bool runs = status == ContractStatus::kOpen || status == ContractStatus::kAutoRenews;
      const bool soon = runs && (contract.end() - today).count() <= within && !client.record.plan.lost;
      if (request.all() || soon) FillRenewal(client, contract, today, rows.emplace_back());
    }
  }
  std::sort(rows.begin(), rows.end(), [](const q::RenewalRow& a, const q::RenewalRow& b) {
    return std::tie(a.end(), a.client(), a.contract()) < std::tie(b.end(), b.client(), b.contract());
  });
  for (q::RenewalRow& row : rows) out.add_rows()->Swap(&row);
  return {};
}

}  // namespace mainstay::cadence
