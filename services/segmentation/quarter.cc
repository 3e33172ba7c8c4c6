#include "quarter.h"

#include <chrono>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/segmentation/capacity.h"
#include "mainstay/segmentation/review.h"
#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/wire/out_event.h"
#include "rep_minutes.h"
#include "whole_client.h"

namespace mainstay::segmentation {
namespace {

using stream::JoinKey;

template <class Proto>
Result<Proto> Read(stream::Context& context, stream::TableId table, const std::string& key) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(table, key));
  Proto proto;
  if (bytes && !proto.ParseFromString(*bytes)) return Fail(ErrorCode::kDataLoss, "a stored quarter is damaged");
  return proto;
}

// The book as a whole when the quarter ended; what came and went is added client by client.
Result<void> KeepBook(BookWork& work, const std::string& quarter) {
  MAINSTAY_TRY_ASSIGN(live, work.Rankings());
  const RankTree& ranking = live->index().ranking();
  const std::size_t above = ranking.CountUntilShare(80);
  state::v1::SegmentationQuarter proto;
  proto.set_clients(static_cast<std::int64_t>(ranking.size()));
  proto.set_revenue_units(ClampedMoney(ranking.total()).units());
  proto.set_line_80_clients(static_cast<std::int64_t>(above));
  proto.set_above_line_units(ClampedMoney(ranking.SumBefore(above)).units());
  work.context().Put(kQuarters, JoinKey({work.id().raw(), quarter}), proto.SerializeAsString());
  return {};
}

// One for each client and quarter, so that a decision finds its proposal.
ReviewId ReviewOf(const BookWork& work, const std::string& quarter, const ClientId& client) {
  return ReviewId{HashParts({"review", work.id().raw(), quarter, client.raw()}).Hex()};
}

// The newest of each `what` stays on the compacted topic, beside the client's segment.
void Tell(BookWork& work, const ClientId& client, std::string_view what, std::string_view cause, OutEventData data) {
  if (work.book().phase.importing) return;
  const EventId event{HashParts({"review", work.id().raw(), client.raw(), what, cause}).Hex()};
  work.context().Emit(kSegmentsOutput, ReviewKey(work.id(), client, what),
                      wire::EncodeOutEvent({event, work.context().Now(), work.id(), client, std::move(data)}));
}

Result<void> Propose(BookWork& work, const std::string& quarter, const ClientId& id, const ClientRecord& client,
                     std::size_t rank) {
  MAINSTAY_TRY_ASSIGN(live, work.Rankings());
  const std::size_t clients = live->index().ranking().size();
  const PolicyValues& policy = work.book().values;
  MAINSTAY_TRY_ASSIGN(shielded, work.context().Get(kProtected, work.ClientKey(id)));
  const ReviewFacts facts{rank, client.grace_until(policy), shielded.has_value(), client.is_served()};
  if (!ProposesLowerService(facts, clients, work.context().Now(), policy)) return {};
  state::v1::SegmentationReview proto;
  proto.set_proposal("lower_service");
  proto.set_reason("rank " + std::to_string(rank + 1) + " of " + std::to_string(clients) + ", in the bottom " +
                   std::to_string(std::lround(policy.review_share * 100)) + " % by revenue");
  proto.set_revenue_units(client.window.trailing.units());
  work.context().Put(kReviews, JoinKey({work.id().raw(), quarter, id.raw()}), proto.SerializeAsString());
  Tell(work, id, kProposed, quarter,
       ReviewProposed{ReviewOf(work, quarter, id), quarter, proto.proposal(), proto.reason()});
  return {};
}

Result<void> AddCall(BookWork& work, const ClientRecord& client, state::v1::SegmentationQuarter& sums) {
  stream::Context& context = work.context();
  const Tier cadence = client.CadenceOf(client.tier.tier, context.Now());
  if (cadence == Tier::kNone) return {};
  const int index = static_cast<int>(cadence) - static_cast<int>(Tier::kA);
  sums.set_cadences(index, sums.cadences(index) + 1);
  const auto caller = CallerOf(client, cadence);
  if (!caller) return {};
  const std::string key = JoinKey({work.id().raw(), *caller});
  MAINSTAY_TRY_ASSIGN(known, context.Get(kCallers, key));
  if (!known) context.Put(kCallers, key, {});
  return {};
}

