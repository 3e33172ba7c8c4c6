#include "review_queries.h"

#include <algorithm>
#include <map>
#include <utility>

#include "mainstay/base/hash.h"
#include "mainstay/segmentation/capacity.h"
#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/wire/in_event.h"
#include "processor.h"
#include "quarter.h"

namespace mainstay::segmentation {
namespace {

namespace q = query::v1;
using door::SetMoney;
using stream::JoinKey;

using Quarters = std::map<std::string, state::v1::SegmentationQuarter>;

void FillFigures(const Quarters& quarters, const Quarters::value_type& of, const Currency& currency,
                 q::QuarterFigures& out) {
  const auto& [quarter, stored] = of;
  const auto money = [&](std::int64_t units, q::Money& to) { SetMoney(Money::FromUnits(units), currency, to); };
  out.set_quarter(quarter);
  out.set_clients(stored.clients());
  money(stored.revenue_units(), *out.mutable_revenue());
  out.set_line_80_clients(stored.line_80_clients());
  money(stored.above_line_units(), *out.mutable_above_line());
  out.set_slots(stored.slots());
  const std::int64_t used = std::min(stored.clients(), stored.slots() > 0 ? stored.slots() : stored.clients());
  if (used > 0) money(stored.revenue_units() / used, *out.mutable_revenue_per_slot());
  out.set_new_clients(stored.new_clients());
  money(stored.new_units(), *out.mutable_new_revenue());
  out.set_gone_clients(stored.gone_clients());
  money(stored.gone_units(), *out.mutable_gone_revenue());
  const auto before = quarters.find(QuarterBefore(quarter));
  if (before == quarters.end() || before->second.clients() == 0) return;
  const auto clients_before = static_cast<double>(before->second.clients());
  out.set_retention(1 - static_cast<double>(stored.gone_clients()) / clients_before);
}

Result<Quarters> ReadQuarters(const Book& book) {
  MAINSTAY_TRY_ASSIGN(entries, EntriesBelow(*book.view.snapshot, kQuarters, book.view.book.raw() + '\0'));
  Quarters quarters;
  for (const auto& [quarter, bytes] : entries) {
    if (!quarters[quarter].ParseFromString(bytes)) return Fail(ErrorCode::kDataLoss, "a stored quarter is damaged");
  }
  return quarters;
}

Result<void> FillProposals(const Book& book, const std::string& quarter, q::GetReviewResponse& out) {
  const std::string prefix = JoinKey({book.view.book.raw(), quarter}) + '\0';
  MAINSTAY_TRY_ASSIGN(reviews, EntriesBelow(*book.view.snapshot, kReviews, prefix));
  for (const auto& [client, bytes] : reviews) {
    state::v1::SegmentationReview stored;
    if (!stored.ParseFromString(bytes)) return Fail(ErrorCode::kDataLoss, "a stored review is damaged");
    q::ReviewProposal& row = *out.add_rows();
    row.set_client(client);
    row.set_proposal(stored.proposal());
    row.set_reason(stored.reason());
    SetMoney(Money::FromUnits(stored.revenue_units()), book.currency(), *row.mutable_revenue());
    if (!stored.has_decision()) continue;
    row.set_decision(stored.decision());
    row.set_by(stored.by());
    if (!stored.why().empty()) row.set_why(stored.why());
    if (!stored.hand_to().empty()) row.set_hand_to(stored.hand_to());
    row.set_decided_at(FormatInstant(FromMs(stored.decided_ms())));
  }
  return {};
}

// Who stands elsewhere now than when the quarter ended; the furthest first, ties by id.
Result<void> FillMovement(const Book& book, const std::string& quarter, q::GetReviewResponse& out) {
  std::vector<q::Movement> moved;
  Result<void> read{};
  MAINSTAY_TRY(book.ForRows([&](const ParetoRow& row) {
    const Result<std::optional<std::string>> bytes =
        book.view.snapshot->Get(kRanks, JoinKey({book.view.book.raw(), row.client.raw(), quarter}));
    if (!bytes) read = tl::unexpected(bytes.error());
    if (!bytes) return false;
    state::v1::SegmentationRank then;
    if (!*bytes || !then.ParseFromString(**bytes) || then.rank() == static_cast<std::int64_t>(row.rank)) return true;
    q::Movement movement;
    movement.set_client(row.client.raw());
    movement.set_rank_before(then.rank());
    movement.set_rank(static_cast<std::int64_t>(row.rank));
    movement.set_tier_before(std::string(TierName(static_cast<Tier>(then.tier()))));
    movement.set_tier(std::string(TierName(row.tier)));
    moved.push_back(std::move(movement));
    return true;
  }));
  MAINSTAY_TRY(read);
  const auto distance = [](const q::Movement& m) { return std::abs(m.rank_before() - m.rank()); };
  std::sort(moved.begin(), moved.end(), [&](const q::Movement& a, const q::Movement& b) {
    return distance(a) != distance(b) ? distance(a) > distance(b) : a.client() < b.client();
  });
  for (q::Movement& movement : moved) {
    const bool up = movement.rank() < movement.rank_before();
    *(up ? out.add_moved_up() : out.add_moved_down()) = std::move(movement);
  }
  return {};
}

Result<void> FillCapacity(const Book& book, q::Capacity& out) {
  const TierCounts counts = book.Cadences();
  const PolicyValues& policy = book.record.values;
  MAINSTAY_TRY_ASSIGN(minutes, book.Minutes());
  out.set_minutes_per_week(minutes.per_week);
  out.set_reps(minutes.reps);
  out.set_calls_per_week(CallsPerWeek(counts, TermsOf(policy)));
  out.set_minutes_needed(out.calls_per_week() * policy.minutes_per_call);
  if (const auto slots = SlotsFor(minutes.per_week, counts, policy)) out.set_slots(*slots);
  if (const auto free = FreeSlots(minutes.per_week, counts, policy)) out.set_free_slots(*free);
  return {};
}

}  // namespace

Result<void> AnswerReview(const app::StateReader& state, const stream::Topology& topology,
                          const q::GetReviewRequest& request, q::GetReviewResponse& out) {
  MAINSTAY_TRY_ASSIGN(book, ReadBookWithClients(state, request.query()));
  door::FillHead(topology, book.view, out);
  MAINSTAY_TRY(FillCapacity(book, *out.mutable_capacity()));
  MAINSTAY_TRY_ASSIGN(quarters, ReadQuarters(book));
  if (quarters.empty() && request.quarter().empty()) return {};
  const auto found = request.quarter().empty() ? std::prev(quarters.end()) : quarters.find(request.quarter());
  if (found == quarters.end()) {
    return Fail(ErrorCode::kNotFound, "no quarter '" + request.quarter() + "' has ended in this book");
  }
  const std::string& quarter = found->first;
  out.set_quarter(quarter);
  const auto earlier = quarters.find(QuarterBefore(quarter));
  FillFigures(quarters, *found, book.currency(), *out.mutable_figures());
  if (earlier != quarters.end()) {
    FillFigures(quarters, *earlier, book.currency(), *out.mutable_before());
    out.mutable_capacity()->set_erosion_clients(static_cast<double>(found->second.gone_clients()));
  }
  MAINSTAY_TRY(FillProposals(book, quarter, out));
  return FillMovement(book, quarter, out);
}

namespace {

// A rep of the book, set or owning a client, or the nurture program.
Result<void> MustServe(const door::BookView& view, const std::string& rep) {
  if (RepId{rep} == kNurture) return {};
  MAINSTAY_TRY_ASSIGN(set, view.snapshot->Get(kReps, JoinKey({view.book.raw(), rep})));
  bool known = set.has_value();
  if (!known) {
    MAINSTAY_TRY(ForClients(view, [&](const KnownClient& client) {
      known = client.record.owner == RepId{rep};
      return !known;
    }));
  }
  if (known) return {};
  return InvalidField("hand_to", "'" + rep + "' is no rep of this book, nor is it nurture");
}

Result<void> PublishOwner(const app::System& system, const std::string& topic, const BookId& book,
                          const state::v1::SegmentationCommand& command, Instant at) {
  const InEvent event{EventId{HashParts({"hand-over", command.id()}).Hex()},
                      "mainstay/segmentation",
                      at,
                      book,
                      ClientId{command.client()},
                      OwnerChanged{RepId{command.hand_to()}}};
  app::Publication publication;
  publication.topic = topic;
  publication.book = book.raw();
  publication.event_time = system.clock->StreamTime() ? at : Instant{};
  publication.value = wire::EncodeInEvent(event);
  std::vector<app::Publication> publications;
  publications.push_back(std::move(publication));
  MAINSTAY_TRY_ASSIGN(acknowledged, system.publisher->Publish(std::move(publications), app::Wait::kProcessed).get());
  const stream::Verdict& verdict = acknowledged.front().verdict;
  return verdict.kind == stream::Verdict::Kind::kRejected ? tl::unexpected(verdict.error) : Result<void>{};
}

}  // namespace

Result<void> PublishDecision(const app::System& system, const stream::Topology& topology,
                             const q::DecideReviewRequest& request, q::DecideReviewResponse& out) {
  MAINSTAY_TRY_ASSIGN(view, door::OpenBook(*system.state, "segmentation", kBooks, request.query()));
  if (request.decision() == "accept" && !request.hand_to().empty()) MAINSTAY_TRY(MustServe(view, request.hand_to()));
  state::v1::SegmentationCommand command;
  command.set_book(view.book.raw());
  command.set_client(request.client());
  command.set_decision(request.decision());
  command.set_by(request.by());
  command.set_why(request.why());
  command.set_hand_to(request.hand_to());
  const std::string position = std::to_string(view.snapshot->meta().transaction);
  // The same decision on the same state is one decision.
  command.set_id(HashParts({command.SerializeAsString(), position}).Hex());
  app::Publication publication;
  publication.topic = topology.inputs[topology.internal];
  publication.book = view.book.raw();
  publication.record_key = kCommandKey;
  publication.event_time = system.clock->StreamTime() ? system.state->Now() : Instant{};
  publication.value = command.SerializeAsString();
  std::vector<app::Publication> publications;
  publications.push_back(std::move(publication));
  MAINSTAY_TRY_ASSIGN(acknowledged, system.publisher->Publish(std::move(publications), app::Wait::kProcessed).get());
  const stream::Verdict& verdict = acknowledged.front().verdict;
  if (verdict.kind == stream::Verdict::Kind::kRejected) return tl::unexpected(verdict.error);
  if (request.decision() == "accept") {
    MAINSTAY_TRY(PublishOwner(system, topology.inputs[0], view.book, command, system.state->Now()));
  }
  out.set_book(view.book.raw());
  out.set_client(request.client());
  out.set_verdict(verdict.kind == stream::Verdict::Kind::kAlreadySeen ? "ALREADY_SEEN" : "ACCEPTED");
  return {};
}

}  // namespace mainstay::segmentation
