// A client's record is decoded and written for every event of the client, so its fields are described here, not copied
// to and from a message. They are those of state.v1.CadenceClient; a test sees to it.
#include "kept_touches.h"
#include "mainstay/wire/wire_fields.h"
#include "state.h"

namespace mainstay::cadence {
namespace {

constexpr auto kEventRef = [](auto& wire, auto& ref) {
  wire.Value(1, ref.source);
  wire.Value(2, ref.id);
};

constexpr auto kStamp = [](auto& wire, auto& stamp) {
  wire.ValueOrZero(1, stamp.at);
  wire.Value(2, stamp.event);
};

constexpr auto kPending = [](auto& wire, auto& cleared) {
  wire.Value(1, cleared.plan.episode);
  wire.Value(2, cleared.plan.tier);
  wire.Value(3, cleared.plan.due);
  wire.Value(4, cleared.plan.overdue_since);
  wire.Value(5, cleared.plan.last_touch);
  wire.Value(6, cleared.plan.owner);
  wire.Value(7, cleared.touch_event);
  wire.Value(8, cleared.late);
};

constexpr auto kBase = [](auto& wire, auto& base) {
  wire.Value(1, base.at);
  wire.Message(2, base.touch, kEventRef);
  wire.Message(3, base.cause, kEventRef);
};

constexpr auto kTouchEpisode = [](auto& wire, auto& episode) {
  wire.Value(1, episode.id);
  wire.Value(2, episode.overdue_since);
  wire.Value(3, episode.raises_risk);
};

bool BaseIsNewestTouch(const ClientPlan& plan) {
  if (!plan.base || plan.touches.empty()) return false;
  const KeptTouches::View newest = plan.touches.front();
  return plan.base->at == newest.at && plan.base->touch && newest.Is(*plan.base->touch) && newest.Is(plan.base->cause);
}

constexpr auto kPlan = [](auto& wire, auto& plan) {
  bool base_is_newest_touch = BaseIsNewestTouch(plan);
  wire.Value(1, plan.first_event_at);
  wire.Message(2, plan.first_event, kEventRef, plan.first_event_at.has_value());
  wire.Message(3, plan.touches, kTouchesFields, !plan.touches.empty());
  wire.Each(4, plan.retractions, kEventRef);
  wire.Value(5, plan.segment_tier);
  wire.Value(6, plan.ever_paid);
  wire.Value(7, plan.lost);
  wire.Value(8, plan.first_event_caused_episode);
  wire.Value(9, plan.tier);
  wire.Message(10, plan.base, kBase, !base_is_newest_touch);
  wire.Value(11, plan.due);
  wire.Value(12, plan.not_before);
  wire.Value(13, plan.computed_on);
  wire.Message(14, plan.episode, kTouchEpisode);
  wire.Message(15, plan.pending, kPending);
  wire.Value(16, plan.zone);
  wire.Value(17, plan.zone_data_version);
  wire.Value(18, base_is_newest_touch);
  if constexpr (wire::kReads<decltype(wire)>) {
    if (!base_is_newest_touch || plan.touches.empty()) return;
    const KeptTouch newest = plan.touches.front().Copy();
    plan.base = Base{newest.at, newest.event, newest.event};
  }
};

constexpr auto kWindow = [](auto& wire, auto& window) {
  wire.Value(1, window.trailing);
  wire.Value(2, window.next_at);
  wire.Value(4, window.newest);
};

// The days as differences to the one before, the amounts beside them.
void DescribeDays(wire::FieldWriter& wire, const std::vector<risk::OrderDay>& days) {
  if (days.empty()) return;
  wire.Packed(1, [&](wire::ByteWriter& to) {
    std::int32_t before = 0;
    for (const risk::OrderDay& day : days) {
      const std::int32_t number = ToDayNumber(day.day);
      to.ZigZag(number - before);
      before = number;
    }
  });
  wire.Packed(2, [&](wire::ByteWriter& to) {
    for (const risk::OrderDay& day : days) to.ZigZag(day.net.units());
  });
}
void DescribeDays(wire::FieldReader& wire, std::vector<risk::OrderDay>& days) {
  wire.Packed(1, [&](wire::WireBytes packed) {
    std::int64_t number = 0;
    for (std::int64_t step = 0; !packed.done();
         days.push_back({FromDayNumber(static_cast<std::int32_t>(number)), {}})) {
      if (!packed.TakeZigZag(&step)) return false;
      number += step;
    }
    return true;
  });
  wire.Packed(2, [&](wire::WireBytes packed) {
    for (risk::OrderDay& day : days) {
      std::int64_t units = 0;
      if (!packed.TakeZigZag(&units)) return false;
      day.net = Money::FromUnits(units);
    }
    return packed.done();
  });
}

template <class Parts, class Order>
struct OrdersOf {
  Parts& parts;
  Order& last_order;
};

constexpr auto kOrders = [](auto& wire, auto& orders) {
  auto& [parts, last_order] = orders;
  DescribeDays(wire, parts.days);
  wire.Value(3, parts.folded.first);
  wire.Value(4, parts.folded.through);
  wire.Value(5, parts.folded.bits);
  bool counts = parts.statistics.has_value();
  wire.Value(6, counts);
  if (!counts) return;
  if constexpr (wire::kReads<decltype(wire)>) {
    if (!parts.statistics) parts.statistics.emplace();
  }
  wire.Value(7, parts.statistics->repeats.x);
  wire.Value(8, parts.statistics->repeats.t_x);
  wire.Value(9, parts.statistics->repeats.ln_gap_sum);
  wire.Value(10, parts.statistics->first);
  wire.Value(11, parts.statistics->last);
  wire.Value(12, last_order.at);
  wire.Value(13, last_order.event);
};

void DescribeOrders(wire::FieldWriter& wire, const ClientRecord& client) {
  const risk::OrderDays::Parts& parts = client.order_days.parts();
  const OrdersOf<const risk::OrderDays::Parts, const LastOrder> orders{parts, client.last_order};
  wire.Message(8, orders, kOrders, !parts.days.empty() || !parts.folded.bits.empty());
}
void DescribeOrders(wire::FieldReader& wire, ClientRecord& client) {
  risk::OrderDays::Parts parts;
  OrdersOf<risk::OrderDays::Parts, LastOrder> orders{parts, client.last_order};
  wire.Message(8, orders, kOrders);
  if (parts != risk::OrderDays::Parts{}) client.order_days = risk::OrderDays(std::move(parts));
}

constexpr auto kSignal = [](auto& wire, auto& signal) {
  wire.Value(1, signal.event);
  wire.Value(2, signal.at);
  if constexpr (requires { signal.resolved_at; }) wire.Value(3, signal.resolved_at);
};

constexpr auto kRule = [](auto& wire, auto& rule) {
  wire.Value(1, rule.kind);
  wire.Value(2, rule.event);
  wire.Value(3, rule.from);
  wire.Value(4, rule.until);
};

constexpr auto kRisk = [](auto& wire, auto& risk) {
  wire.Value(1, risk.level);
  std::optional<EpisodeId> episode;
  if (risk.episode) episode = risk.episode->id;
  wire.Value(2, episode);
  if constexpr (wire::kReads<decltype(wire)>) {
    if (episode) (risk.episode ? *risk.episode : risk.episode.emplace()).id = *episode;
  }
  if (risk.episode) {
    wire.Value(3, risk.episode->sequence);
    wire.Value(4, risk.episode->trigger);
    wire.Value(5, risk.episode->opened_at);
  }
  wire.Each(6, risk.open, kRule);
  wire.Value(7, risk.early_warning);
};

constexpr auto kMissedReview = [](auto& wire, auto& review) {
  wire.Value(1, review.event);
  wire.Value(2, review.due);
  wire.Value(3, review.held_at);
  wire.Value(4, review.behind_plan);
};

constexpr auto kContract = [](auto& wire, auto& contract) {
  wire.Value(1, contract.event);
  wire.Value(2, contract.end);
  wire.Value(3, contract.renewals);
  wire.Value(4, contract.term_days);
};

constexpr auto kSentiment = [](auto& wire, auto& sentiment) {
  wire.Value(1, sentiment.event);
  wire.Value(2, sentiment.at);
  wire.Value(3, sentiment.value);
  wire.Value(4, sentiment.source);
};

constexpr auto kReferral = [](auto& wire, auto& referral) {
  wire.Value(1, referral.event);
  wire.Value(2, referral.referrer_lost);
  wire.Value(3, referral.lost_at);
};

constexpr auto kClient = [](auto& wire, auto& client) {
  const ledger::RevenueWindow& window = client.window;
  const bool has_window = window.trailing != Money{} || window.next_at || window.newest;
  wire.Message(1, client.plan, kPlan);
  wire.Value(2, client.owner);
  wire.Message(3, client.owner_set, kStamp, client.owner.has_value());
  wire.Value(4, client.zone);
  wire.Message(5, client.zone_set, kStamp, client.zone.has_value());
  wire.Message(6, client.status_set, kStamp, client.status_set != Stamp{});
  wire.Message(7, client.window, kWindow, has_window);
  DescribeOrders(wire, client);
  wire.Each(9, client.signals.complaints, kSignal);
  wire.Each(10, client.signals.emergencies, kSignal);
  wire.Each(11, client.signals.competitor_calls, kSignal);
  wire.Value(12, client.signals.rules_from);
  wire.Message(13, client.risk, kRisk, client.risk != risk::RiskState{});
  wire.Value(14, client.overdue_event);
  wire.Value(15, client.plan_timer);
  wire.Value(16, client.risk_timer);
  wire.Value(30, client.has_agreements);
  wire.Value(31, client.agreement_timer);
  wire.Each(32, client.signals.missed_reviews, kMissedReview);
  wire.Each(33, client.contracts, kContract);
  wire.Each(34, client.signals.sentiments, kSentiment);
  wire.Message(35, client.signals.referral, kReferral);
  wire.Value(36, client.referrals);
  wire.Value(37, client.effort);
};

}  // namespace

std::string Encode(const ClientRecord& client) { return wire::FieldWriter::Write(client, kClient); }

Result<void> DecodeClient(std::string_view bytes, ClientRecord& empty) {
  if (wire::FieldReader::Read(bytes, empty, kClient)) return {};
  return Fail(ErrorCode::kDataLoss, "the stored client is damaged");
}

Result<ClientRecord> DecodeClient(std::string_view bytes) {
  ClientRecord client;
  MAINSTAY_TRY(DecodeClient(bytes, client));
  return client;
}

}  // namespace mainstay::cadence
