#include "fold_agreements.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include "agreements.h"

namespace mainstay::cadence {
namespace {

constexpr Folded kSeen{true, false};

// The entry with this id, made where it belongs if there is none.
template <class Entry, class Id>
Result<Entry*> EntryOf(std::vector<Entry>& entries, const Id& id, const char* what) {
  const auto place = std::lower_bound(entries.begin(), entries.end(), id,
                                      [](const Entry& entry, const Id& i) { return entry.id < i; });
  if (place != entries.end() && place->id == id) return &*place;
  if (entries.size() >= kMostGoals) {
    return InvalidField(std::string("data.") + what + "Id",
                        "the client has " + std::to_string(kMostGoals) + " of these already");
  }
  Entry entry;
  entry.id = id;
  return &*entries.insert(place, std::move(entry));
}

tl::unexpected<Error> Conflict(const char* what, const std::string& id, const std::string& why) {
  return tl::unexpected(Error{ErrorCode::kAlreadyExists, Recovery::kStopTask,
                              std::string(what) + " " + id + " " + why + "; give the other one another id",
                              std::string("data.") + what + "Id"});
}

class Fold {
 public:
  Fold(Agreements& agreements, const InEvent& event) : agreements_(agreements), event_(event) {}

  Result<Folded> operator()(const GoalSet& plan) {
    MAINSTAY_TRY_ASSIGN(goal, EntryOf(agreements_.goals, plan.goal, "goal"));
    switch (SetGoal(*goal, plan, event_.time, event_.id)) {
      case GoalAnswer::kAlreadySeen: return kSeen;
      case GoalAnswer::kFrozen:
        return Conflict("goal", plan.goal.raw(),
                        "is frozen since " + FormatInstant(*goal->frozen_at) + ", its plan can no longer change");
      case GoalAnswer::kTaken:
      case GoalAnswer::kOlder: break;
    }
    return Folded{};
  }

  Result<Folded> operator()(const GoalMeasured& measured) {
    MAINSTAY_TRY_ASSIGN(goal, EntryOf(agreements_.goals, measured.goal, "goal"));
    return Measure(*goal, {event_.time, event_.id, measured.value}) ? Folded{} : kSeen;
  }

  // Without goals named it is about all that the client has.
  Result<Folded> operator()(const ReviewHeld& held) {
    std::vector<HeldReview>& reviews = agreements_.reviews;
    for (const HeldReview& known : reviews) {
      if (known.held.review != held.review) continue;
      if (known.held == held && known.at == event_.time) return kSeen;
      return Conflict("review", held.review.raw(), "is known with other content");
    }
    HeldReview review{held, event_.time, event_.id};
    std::vector<GoalId> goals = held.goals;
    if (goals.empty()) {
      for (const Goal& goal : agreements_.goals) goals.push_back(goal.id);
    }
    for (const GoalId& id : goals) {
      MAINSTAY_TRY_ASSIGN(goal, EntryOf(agreements_.goals, id, "goal"));
      Review(*goal, event_.time, event_.id, review.with_management());
    }
    const auto place = std::find_if(reviews.begin(), reviews.end(), [&](const HeldReview& other) {
      return std::tie(other.at, other.event) > std::tie(review.at, review.event);
    });
    reviews.insert(place, std::move(review));
    if (reviews.size() > kKeptReviews) reviews.erase(reviews.begin());
    return Folded{};
  }

  Result<Folded> operator()(const PromiseMade& made) {
    Promise& promise = PromiseOf(made.promise);
    if (promise.made_at) {
      const bool same = promise.what == made.what && promise.due == made.due && *promise.made_at == event_.time;
      return same ? Result<Folded>(kSeen) : Conflict("promise", made.promise.raw(), "is known with other content");
    }
    promise.made_at = event_.time;
    promise.made_event = event_.id;
    promise.what = made.what;
    promise.due = made.due;
    return Folded{};
  }
  Result<Folded> operator()(const PromiseKept& kept) { return EndPromise(kept.promise, PromiseEnd::kKept); }
  Result<Folded> operator()(const PromiseExceeded& kept) { return EndPromise(kept.promise, PromiseEnd::kExceeded); }
  Result<Folded> operator()(const PromiseBroken& broken) { return EndPromise(broken.promise, PromiseEnd::kBroken); }

