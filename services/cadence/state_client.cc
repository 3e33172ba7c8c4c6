#include <algorithm>

#include "mainstay/wire/scratch_arena.h"
#include "state_codec.h"

namespace mainstay::cadence {
namespace {

namespace s = state::v1;

void WriteOrders(const ClientRecord& client, s::CadenceOrderDays& to) {
  const risk::OrderDays::Parts& parts = client.order_days.parts();
  std::int32_t before = 0;
  for (const risk::OrderDay& day : parts.days) {
    const std::int32_t number = ToDayNumber(day.day);
    to.add_day_steps(number - before);
    to.add_net_units(day.net.units());
    before = number;
  }
  if (!parts.folded.bits.empty()) {
    to.set_folded_first(ToDayNumber(parts.folded.first));
    to.set_folded_through(ToDayNumber(parts.folded.through));
    to.set_folded_bits(parts.folded.bits);
  }
  if (!parts.statistics) return;
  to.set_counts(true);
  to.set_x(parts.statistics->repeats.x);
  to.set_t_x(parts.statistics->repeats.t_x);
  to.set_ln_gap_sum(parts.statistics->repeats.ln_gap_sum);
  to.set_first_day(ToDayNumber(parts.statistics->first));
  to.set_last_day(ToDayNumber(parts.statistics->last));
  to.set_last_order_ms(ToMs(client.last_order.at));
  to.set_last_order_event(client.last_order.event.raw());
}

void ReadOrders(const s::CadenceOrderDays& from, ClientRecord& client) {
  risk::OrderDays::Parts parts;
  const int days = std::min(from.day_steps_size(), from.net_units_size());
  parts.days.reserve(static_cast<std::size_t>(days));
  std::int32_t number = 0;
  for (int i = 0; i < days; ++i) {
    number += from.day_steps(i);
    parts.days.push_back({FromDayNumber(number), Money::FromUnits(from.net_units(i))});
  }
  if (!from.folded_bits().empty()) {
    parts.folded = {FromDayNumber(from.folded_first()), FromDayNumber(from.folded_through()), from.folded_bits()};
  }
  if (from.counts()) {
    parts.statistics = risk::OrderStatistics{
        {from.x(), from.t_x(), from.ln_gap_sum()}, FromDayNumber(from.first_day()), FromDayNumber(from.last_day())};
    client.last_order = {FromMs(from.last_order_ms()), EventId{from.last_order_event()}};
  }
  client.order_days = risk::OrderDays(std::move(parts));
}

template <class Event>
void WriteSignals(const std::vector<Event>& events, google::protobuf::RepeatedPtrField<s::CadenceSignal>& to) {
  for (const Event& event : events) {
    s::CadenceSignal& added = *to.Add();
    added.set_event_id(event.event.raw());
    added.set_at_ms(ToMs(event.at));
    if constexpr (requires { event.resolved_at; }) {
      if (event.resolved_at) added.set_resolved_ms(ToMs(*event.resolved_at));
    }
  }
}

template <class Event>
void ReadSignals(const google::protobuf::RepeatedPtrField<s::CadenceSignal>& from, std::vector<Event>& to) {
  for (const s::CadenceSignal& signal : from) {
    Event& added = to.emplace_back();
    added.event = EventId{signal.event_id()};
    added.at = FromMs(signal.at_ms());
    if constexpr (requires { added.resolved_at; }) {
      if (signal.has_resolved_ms()) added.resolved_at = FromMs(signal.resolved_ms());
    }
  }
}

void WriteReviews(const std::vector<risk::MissedReview>& reviews, s::CadenceClient& to) {
  for (const risk::MissedReview& review : reviews) {
    s::CadenceMissedReview& added = *to.add_missed_reviews();
    added.set_event_id(review.event.raw());
    added.set_due_ms(ToMs(review.due));
    if (review.held_at) added.set_held_ms(ToMs(*review.held_at));
    added.set_behind_plan(review.behind_plan);
  }
}

void ReadReviews(const s::CadenceClient& from, std::vector<risk::MissedReview>& to) {
  for (const s::CadenceMissedReview& review : from.missed_reviews()) {
    risk::MissedReview& added = to.emplace_back();
    added.event = EventId{review.event_id()};
    added.due = FromMs(review.due_ms());
    if (review.has_held_ms()) added.held_at = FromMs(review.held_ms());
    added.behind_plan = review.behind_plan();
  }
}

void WriteRisk(const risk::RiskState& from, s::CadenceRisk& to) {
  to.set_level(static_cast<std::uint32_t>(from.level));
  to.set_early_warning(from.early_warning);
  if (from.episode) {
    to.set_episode(from.episode->id.raw());
    to.set_sequence(from.episode->sequence);
    to.set_trigger(static_cast<std::uint32_t>(from.episode->trigger));
    to.set_opened_ms(ToMs(from.episode->opened_at));
  }
  for (const risk::RuleCondition& rule : from.open) {
    s::CadenceRule& added = *to.add_open();
    added.set_kind(static_cast<std::uint32_t>(rule.kind));
    added.set_event_id(rule.event.raw());
    added.set_from_ms(ToMs(rule.from));
    if (rule.until) added.set_until_ms(ToMs(*rule.until));
  }
}

void ReadRisk(const s::CadenceRisk& from, risk::RiskState& to) {
  to.level = static_cast<RiskLevel>(from.level());
  to.early_warning = from.early_warning();
  if (from.has_episode()) {
    to.episode = risk::RiskEpisode{EpisodeId{from.episode()}, from.sequence(),
                                   static_cast<risk::RiskTrigger>(from.trigger()), FromMs(from.opened_ms())};
  }
  for (const s::CadenceRule& rule : from.open()) {
    risk::RuleCondition& added = to.open.emplace_back();
    added.kind = static_cast<risk::RuleKind>(rule.kind());
    added.event = EventId{rule.event_id()};
    added.from = FromMs(rule.from_ms());
    if (rule.has_until_ms()) added.until = FromMs(rule.until_ms());
  }
}

}  // namespace

std::string Encode(const ClientRecord& client) {
  wire::ScratchArena scratch;
  auto& proto = scratch.New<s::CadenceClient>();
  Write(client.plan, *proto.mutable_plan());
  if (client.owner) proto.set_owner(client.owner->raw());
  if (client.owner) Write(client.owner_set, *proto.mutable_owner_set());
  if (client.zone) proto.set_zone(*client.zone);
  if (client.zone) Write(client.zone_set, *proto.mutable_zone_set());
  if (client.status_set != Stamp{}) Write(client.status_set, *proto.mutable_status_set());
  if (client.window.trailing != Money{}) proto.mutable_window()->set_trailing_units(client.window.trailing.units());
  if (client.window.next_at) proto.mutable_window()->set_next_at_ms(ToMs(*client.window.next_at));
  if (client.window.newest) proto.mutable_window()->set_newest_ms(ToMs(*client.window.newest));
  const risk::OrderDays::Parts& orders = client.order_days.parts();
  if (!orders.days.empty() || !orders.folded.bits.empty()) WriteOrders(client, *proto.mutable_orders());
  WriteSignals(client.signals.complaints, *proto.mutable_complaints());
  WriteSignals(client.signals.emergencies, *proto.mutable_emergencies());
  WriteSignals(client.signals.competitor_calls, *proto.mutable_competitor_calls());
  if (client.signals.rules_from) proto.set_rules_from_ms(ToMs(*client.signals.rules_from));
  if (client.risk != risk::RiskState{}) WriteRisk(client.risk, *proto.mutable_risk());
  if (client.overdue_event) proto.set_overdue_event(client.overdue_event->raw());
  if (client.plan_timer) proto.set_plan_timer_ms(ToMs(*client.plan_timer));
  if (client.risk_timer) proto.set_risk_timer_ms(ToMs(*client.risk_timer));
  proto.set_has_agreements(client.has_agreements);
  proto.set_referrals(client.referrals);
  if (client.agreement_timer) proto.set_agreement_timer_ms(ToMs(*client.agreement_timer));
  WriteReviews(client.signals.missed_reviews, proto);
  for (const risk::Sentiment& sentiment : client.signals.sentiments) {
    s::CadenceSentiment& added = *proto.add_sentiments();
    added.set_event_id(sentiment.event.raw());
    added.set_at_ms(ToMs(sentiment.at));
    added.set_value(sentiment.value);
    added.set_source(sentiment.source);
  }
  if (const auto& referral = client.signals.referral) {
    proto.mutable_referred()->set_event_id(referral->event.raw());
    proto.mutable_referred()->set_lost_ms(ToMs(referral->lost_at));
    if (referral->referrer_lost) proto.mutable_referred()->set_lost_event_id(referral->referrer_lost->raw());
  }
  for (const RunningContract& contract : client.contracts) {
    s::CadenceRunningContract& added = *proto.add_contracts();
    added.set_event_id(contract.event.raw());
    added.set_end(ToDayNumber(contract.end));
    added.set_renewals(contract.renewals);
    added.set_term_days(contract.term_days);
  }
  return proto.SerializeAsString();
}

Result<ClientRecord> DecodeClient(std::string_view bytes) {
  wire::ScratchArena scratch;
  auto& proto = scratch.New<s::CadenceClient>();
  MAINSTAY_TRY(Parse(bytes, "client", proto));
  ClientRecord client;
  Read(proto.plan(), client.plan);
  if (proto.has_owner()) client.owner = RepId{proto.owner()};
  if (proto.has_owner_set()) client.owner_set = Read(proto.owner_set());
  if (proto.has_zone()) client.zone = proto.zone();
  if (proto.has_zone_set()) client.zone_set = Read(proto.zone_set());
  if (proto.has_status_set()) client.status_set = Read(proto.status_set());
  if (proto.has_window()) {
    client.window.trailing = Money::FromUnits(proto.window().trailing_units());
    if (proto.window().has_next_at_ms()) client.window.next_at = FromMs(proto.window().next_at_ms());
    if (proto.window().has_newest_ms()) client.window.newest = FromMs(proto.window().newest_ms());
  }
  if (proto.has_orders()) ReadOrders(proto.orders(), client);
  ReadSignals(proto.complaints(), client.signals.complaints);
  ReadSignals(proto.emergencies(), client.signals.emergencies);
  ReadSignals(proto.competitor_calls(), client.signals.competitor_calls);
  if (proto.has_rules_from_ms()) client.signals.rules_from = FromMs(proto.rules_from_ms());
  if (proto.has_risk()) ReadRisk(proto.risk(), client.risk);
  if (proto.has_overdue_event()) client.overdue_event = EventId{proto.overdue_event()};
  if (proto.has_plan_timer_ms()) client.plan_timer = FromMs(proto.plan_timer_ms());
  if (proto.has_risk_timer_ms()) client.risk_timer = FromMs(proto.risk_timer_ms());
  client.has_agreements = proto.has_agreements();
  client.referrals = proto.referrals();
  if (proto.has_agreement_timer_ms()) client.agreement_timer = FromMs(proto.agreement_timer_ms());
  ReadReviews(proto, client.signals.missed_reviews);
  for (const s::CadenceSentiment& sentiment : proto.sentiments()) {
    client.signals.sentiments.push_back(
        {EventId{sentiment.event_id()}, FromMs(sentiment.at_ms()), sentiment.value(), sentiment.source()});
  }
  if (proto.has_referred()) {
    const s::CadenceReferred& from = proto.referred();
    risk::Referral& referral = client.signals.referral.emplace();
    referral.event = EventId{from.event_id()};
    referral.lost_at = FromMs(from.lost_ms());
    if (from.has_lost_event_id()) referral.referrer_lost = EventId{from.lost_event_id()};
  }
  for (const s::CadenceRunningContract& contract : proto.contracts()) {
    client.contracts.push_back(
        {EventId{contract.event_id()}, FromDayNumber(contract.end()), contract.renewals(), contract.term_days()});
  }
  return client;
}

}  // namespace mainstay::cadence
