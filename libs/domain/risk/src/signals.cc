#include "mainstay/risk/signals.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <tuple>

#include "day_math.h"

namespace mainstay::risk {
namespace {

using std::chrono::weeks;

constexpr weeks kForgotten{60};  // An older event counts as 0.
constexpr weeks kDropped{68};    // It may still be the reason why a later complaint is a second one.
constexpr weeks kSecondComplaint{8};
constexpr weeks kCompetitorHolds{8};
constexpr weeks kComplaintHolds{13};
constexpr double kSlowHalfLifeWeeks = 8;  // Complaints and competitor calls.
constexpr double kFastHalfLifeWeeks = 3;  // Emergencies.
constexpr double kRecovered = 0.4;
constexpr double kMitigationPerLn = 0.15;
constexpr double kAggravation = 0.5;
constexpr double kLatenessCap = 3;
constexpr double kReviewHalfLifeWeeks = 10;
constexpr double kPastSentiment = 0.7;
constexpr double kMostFall = 1.5;
constexpr std::int64_t kUsualContacts = 3;

double Decay(Instant at, Instant t, double half_life_weeks) {
  if (at > t || t - at > kForgotten) return 0;
  return std::exp2(-DaysBetween(at, t) / (7 * half_life_weeks));
}

bool Resolved(const std::optional<Instant>& resolved_at, Instant t) { return resolved_at && *resolved_at <= t; }

// An emergency still open on its deadline itself can still be resolved in time.
bool Late(const Emergency& emergency, Instant t) {
  return (Resolved(emergency.resolved_at, t) ? *emergency.resolved_at : t) > emergency.handle_by;
}

double ComplaintSignal(const std::vector<Complaint>& complaints, std::int64_t x, Instant t) {
  if (complaints.empty()) return 0;
  const double mitigation = kMitigationPerLn * std::log1p(static_cast<double>(x));
  double sum = 0;
  for (std::size_t i = 0; i < complaints.size(); ++i) {
    const Complaint& complaint = complaints[i];
    const bool second = i > 0 && complaint.at - complaints[i - 1].at <= kSecondComplaint;
    const double weight = std::max(0.0, 1 - mitigation + (second ? kAggravation : 0));
    const double recovery = Resolved(complaint.resolved_at, t) ? kRecovered : 1;
    sum += Decay(complaint.at, t, kSlowHalfLifeWeeks) * recovery * weight;
  }
  return sum;
}

double LatenessSignal(const std::optional<TouchFacts>& touch, Instant t) {
  if (!touch || !touch->connected || touch->allowed_days <= 0) return 0;
  const double times = DaysBetween(touch->since, t) / touch->allowed_days;
  return times <= 1 ? 0 : std::min(kLatenessCap, std::log2(times));
}

double OverContactSignal(const SignalFacts& facts, Instant t) {
  if (!facts.touch || !facts.touch->connected || facts.touch->allowed_days <= 0) return 0;
  const Instant from = t - std::chrono::days{facts.touch->allowed_days};
  const auto touches = std::count_if(facts.contacts.begin(), facts.contacts.end(),
                                     [&](const ContactFact& c) { return c.at > from && c.at <= t; });
  return static_cast<double>(std::max<std::int64_t>(0, touches - kUsualContacts));
}

double FallingValueSignal(const std::optional<ValueTrend>& trend) {
  if (!trend || trend->fast <= 0 || trend->slow <= trend->fast) return 0;
  return std::min(kMostFall, std::log(trend->slow / trend->fast));
}

double ReviewSignal(const MissedReview& review, Instant t) {
  if (review.due > t) return 0;
  return Resolved(review.held_at, t) ? Decay(*review.held_at, t, kReviewHalfLifeWeeks) : 1;
}

double SentimentSignal(const std::vector<Sentiment>& sentiments, Instant t) {
  double average = 0;
  bool first = true;
  for (const Sentiment& sentiment : sentiments) {
    if (sentiment.at > t) continue;
    const double value = std::clamp(sentiment.value, -1.0, 0.0);
    average = first ? value : kPastSentiment * average + (1 - kPastSentiment) * value;
    first = false;
  }
  return 0 - average;  // Not -average, which would be -0 for a client nobody was unhappy with.
}

template <class Event>
const Instant& TimeOf(const Event& event) {
  if constexpr (requires { event.due; }) {
    return event.due;
  } else {
    return event.at;
  }
}

// Ids are unique within their source only, where an event keeps it.
template <class Event>
std::string_view SourceOf(const Event& event) {
  if constexpr (requires { event.source; }) {
    return event.source;
  } else {
    return {};
  }
}

template <class Event>
void NormaliseList(std::vector<Event>& events, Instant now) {
  const auto key = [](const Event& e) { return std::tuple(TimeOf(e), std::cref(e.event), SourceOf(e)); };
  std::sort(events.begin(), events.end(), [&](const Event& a, const Event& b) { return key(a) < key(b); });
  const auto same = [](const Event& a, const Event& b) { return a.event == b.event && SourceOf(a) == SourceOf(b); };
  events.erase(std::unique(events.begin(), events.end(), same), events.end());
  std::erase_if(events, [&](const Event& e) {
    if (now - TimeOf(e) <= kDropped) return false;
    if constexpr (requires { e.held_at; }) return e.held_at && now - *e.held_at > kDropped;
    // An emergency nobody resolved keeps its rule open for as long as it takes.
    if constexpr (requires { e.handle_by; }) return e.resolved_at.has_value();
    return true;
  });
  if (events.size() > kSignalEvents) {
    events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(kSignalEvents));
  }
}

template <class Event, class Counts>
std::vector<EventId> Ids(const std::vector<Event>& events, Instant t, Counts counts) {
  std::vector<EventId> ids;
  for (const Event& event : events) {
    if (event.at <= t && t - event.at <= kForgotten && counts(event)) ids.push_back(event.event);
  }
  return ids;
}

}  // namespace