  Result<Folded> operator()(const ContractSigned& contract_signed) {
    MAINSTAY_TRY_ASSIGN(contract, EntryOf(agreements_.contracts, contract_signed.contract, "contract"));
    if (contract->signed_as) {
      if (*contract->signed_as == contract_signed && contract->signed_at == event_.time) return kSeen;
      return Conflict("contract", contract_signed.contract.raw(), "is known with other content");
    }
    contract->signed_as = contract_signed;
    contract->signed_at = event_.time;
    contract->signed_event = event_.id;
    return Folded{};
  }
  Result<Folded> operator()(const ContractRenewed& renewed) {
    MAINSTAY_TRY_ASSIGN(contract, EntryOf(agreements_.contracts, renewed.contract, "contract"));
    if (contract->signed_as && renewed.end < contract->signed_as->start) {
      return InvalidField("data.end", "the contract would end before it began");
    }
    return Renew(*contract, {event_.time, event_.id, renewed.end, renewed.value}) ? Folded{} : kSeen;
  }
  Result<Folded> operator()(const ContractEnded& ended) {
    MAINSTAY_TRY_ASSIGN(contract, EntryOf(agreements_.contracts, ended.contract, "contract"));
    return End(*contract, event_.time, ended.reason) ? Folded{} : kSeen;
  }

  template <class Other>
  Result<Folded> operator()(const Other&) {
    return Folded{};
  }

 private:
  // The promise with this id; where there are too many the oldest makes room.
  Promise& PromiseOf(const PromiseId& id) {
    std::vector<Promise>& promises = agreements_.promises;
    const auto find = [&] {
      return std::lower_bound(promises.begin(), promises.end(), id,
                              [](const Promise& promise, const PromiseId& i) { return promise.id < i; });
    };
    if (const auto known = find(); known != promises.end() && known->id == id) return *known;
    if (promises.size() >= kKeptPromises) {
      promises.erase(std::min_element(promises.begin(), promises.end(), [](const Promise& a, const Promise& b) {
        return std::tuple(a.made_at.value_or(a.ended_at), a.id) < std::tuple(b.made_at.value_or(b.ended_at), b.id);
      }));
    }
    Promise promise;
    promise.id = id;
    return *promises.insert(find(), std::move(promise));
  }

  Result<Folded> EndPromise(const PromiseId& id, PromiseEnd end) {
    Promise& promise = PromiseOf(id);
    const bool later = std::tie(event_.time, event_.id) >= std::tie(promise.ended_at, promise.ended_event);
    if (promise.end != PromiseEnd::kOpen && later) return kSeen;
    promise.end = end;
    promise.ended_at = event_.time;
    promise.ended_event = event_.id;
    return Folded{};
  }

  Agreements& agreements_;
  const InEvent& event_;
};

template <class... Events>
bool IsAnyOf(const InEventData& data) {
  return (std::holds_alternative<Events>(data) || ...);
}

}  // namespace

Result<Folded> FoldAgreements(stream::Context& context, const BookId& book, const InEvent& event,
                              ClientRecord& client) {
  const bool mine = IsAnyOf<GoalSet, GoalMeasured, ReviewHeld, PromiseMade, PromiseKept, PromiseExceeded, PromiseBroken,
                            ContractSigned, ContractRenewed, ContractEnded>(event.data);
  if (!mine) return Folded{};
  MAINSTAY_TRY_ASSIGN(agreements, LoadAgreements(context, book, *event.client));
  MAINSTAY_TRY_ASSIGN(folded, std::visit(Fold(agreements, event), event.data));
  if (folded.already_seen) return folded;
  client.has_agreements = true;
  client.contracts = RunningContracts(agreements.contracts);
  MAINSTAY_TRY(StoreAgreements(context, book, *event.client, agreements));
  return folded;
}

}  // namespace mainstay::cadence
