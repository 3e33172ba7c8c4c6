// Contracts, referrals, deals, offers; goals, reviews, promises, potential; merges and erasures.
#include <algorithm>

#include "story.h"

namespace mainstay::demo {
namespace {

using std::chrono::days;

void TellContract(Pen& pen, const Story& story) {
  const ContractId id{pen.Natural("contract")};
  const Day start = std::max(story.first_order, kFirstDay);
  const Day end = start + days{365};
  pen.Write(kCrm, start, story, ContractSigned{id, Pounds(20'000), start, end, false});
  if (story.number % 30 == 0) {
    pen.Write(kCrm, end - days{20}, story, ContractRenewed{id, end + days{365}, Pounds(22'000)});
  } else if (story.number % 30 == 10) {
    pen.Write(kCrm, end, story, ContractEnded{id, "not renewed"});
  }
}

void TellReferral(Pen& pen, const Story& story) {
  const ReferralId id{pen.Natural("referral")};
  const Day day = pen.SomeDay(kFirstTouchDay, kLastDay - days{60});
  pen.Write(kCrm, day, story, ReferralGiven{id, "a neighbour of " + story.name, Pounds(4'000)});
  if (story.number % 30 == 14) {
    pen.Write(kCrm, day + days{40}, story, ReferralWon{id, std::nullopt, Pounds(5'000)});
  } else if (story.number % 30 == 29) {
    pen.Write(kCrm, day + days{40}, story, ReferralLost{id, "no budget this year"});
  }
}

void TellDeal(Pen& pen, const Story& story) {
  Deal deal{DealId{pen.Natural("deal")}, LeadSource::kReferral, Pounds(6'000), true, 45};
  if (story.number % 4 == 0) deal.lead_source = LeadSource::kCampaign;
  const Day day = pen.SomeDay(kFirstTouchDay, kLastDay - days{45});
  pen.Write(kCrm, day, story, DealOpened{deal});
  if (story.number % 2 == 0) {
    pen.Write(kCrm, day + days{30}, story, DealWon{deal});
  } else {
    pen.Write(kCrm, day + days{30}, story, DealLost{deal});
  }
}

void TellPromises(Pen& pen, const Story& story, Day from) {
  for (int i = 0; i < 3; ++i) {
    const PromiseId id{pen.Natural("promise")};
    const Day due = from + days{30 + 20 * i};
    pen.Write(kCrm, from, story, PromiseMade{id, "a visit by an engineer", due});
    const int outcome = (story.number / 12 + i) % 4;
    if (outcome == 0) pen.Write(kCrm, due - days{2}, story, PromiseKept{id});
    if (outcome == 1) pen.Write(kCrm, due - days{8}, story, PromiseExceeded{id});
    if (outcome == 2) pen.Write(kCrm, due + days{3}, story, PromiseBroken{id});
  }
}

void TellGoal(Pen& pen, const Story& story) {
  const Day start = std::max(story.first_order, kFirstTouchDay);
  GoalSet goal;
  goal.goal = GoalId{pen.Natural("goal")};
  goal.title = "fewer hours of standstill";
  goal.unit = "hours a month";
  goal.baseline = 20;
  goal.target = 4;
  goal.target_date = kLastDay + days{180};
  goal.projection = {{start + days{90}, 15}, {start + days{180}, 11}, {start + days{270}, 7}};
  pen.Write(kCrm, start, story, goal);
  for (int quarter = 1; quarter <= 3; ++quarter) {
    const Day day = start + days{90 * quarter};
    const double value = 20.0 - 3.0 * quarter + static_cast<double>(pen.Below(5));
    pen.Write(kCrm, day, story, GoalMeasured{goal.goal, value});
    ReviewHeld review;
    review.review = ReviewId{pen.Natural("review")};
    review.goals = {goal.goal};
    review.attendees = {{"Robin Lane", "director", pen.Below(3) != 0}, {"Kim Frost", "engineer", false}};
    review.our_actions = {"replace the oldest machines"};
    review.their_actions = {"name a night contact"};
    pen.Write(kCrm, day + days{2}, story, review);
  }
  TellPromises(pen, story, start + days{20});
}

}  // namespace

void TellRelation(Pen& pen, const Story& story) {
  if (story.number % 10 == 0) TellContract(pen, story);
  if (story.number % 15 == 14) TellReferral(pen, story);
  if (story.number % 11 == 3) TellDeal(pen, story);
  if (story.number % 6 == 5) {
    const ProductId& product = Catalogue()[pen.Below(Catalogue().size())];
    pen.Write(kCrm, pen.SomeDay(kFirstTouchDay, kLastDay), story, OfferMade{OfferId{pen.Natural("offer")}, {product}});
  }
  if (story.number % 14 == 6) {
    pen.Write("mailing", kFirstDay + days{430}, story,
              CampaignReplied{CampaignId{"autumn"}, story.contact, "please call me"});
  }
  if (story.number % 5 == 2) {
    pen.Write("mailing", kFirstDay + days{250}, story,
              ConsentChanged{story.contact, ConsentChannel::kEmail, story.number % 20 != 2});
  }
  if (story.number == 187) {  // The same client, once entered under a second name.
    const ClientId twin{story.id.raw() + "-old"};
    pen.Write(kCrm, pen.Hour(kFirstDay + days{100}), twin,
              CompetitorCalled{std::nullopt, std::nullopt, "entered under the wrong name"});
    pen.Write(kCrm, pen.Hour(kFirstDay + days{120}), twin, ClientMerged{story.id});
  }
  if (story.erased_on) pen.Write(kCrm, pen.Hour(*story.erased_on), story.id, ClientErased{});
}

void TellSuccess(Pen& pen, const Story& story) {
  if (story.number % 12 == 0) TellGoal(pen, story);
  if (story.number % 9 == 0) {
    PotentialAssessed potential;
    potential.horizon_years = 10;
    for (const ProductId& product : Catalogue()) {
      if (pen.OneIn(3)) {
        potential.cells.push_back({product, story.departments.front().id, std::nullopt,
                                   Pounds(500 + static_cast<std::int64_t>(pen.Below(4'000)))});
      }
    }
    if (!potential.cells.empty()) {
      pen.Write(kCrm, pen.SomeDay(kFirstTouchDay, kLastDay - days{30}), story, std::move(potential));
    }
  }
}

}  // namespace mainstay::demo