// When all clients were gone through: how many the reps could have served.
Result<void> KeepSlots(BookWork& work, state::v1::SegmentationQuarter& sums) {
  stream::Context& context = work.context();
  const std::string prefix = work.id().raw() + '\0';
  MAINSTAY_TRY_ASSIGN(reps, ReadReps(context, work.id()));
  std::set<std::string> owners;
  MAINSTAY_TRY(context.Scan(kCallers, prefix, {}, [&](std::string_view key, std::string_view) {
    owners.emplace(key.substr(prefix.size()));
    return true;
  }));
  for (const std::string& owner : owners) context.Erase(kCallers, prefix + owner);
  const TierCounts counts{sums.cadences(0), sums.cadences(1), sums.cadences(2)};
  sums.set_slots(SlotsFor(MinutesOf(reps, owners).per_week, counts, work.book().values).value_or(0));
  return {};
}

Result<void> KeepClient(BookWork& work, const std::string& quarter, state::v1::SegmentationQuarter& sums,
                        const ClientId& id, const ClientRecord& client) {
  stream::Context& context = work.context();
  MAINSTAY_TRY_ASSIGN(live, work.Rankings());
  MAINSTAY_TRY(AddCall(work, client, sums));
  const std::string before_key = JoinKey({work.id().raw(), id.raw(), QuarterBefore(quarter)});
  MAINSTAY_TRY_ASSIGN(before, context.Get(kRanks, before_key));
  const auto rank = live->index().RankOf(id, client.window.trailing);
  if (!rank) {
    if (!before) return {};
    MAINSTAY_TRY_ASSIGN(then, Read<state::v1::SegmentationRank>(context, kRanks, before_key));
    sums.set_gone_clients(sums.gone_clients() + 1);
    sums.set_gone_units(ClampedMoney(RevenueSum{sums.gone_units()} + then.revenue_units()).units());
    return {};
  }
  if (!before) {
    sums.set_new_clients(sums.new_clients() + 1);
    sums.set_new_units(ClampedMoney(RevenueSum{sums.new_units()} + client.window.trailing.units()).units());
  }
  state::v1::SegmentationRank proto;
  proto.set_rank(static_cast<std::int64_t>(*rank) + 1);
  proto.set_revenue_units(client.window.trailing.units());
  proto.set_tier(static_cast<std::uint32_t>(client.tier.tier));
  context.Put(kRanks, JoinKey({work.id().raw(), id.raw(), quarter}), proto.SerializeAsString());
  return Propose(work, quarter, id, client, *rank);
}

}  // namespace

std::string QuarterOf(Day day) {
  const std::chrono::year_month_day date{day};
  const unsigned quarter = (static_cast<unsigned>(date.month()) - 1) / 3 + 1;
  std::string year = std::to_string(static_cast<int>(date.year()));
  return year + "-Q" + std::to_string(quarter);
}

Day FirstDayOf(const std::string& quarter) {
  const int year = std::stoi(quarter.substr(0, quarter.size() - 3));
  const auto number = static_cast<unsigned>(quarter.back() - '0');
  return Day{std::chrono::year{year} / std::chrono::month{number * 3 - 2} / 1};
}

std::string QuarterBefore(const std::string& quarter) { return QuarterOf(FirstDayOf(quarter) - std::chrono::days{1}); }

Result<void> BeginQuarters(BookWork& work) {
  const std::string quarter = QuarterOf(DayOf(work.context().Now()));
  work.book().quarter = quarter;
  const Instant end = FirstDayOf(QuarterOf(FirstDayOf(quarter) + std::chrono::days{100}));
  return work.context().SetTimer(kQuarterTimer, work.id().raw(), end, {});
}

