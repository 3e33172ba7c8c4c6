#include "agreements.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include "mainstay/base/hash.h"
#include "state.h"

namespace mainstay::cadence {
namespace {

void Sooner(std::optional<Instant>& next, const std::optional<Instant>& at) {
  if (at && (!next || *at < *next)) next = at;
}

// A review that was reported late was held in time, so it was never missed.
void EndMissed(const EndedReview& ended, std::vector<risk::MissedReview>& missed) {
  const auto mine = [&](const risk::MissedReview& entry) {
    return !entry.behind_plan && !entry.held_at && entry.event == ended.review.cause;
  };
  if (ended.at <= *ended.review.overdue_since) {
    std::erase_if(missed, mine);
    return;
  }
  for (risk::MissedReview& entry : missed) {
    if (mine(entry)) entry.held_at = ended.at;
  }
}

void DecideReviews(Agreements& agreements, const Situation& situation, Tier tier, Instant quiet_before,
                   std::vector<risk::MissedReview>& missed, AgreementDecision& decision) {
  const bool was_overdue = agreements.open_review && agreements.open_review->overdue_since;
  ReviewDecision review = DecideReview(agreements.open_review, agreements.goals, tier, situation);
  if (review.ended) EndMissed(*review.ended, missed);
  Sooner(decision.next_timer, review.next_timer);
  for (ReviewFact& fact : review.facts) {
    const bool overdue = std::holds_alternative<ReviewBecameOverdue>(fact);
    const Instant since = overdue ? *review.next->overdue_since : situation.zone.StartOfDay(review.next->due);
    if (since < quiet_before) continue;
    const std::string opened = std::to_string(ToMs(review.next->opened_at));
    EventId id{HashParts({situation.book.raw(), situation.client.raw(), overdue ? "review-overdue" : "review-due",
                          review.next->cause.raw(), opened})
                   .Hex()};
    OutEventData data;
    std::visit([&](auto& alternative) { data = std::move(alternative); }, fact);
    decision.facts.push_back({std::move(id), std::move(data)});
  }
  const bool newly = review.next && review.next->overdue_since && (!was_overdue || review.ended);
  if (newly) missed.push_back({review.next->cause, *review.next->overdue_since, {}, false});
  agreements.open_review = std::move(review.next);
}

void DecideContracts(Agreements& agreements, const Situation& situation, Instant quiet_before,
                     AgreementDecision& decision) {
  for (Contract& contract : agreements.contracts) {
    ContractDecision renewal = DecideContract(contract, situation);
    Sooner(decision.next_timer, renewal.next_timer);
    contract = std::move(renewal.next);
    if (!renewal.fact || *renewal.fact_since < quiet_before) continue;
    EventId id{HashParts({situation.book.raw(), situation.client.raw(), "renewal", contract.id.raw(),
                          FormatDay(contract.end()), std::to_string(contract.told), contract.agreed_by().raw()})
                   .Hex()};
    decision.facts.push_back({std::move(id), std::move(*renewal.fact)});
  }
}

}  // namespace

bool HeldReview::with_management() const {
  return std::any_of(held.attendees.begin(), held.attendees.end(),
                     [](const Attendee& attendee) { return attendee.management; });
}

Result<Agreements> LoadAgreements(stream::Context& context, const BookId& book, const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kAgreements, ClientKey(book, client)));
  return bytes ? DecodeAgreements(*bytes) : Agreements{};
}

Result<void> StoreAgreements(stream::Context& context, const BookId& book, const ClientId& client,
                             const Agreements& agreements) {
  const std::string key = ClientKey(book, client);
  std::string bytes = Encode(agreements);
  MAINSTAY_TRY_ASSIGN(known, context.Get(kAgreements, key));
  if (known != bytes) context.Put(kAgreements, key, std::move(bytes));
  return {};
}

std::vector<RunningContract> RunningContracts(const std::vector<Contract>& contracts) {
  constexpr std::size_t kMost = 16;
  std::vector<RunningContract> running;
  for (const Contract& contract : contracts) {
    if (!contract.signed_as || StatusOf(contract, contract.end()) == ContractStatus::kEnded) continue;
    const std::vector<Renewal>& renewals = contract.renewals;
    const Day before = renewals.empty()      ? contract.signed_as->start - std::chrono::days{1}
                       : renewals.size() > 1 ? (renewals.end() - 2)->end
                                             : contract.signed_as->end;
    const std::int64_t term = std::max<std::int64_t>(1, (contract.end() - before).count());
    running.push_back({contract.agreed_by(), contract.end(), static_cast<std::int64_t>(renewals.size()), term});
  }
  std::sort(running.begin(), running.end(), [](const RunningContract& a, const RunningContract& b) {
    return std::tie(a.end, a.event) < std::tie(b.end, b.event);
  });
  if (running.size() > kMost) running.erase(running.begin(), running.end() - kMost);
  return running;
}

void MergeAgreements(Agreements from, Agreements& into) {
  const auto add = [](auto& entries, auto& more) {
    const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
    for (auto& entry : more) {
      const auto place = std::lower_bound(entries.begin(), entries.end(), entry, by_id);
      if (place == entries.end() || place->id != entry.id) entries.insert(place, std::move(entry));
    }
  };
  add(into.goals, from.goals);
  add(into.promises, from.promises);
  add(into.contracts, from.contracts);
  if (!into.open_review) into.open_review = std::move(from.open_review);
  for (HeldReview& review : from.reviews) {
    const auto same = [&](const HeldReview& known) { return known.held.review == review.held.review; };
    if (std::none_of(into.reviews.begin(), into.reviews.end(), same)) into.reviews.push_back(std::move(review));
  }
  std::sort(into.reviews.begin(), into.reviews.end(),
            [](const HeldReview& a, const HeldReview& b) { return std::tie(a.at, a.event) < std::tie(b.at, b.event); });
}

AgreementDecision Decide(Agreements agreements, const Situation& situation, Tier tier, Instant quiet_before,
                         std::vector<risk::MissedReview>& missed) {
  AgreementDecision decision;
  std::erase_if(missed, [](const risk::MissedReview& entry) { return entry.behind_plan; });
  for (const Goal& goal : agreements.goals) {
    for (const BehindSpan& span : BehindPlan(goal, situation.zone)) {
      missed.push_back({span.event, span.from, span.until, true});
    }
  }
  DecideReviews(agreements, situation, tier, quiet_before, missed, decision);
  if (tier != Tier::kNone) DecideContracts(agreements, situation, quiet_before, decision);
  decision.next = std::move(agreements);
  return decision;
}

}  // namespace mainstay::cadence
