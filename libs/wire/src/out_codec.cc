#include "out_codec.h"

#include <limits>

namespace mainstay::wire {
namespace {

using Level = pb::ChurnRiskChanged::Level;
using Trigger = pb::ChurnRiskChanged::Trigger::Value;

static_assert(pb::ChurnRiskChanged::LOW == ProtoEnum<Level>(RiskLevel::kLow));
static_assert(pb::ChurnRiskChanged::ELEVATED == ProtoEnum<Level>(RiskLevel::kElevated));
static_assert(pb::ChurnRiskChanged::HIGH == ProtoEnum<Level>(RiskLevel::kHigh));
static_assert(pb::ChurnRiskChanged::Trigger::LEVEL == ProtoEnum<Trigger>(RiskTrigger::kLevel));
static_assert(pb::ChurnRiskChanged::Trigger::EARLY_WARNING == ProtoEnum<Trigger>(RiskTrigger::kEarlyWarning));
static_assert(pb::ChurnRiskChanged::Trigger::RULE == ProtoEnum<Trigger>(RiskTrigger::kRule));
static_assert(pb::Tier::A == static_cast<int>(Tier::kA) && pb::Tier::B == static_cast<int>(Tier::kB) &&
              pb::Tier::C == static_cast<int>(Tier::kC));

// Tier::kNone is 0, which on the wire means that nothing was said.
pb::Tier::Value ProtoTier(Tier tier) {
  return tier == Tier::kNone ? pb::Tier::NONE : static_cast<pb::Tier::Value>(tier);
}

Tier ReadTier(Reader& reader, std::string_view field, int value) {
  if (value == pb::Tier::NONE) return Tier::kNone;
  return static_cast<Tier>(static_cast<int>(reader.RequiredEnum(field, value, Tier::kB)) + 1);
}

std::optional<double> OptionalFinite(Reader& reader, std::string_view field, bool has, double value) {
  return reader.OptionalNumber<double>(field, has, value, -kFinite, kFinite);
}

double Finite(Reader& reader, std::string_view field, double value) {
  return reader.RequiredNumber<double>(field, true, value, -kFinite, kFinite);
}

template <class Proto>
void ReadPlan(Reader& reader, const Proto& from, TouchPlan* to) {
  to->episode = reader.RequiredId<EpisodeId>("episodeId", from.episode_id());
  to->tier = ReadTier(reader, "tier", from.tier());
  to->due = reader.RequiredDay("due", from.due());
  to->overdue_since = reader.OptionalDay("overdueSince", from.has_overdue_since(), from.overdue_since());
  to->last_touch = reader.OptionalInstant("lastTouch", from.has_last_touch(), from.last_touch());
  to->owner = reader.OptionalId<RepId>("ownerId", from.has_owner_id(), from.owner_id());
}

template <class Proto>
void WritePlan(const TouchPlan& from, Proto* to) {
  to->set_episode_id(from.episode.raw());
  to->set_tier(ProtoTier(from.tier));
  to->set_due(FormatDay(from.due));
  if (from.overdue_since) to->set_overdue_since(FormatDay(*from.overdue_since));
  if (from.last_touch) to->set_last_touch(FormatInstant(*from.last_touch));
  if (from.owner) to->set_owner_id(from.owner->raw());
}

template <class Proto, class Fact>
void ReadReview(Reader& reader, const Proto& from, Fact* to) {
  to->goals = reader.Ids<GoalId>("goalIds", from.goal_ids());
  to->due = reader.RequiredDay("due", from.due());
}

template <class Fact, class Proto>
void WriteReview(const Fact& from, Proto* to) {
  for (const GoalId& goal : from.goals) to->add_goal_ids(goal.raw());
  to->set_due(FormatDay(from.due));
}

void ReadReasons(Reader& reader, const pb::ChurnRiskChanged& from, ChurnRiskChanged* to) {
  for (int i = 0; i < from.reasons_size(); ++i) {
    const Reader::Inside inside(reader, "reasons", i);
    const pb::RiskReason& reason = from.reasons(i);
    RiskReason& added = to->reasons.emplace_back();
    added.part = reason.part();
    added.kind = reason.kind();
    added.points = Finite(reader, "points", reason.points());
    added.text = reason.text();
    added.events = reader.Ids<EventId>("eventIds", reason.event_ids());
  }
  for (int i = 0; i < from.inputs_size(); ++i) {
    const Reader::Inside inside(reader, "inputs", i);
    to->inputs.push_back({from.inputs(i).name(), Finite(reader, "value", from.inputs(i).value())});
  }
}

void WriteReasons(const ChurnRiskChanged& from, pb::ChurnRiskChanged* to) {
  for (const RiskReason& reason : from.reasons) {
    pb::RiskReason* added = to->add_reasons();
    added->set_part(reason.part);
    added->set_kind(reason.kind);
    added->set_points(reason.points);
    added->set_text(reason.text);
    for (const EventId& event : reason.events) added->add_event_ids(event.raw());
  }
  for (const RiskInput& input : from.inputs) {
    pb::RiskInput* added = to->add_inputs();
    added->set_name(input.name);
    added->set_value(input.value);
  }
}

template <class Proto>
void ReadStep(Reader& reader, const Proto& from, PromptStep* to) {
  to->prompt = reader.RequiredId<PromptId>("promptId", from.prompt_id());
  to->rep = reader.RequiredId<RepId>("repId", from.rep_id());
  if (from.has_reason()) to->reason = from.reason();
  to->until = reader.OptionalInstant("until", from.has_until(), from.until());
  to->order = reader.OptionalId<OrderId>("orderId", from.has_order_id(), from.order_id());
}

template <class Proto>
void WriteStep(const PromptStep& from, Proto* to) {
  to->set_prompt_id(from.prompt.raw());
  to->set_rep_id(from.rep.raw());
  if (from.reason) to->set_reason(*from.reason);
  if (from.until) to->set_until(FormatInstant(*from.until));
  if (from.order) to->set_order_id(from.order->raw());
}

}  // namespace

void Read(Reader& reader, const pb::SegmentChanged& from, SegmentChanged* to) {
  to->tier = ReadTier(reader, "tier", from.tier());
  to->previous_tier = ReadTier(reader, "previousTier", from.previous_tier());
  to->rank_tier = ReadTier(reader, "rankTier", from.rank_tier());
  to->revenue = reader.RequiredMoney("revenue", from.has_revenue(), from.revenue(), Reader::Sign::kAny);
  to->persona = from.persona();
  for (int i = 0; i < from.evidence_size(); ++i) {
    const Reader::Inside inside(reader, "evidence", i);
    const pb::Evidence& evidence = from.evidence(i);
    to->evidence.push_back({evidence.rule(), Finite(reader, "value", evidence.value()),
                            Finite(reader, "threshold", evidence.threshold())});
  }
  to->flags.assign(from.flags().begin(), from.flags().end());
  to->next_best_product =
      reader.OptionalId<ProductId>("nextBestProduct", from.has_next_best_product(), from.next_best_product());
  to->policy_version = from.policy_version();
}

void Write(const SegmentChanged& from, pb::SegmentChanged* to) {
  to->set_tier(ProtoTier(from.tier));
  to->set_previous_tier(ProtoTier(from.previous_tier));
  to->set_rank_tier(ProtoTier(from.rank_tier));
  WriteMoney(from.revenue, to->mutable_revenue());
  to->set_persona(from.persona);
  for (const Evidence& evidence : from.evidence) {
    pb::Evidence* added = to->add_evidence();
    added->set_rule(evidence.rule);
    added->set_value(evidence.value);
    added->set_threshold(evidence.threshold);
  }
  for (const std::string& flag : from.flags) to->add_flags(flag);
  if (from.next_best_product) to->set_next_best_product(from.next_best_product->raw());
  to->set_policy_version(from.policy_version);
}

void Read(Reader& reader, const pb::ReviewProposed& from, ReviewProposed* to) {
  to->review = reader.RequiredId<ReviewId>("reviewId", from.review_id());
  to->quarter = from.quarter();
  to->proposal = from.proposal();
  to->reason = from.reason();
}

void Write(const ReviewProposed& from, pb::ReviewProposed* to) {
  to->set_review_id(from.review.raw());
  to->set_quarter(from.quarter);
  to->set_proposal(from.proposal);
  to->set_reason(from.reason);
}

void Read(Reader& reader, const pb::ReviewDecided& from, ReviewDecided* to) {
  to->review = reader.RequiredId<ReviewId>("reviewId", from.review_id());
  to->decision = from.decision();
  to->by = from.by();
}

void Write(const ReviewDecided& from, pb::ReviewDecided* to) {
  to->set_review_id(from.review.raw());
  to->set_decision(from.decision);
  to->set_by(from.by);
}

void Read(Reader& reader, const pb::TouchFellDue& from, TouchFellDue* to) { ReadPlan(reader, from, &to->plan); }
void Write(const TouchFellDue& from, pb::TouchFellDue* to) { WritePlan(from.plan, to); }

void Read(Reader& reader, const pb::TouchBecameOverdue& from, TouchBecameOverdue* to) {
  ReadPlan(reader, from, &to->plan);
}
void Write(const TouchBecameOverdue& from, pb::TouchBecameOverdue* to) { WritePlan(from.plan, to); }

void Read(Reader& reader, const pb::TouchCleared& from, TouchCleared* to) {
  ReadPlan(reader, from, &to->plan);
  to->touch_event = reader.OptionalId<EventId>("touchEventId", from.has_touch_event_id(), from.touch_event_id());
  to->late = from.late();
}

void Write(const TouchCleared& from, pb::TouchCleared* to) {
  WritePlan(from.plan, to);
  if (from.touch_event) to->set_touch_event_id(from.touch_event->raw());
  to->set_late(from.late);
}

void Read(Reader& reader, const pb::ReviewFellDue& from, ReviewFellDue* to) { ReadReview(reader, from, to); }
void Write(const ReviewFellDue& from, pb::ReviewFellDue* to) { WriteReview(from, to); }

void Read(Reader& reader, const pb::ReviewBecameOverdue& from, ReviewBecameOverdue* to) {
  ReadReview(reader, from, to);
}
void Write(const ReviewBecameOverdue& from, pb::ReviewBecameOverdue* to) { WriteReview(from, to); }

void Read(Reader& reader, const pb::RenewalCheckpointReached& from, RenewalCheckpointReached* to) {
  to->contract = reader.RequiredId<ContractId>("contractId", from.contract_id());
  to->days_left = from.days_left();
  to->status = from.status();
}

void Write(const RenewalCheckpointReached& from, pb::RenewalCheckpointReached* to) {
  to->set_contract_id(from.contract.raw());
  to->set_days_left(from.days_left);
  to->set_status(from.status);
}

void Read(Reader& reader, const pb::ChurnRiskChanged& from, ChurnRiskChanged* to) {
  to->episode = reader.RequiredId<EpisodeId>("episodeId", from.episode_id());
  to->sequence = from.sequence();
  to->level = reader.RequiredEnum("level", from.level(), RiskLevel::kHigh);
  to->previous_level = reader.RequiredEnum("previousLevel", from.previous_level(), RiskLevel::kHigh);
  to->trigger = reader.RequiredEnum("trigger", from.trigger(), RiskTrigger::kRule);
  to->probability = OptionalFinite(reader, "probability", from.has_probability(), from.probability());
  to->fresh = OptionalFinite(reader, "fresh", from.has_fresh(), from.fresh());
  to->excess = Finite(reader, "excess", from.excess());
  if (from.has_horizon_days()) to->horizon_days = from.horizon_days();
  to->p_silent = OptionalFinite(reader, "pSilent", from.has_p_silent(), from.p_silent());
  to->q = OptionalFinite(reader, "q", from.has_q(), from.q());
  if (from.interval_size() == 2) {
    to->interval = {Finite(reader, "interval", from.interval(0)), Finite(reader, "interval", from.interval(1))};
  } else if (!from.interval().empty()) {
    reader.Refuse("interval", "has other than two numbers");
  }
  to->at_stake = reader.OptionalMoney("atStake", from.has_at_stake(), from.at_stake(), Reader::Sign::kAny);
  to->tier = ReadTier(reader, "tier", from.tier());
  to->owner = reader.OptionalId<RepId>("ownerId", from.has_owner_id(), from.owner_id());
  ReadReasons(reader, from, to);
  to->model_version = from.model_version();
}

void Write(const ChurnRiskChanged& from, pb::ChurnRiskChanged* to) {
  to->set_episode_id(from.episode.raw());
  to->set_sequence(from.sequence);
  to->set_level(ProtoEnum<Level>(from.level));
  to->set_previous_level(ProtoEnum<Level>(from.previous_level));
  to->set_trigger(ProtoEnum<Trigger>(from.trigger));
  if (from.probability) to->set_probability(*from.probability);
  if (from.fresh) to->set_fresh(*from.fresh);
  to->set_excess(from.excess);
  if (from.horizon_days) to->set_horizon_days(*from.horizon_days);
  if (from.p_silent) to->set_p_silent(*from.p_silent);
  if (from.q) to->set_q(*from.q);
  if (from.interval) {
    to->add_interval(from.interval->lo);
    to->add_interval(from.interval->hi);
  }
  if (from.at_stake) WriteMoney(*from.at_stake, to->mutable_at_stake());
  to->set_tier(ProtoTier(from.tier));
  if (from.owner) to->set_owner_id(from.owner->raw());
  WriteReasons(from, to);
  to->set_model_version(from.model_version);
}

void Read(Reader& reader, const pb::ParametersFitted& from, ParametersFitted* to) {
  to->version = from.version();
  to->window_from = reader.RequiredDay("windowFrom", from.window_from());
  to->window_to = reader.RequiredDay("windowTo", from.window_to());
  to->clients = from.clients();
  to->orders = from.orders();
  to->k = from.k();
  to->no_attrition = from.no_attrition();
  to->gate = from.gate();
  for (const pb::RiskInput& value : from.values()) {
    to->values.push_back({value.name(), Finite(reader, "values", value.value())});
  }
}

void Write(const ParametersFitted& from, pb::ParametersFitted* to) {
  to->set_version(from.version);
  to->set_window_from(FormatDay(from.window_from));
  to->set_window_to(FormatDay(from.window_to));
  to->set_clients(from.clients);
  to->set_orders(from.orders);
  to->set_k(from.k);
  to->set_no_attrition(from.no_attrition);
  to->set_gate(from.gate);
  for (const RiskInput& value : from.values) {
    pb::RiskInput& added = *to->add_values();
    added.set_name(value.name);
    added.set_value(value.value);
  }
}

void Read(Reader& reader, const pb::PromptIssued& from, PromptIssued* to) {
  to->prompt = reader.RequiredId<PromptId>("promptId", from.prompt_id());
  to->rep = reader.RequiredId<RepId>("repId", from.rep_id());
  to->product = reader.RequiredId<ProductId>("productId", from.product_id());
  to->why.assign(from.why().begin(), from.why().end());
  to->talking_points.assign(from.talking_points().begin(), from.talking_points().end());
  to->value = reader.OptionalMoney("value", from.has_value(), from.value(), Reader::Sign::kAny);
  to->expires = reader.RequiredInstant("expires", from.expires());
}

void Write(const PromptIssued& from, pb::PromptIssued* to) {
  to->set_prompt_id(from.prompt.raw());
  to->set_rep_id(from.rep.raw());
  to->set_product_id(from.product.raw());
  for (const std::string& why : from.why) to->add_why(why);
  for (const std::string& point : from.talking_points) to->add_talking_points(point);
  if (from.value) WriteMoney(*from.value, to->mutable_value());
  to->set_expires(FormatInstant(from.expires));
}

#define MAINSTAY_PROMPT_STEP(Name)                                                                 \
  void Read(Reader& reader, const pb::Name& from, Name* to) { ReadStep(reader, from, &to->step); } \
  void Write(const Name& from, pb::Name* to) { WriteStep(from.step, to); }
MAINSTAY_PROMPT_STEP(PromptAccepted)
MAINSTAY_PROMPT_STEP(PromptSnoozed)
MAINSTAY_PROMPT_STEP(PromptDismissed)
MAINSTAY_PROMPT_STEP(PromptWithdrawn)
MAINSTAY_PROMPT_STEP(PromptWon)
MAINSTAY_PROMPT_STEP(PromptLost)
#undef MAINSTAY_PROMPT_STEP

void Read(Reader& reader, const pb::EndpointDisabled& from, EndpointDisabled* to) {
  to->endpoint = reader.RequiredId<EndpointId>("endpointId", from.endpoint_id());
  to->since = reader.RequiredInstant("since", from.since());
  to->last_error = from.last_error();
}

void Write(const EndpointDisabled& from, pb::EndpointDisabled* to) {
  to->set_endpoint_id(from.endpoint.raw());
  to->set_since(FormatInstant(from.since));
  to->set_last_error(from.last_error);
}

void Read(Reader& reader, const pb::DeliveryExhausted& from, DeliveryExhausted* to) {
  to->endpoint = reader.RequiredId<EndpointId>("endpointId", from.endpoint_id());
  to->event = reader.RequiredId<EventId>("eventId", from.event_id());
  to->attempts = from.attempts();
}

void Write(const DeliveryExhausted& from, pb::DeliveryExhausted* to) {
  to->set_endpoint_id(from.endpoint.raw());
  to->set_event_id(from.event.raw());
  to->set_attempts(from.attempts);
}

}  // namespace mainstay::wire