void Normalise(SignalFacts& facts, Instant now) {
  NormaliseList(facts.complaints, now);
  NormaliseList(facts.emergencies, now);
  NormaliseList(facts.competitor_calls, now);
  NormaliseList(facts.contacts, now);
  NormaliseList(facts.missed_reviews, now);
  NormaliseList(facts.sentiments, now);
}

std::string_view SignalKindName(SignalKind kind) {
  switch (kind) {
    case SignalKind::kCompetitorCall: return "competitor_call";
    case SignalKind::kComplaint: return "complaint";
    case SignalKind::kEmergencyInTime: return "emergency_in_time";
    case SignalKind::kEmergencyLate: return "emergency_late";
    case SignalKind::kFallingValue: return "falling_order_value";
    case SignalKind::kMissedReview: return "missed_goal_review";
    case SignalKind::kNegativeSentiment: return "negative_sentiment";
    case SignalKind::kOverContact: return "over_contact";
    case SignalKind::kReferred: return "referred";
    case SignalKind::kReferrerLost: return "referrer_lost";
    case SignalKind::kTouchLateness: break;
  }
  return "touch_lateness";
}

std::string_view RuleKindName(RuleKind kind) {
  switch (kind) {
    case RuleKind::kEmergency: return "emergency";
    case RuleKind::kCompetitorCall: return "competitor_call";
    case RuleKind::kComplaint: return "complaint";
    case RuleKind::kOverdue: break;
  }
  return "overdue";
}

SignalValues Signals(const SignalFacts& facts, std::int64_t x, Instant t) {
  SignalValues values{};
  for (const CompetitorCall& call : facts.competitor_calls) values[0] += Decay(call.at, t, kSlowHalfLifeWeeks);
  values[1] = ComplaintSignal(facts.complaints, x, t);
  for (const Emergency& emergency : facts.emergencies) {
    values[Late(emergency, t) ? 3 : 2] += Decay(emergency.at, t, kFastHalfLifeWeeks);
  }
  const auto at = [&](SignalKind kind) -> double& { return values[static_cast<std::size_t>(kind)]; };
  at(SignalKind::kTouchLateness) = LatenessSignal(facts.touch, t);
  at(SignalKind::kFallingValue) = FallingValueSignal(facts.value_trend);
  for (const MissedReview& review : facts.missed_reviews) {
    at(SignalKind::kMissedReview) = std::max(at(SignalKind::kMissedReview), ReviewSignal(review, t));
  }
  at(SignalKind::kNegativeSentiment) = SentimentSignal(facts.sentiments, t);
  at(SignalKind::kOverContact) = OverContactSignal(facts, t);
  if (facts.referral) {
    at(SignalKind::kReferred) = 1;
    at(SignalKind::kReferrerLost) = facts.referral->referrer_lost && facts.referral->lost_at <= t ? 1 : 0;
  }
  return values;
}

double Weigh(const SignalValues& values, const SignalValues& weights) {
  double sum = 0;
  for (std::size_t k = 0; k < kSignalKinds; ++k) sum += weights[k] * values[k];
  return sum;
}