// Payload: empty, then the quarter that ended and the last client done.
Result<void> OnQuarter(BookWork& work, const stream::Timer& timer) {
  stream::Context& context = work.context();
  std::string quarter = work.book().quarter;
  std::string after;
  if (timer.payload.empty()) {
    MAINSTAY_TRY(KeepBook(work, quarter));
  } else {
    const std::vector<std::string_view> payload = stream::SplitKey(timer.payload);
    if (payload.size() != 2) return Fail(ErrorCode::kDataLoss, "a quarter's timer is damaged");
    quarter = payload[0];
    after = payload[1];
  }
  const std::string key = JoinKey({work.id().raw(), quarter});
  MAINSTAY_TRY_ASSIGN(sums, Read<state::v1::SegmentationQuarter>(context, kQuarters, key));
  sums.mutable_cadences()->Resize(3, 0);
  MAINSTAY_TRY_ASSIGN(last, work.ForClientsAfter(after, [&](const ClientId& id, const ClientRecord& client) {
    return KeepClient(work, quarter, sums, id, client);
  }));
  if (last.empty()) MAINSTAY_TRY(KeepSlots(work, sums));
  context.Put(kQuarters, key, sums.SerializeAsString());
  if (last.empty()) return BeginQuarters(work);
  return context.SetTimer(kQuarterTimer, timer.key, context.Now(), JoinKey({quarter, last}));
}

Result<void> DecideReview(stream::Context& context, LiveBooks& live, std::string_view bytes) {
  state::v1::SegmentationCommand command;
  if (!command.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fail(ErrorCode::kInvalidArgument, "a decision that cannot be read");
  }
  MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({"segmentation.decision", command.id()})));
  if (!first) {
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  MAINSTAY_TRY_ASSIGN(work, BookWork::Open(context, live, BookId{command.book()}));
  if (work.book().quarter.empty()) return Fail(ErrorCode::kNotFound, "there is no book '" + command.book() + "'");
  MAINSTAY_TRY_ASSIGN(today, kMergers.Today(context, work.id(), ClientId{command.client()}));
  if (today.raw() != command.client()) {
    return InvalidField("client", "'" + command.client() + "' went up in '" + today.raw() + "'; decide about that one");
  }
  const std::string quarter = QuarterBefore(work.book().quarter);
  const std::string key = JoinKey({work.id().raw(), quarter, command.client()});
  MAINSTAY_TRY_ASSIGN(proposal, context.Get(kReviews, key));
  const std::string shield = JoinKey({work.id().raw(), command.client()});
  if (!proposal && command.decision() == "defer") {  // A protection of an earlier quarter can be lifted at any time.
    MAINSTAY_TRY_ASSIGN(shielded, context.Get(kProtected, shield));
    if (shielded) context.Erase(kProtected, shield);
    if (shielded) return {};
  }
  if (!proposal) {
    return Fail(ErrorCode::kNotFound, "the review of " + quarter + " proposes nothing for '" + command.client() + "'");
  }
  const std::string& decision = command.decision();
  if (decision != "accept" && decision != "protect" && decision != "defer") {
    return InvalidField("decision", "it is accept, protect or defer");
  }
  if (decision == "protect" && command.why().empty()) return InvalidField("why", "protecting a client needs a reason");
  if (decision == "accept" && command.hand_to().empty()) {
    return InvalidField("hand_to", "say who serves the client from now on: a rep, or nurture");
  }
  MAINSTAY_TRY_ASSIGN(review, Read<state::v1::SegmentationReview>(context, kReviews, key));
  review.set_decision(decision);
  review.set_by(command.by());
  review.set_why(command.why());
  review.set_hand_to(decision == "accept" ? command.hand_to() : "");
  review.set_decided_ms(ToMs(context.Now()));
  context.Put(kReviews, key, review.SerializeAsString());
  if (decision == "protect") {
    context.Put(kProtected, shield, command.why());
  } else {
    context.Erase(kProtected, shield);
  }
  const ClientId client{command.client()};
  Tell(work, client, kDecided, command.id(), ReviewDecided{ReviewOf(work, quarter, client), decision, command.by()});
  return {};
}

}  // namespace mainstay::segmentation