std::vector<EventId> SignalEvents(const SignalFacts& facts, SignalKind kind, Instant t) {
  switch (kind) {
    case SignalKind::kCompetitorCall: return Ids(facts.competitor_calls, t, [](const CompetitorCall&) { return true; });
    case SignalKind::kComplaint: return Ids(facts.complaints, t, [](const Complaint&) { return true; });
    case SignalKind::kEmergencyInTime:
      return Ids(facts.emergencies, t, [&](const Emergency& e) { return !Late(e, t); });
    case SignalKind::kEmergencyLate: return Ids(facts.emergencies, t, [&](const Emergency& e) { return Late(e, t); });
    case SignalKind::kFallingValue:
      return FallingValueSignal(facts.value_trend) > 0 ? std::vector{facts.value_trend->event} : std::vector<EventId>{};
    case SignalKind::kMissedReview: {
      std::vector<EventId> ids;
      for (const MissedReview& review : facts.missed_reviews) {
        if (ReviewSignal(review, t) > 0) ids.push_back(review.event);
      }
      return ids;
    }
    case SignalKind::kNegativeSentiment:
      return Ids(facts.sentiments, t, [](const Sentiment& s) { return s.value < 0; });
    case SignalKind::kOverContact: {
      if (OverContactSignal(facts, t) == 0) return {};
      const Instant from = t - std::chrono::days{facts.touch->allowed_days};
      return Ids(facts.contacts, t, [&](const ContactFact& c) { return c.at > from; });
    }
    case SignalKind::kReferred: return facts.referral ? std::vector{facts.referral->event} : std::vector<EventId>{};
    case SignalKind::kReferrerLost:
      if (!facts.referral || !facts.referral->referrer_lost || facts.referral->lost_at > t) return {};
      return {*facts.referral->referrer_lost};
    case SignalKind::kTouchLateness: break;
  }
  if (LatenessSignal(facts.touch, t) == 0) return {};
  return {facts.touch->event};
}

std::vector<RuleCondition> RuleConditions(const SignalFacts& facts) {
  std::vector<RuleCondition> conditions;
  for (const Emergency& e : facts.emergencies) {
    conditions.push_back({RuleKind::kEmergency, e.event, e.at, e.resolved_at});
  }
  for (const CompetitorCall& call : facts.competitor_calls) {
    conditions.push_back({RuleKind::kCompetitorCall, call.event, call.at, call.at + kCompetitorHolds});
  }
  for (const Complaint& c : facts.complaints) {
    const Instant longest = c.at + kComplaintHolds;
    const Instant until = c.resolved_at ? std::min(*c.resolved_at, longest) : longest;
    conditions.push_back({RuleKind::kComplaint, c.event, c.at, until});
  }
  if (facts.overdue && facts.overdue->raises_risk) {
    conditions.push_back({RuleKind::kOverdue, facts.overdue->event, facts.overdue->since, std::nullopt});
  }
  std::erase_if(conditions, [&](const RuleCondition& c) { return facts.rules_from && c.from < *facts.rules_from; });
  std::sort(conditions.begin(), conditions.end(), [](const RuleCondition& a, const RuleCondition& b) {
    return std::tie(a.from, a.kind, a.event) < std::tie(b.from, b.kind, b.event);
  });
  return conditions;
}

std::vector<Instant> SignalBreaks(const SignalFacts& facts, Instant after, Instant before) {
  std::vector<Instant> breaks;
  const auto add = [&](Instant at) {
    if (at > after && at <= before) breaks.push_back(at);
  };
  constexpr Duration kMoment{1};  // The first instant at which the new side of a step is seen.
  const auto forget = [&](Instant at) {
    add(at);
    add(at + kForgotten + kMoment);
  };
  for (const Complaint& c : facts.complaints) {
    forget(c.at);
    if (c.resolved_at) add(*c.resolved_at);
  }
  for (const Emergency& e : facts.emergencies) {
    forget(e.at);
    add(e.handle_by + kMoment);
    if (e.resolved_at) add(*e.resolved_at);
  }
  for (const CompetitorCall& call : facts.competitor_calls) forget(call.at);
  if (facts.touch && facts.touch->connected && facts.touch->allowed_days > 0) {
    const std::chrono::days allowed{facts.touch->allowed_days};
    add(facts.touch->since + allowed);
    add(facts.touch->since + 8 * allowed);
    for (const ContactFact& contact : facts.contacts) {
      add(contact.at);
      add(contact.at + allowed);
    }
  }
  for (const MissedReview& review : facts.missed_reviews) {
    add(review.due);
    if (review.held_at) forget(*review.held_at);
  }
  for (const Sentiment& sentiment : facts.sentiments) add(sentiment.at);
  if (facts.referral && facts.referral->referrer_lost) add(facts.referral->lost_at);
  return breaks;
}

// Lateness only rises; what has begun by `from` decays, is forgotten or resolved, and touches leave their interval.
bool EachMovesOneWay(const SignalFacts& facts, Instant from, Instant to) {
  const auto begins = [&](const auto& event) { return TimeOf(event) > from && TimeOf(event) <= to; };
  const auto begun = [&](const auto& events) { return std::none_of(events.begin(), events.end(), begins); };
  // An open emergency goes from the signal of those in time to that of the late ones.
  const auto settled = [&](const Emergency& e) { return e.handle_by < from || Resolved(e.resolved_at, from); };
  return begun(facts.complaints) && begun(facts.emergencies) && begun(facts.competitor_calls) &&
         begun(facts.contacts) && begun(facts.missed_reviews) && begun(facts.sentiments) &&
         std::all_of(facts.emergencies.begin(), facts.emergencies.end(), settled);
}

bool OnlyLateness(const SignalFacts& facts) {
  return facts.complaints.empty() && facts.emergencies.empty() && facts.competitor_calls.empty() &&
         facts.contacts.empty() && facts.missed_reviews.empty();
}

}  // namespace mainstay::risk
