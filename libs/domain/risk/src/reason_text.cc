#include "reason_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "day_math.h"

namespace mainstay::risk {
namespace {

std::string DaysAgo(Instant at, Instant t) {
  const auto days = static_cast<std::int64_t>(std::floor(DaysBetween(at, t)));
  return days <= 0 ? "today" : Counted(days, "day") + " ago";
}

// The newest event up to t. REQUIRES: there is one.
template <class Event, class Counts>
Instant Newest(const std::vector<Event>& events, Instant t, Counts counts) {
  Instant newest{};
  for (const Event& event : events) {
    if (event.at <= t && counts(event)) newest = event.at;
  }
  return newest;
}

std::string Newly(std::size_t events, const std::string& noun, const std::string& when) {
  const std::string counted = Counted(static_cast<std::int64_t>(events), noun);
  return counted + (events == 1 ? ", " : ", the last ") + when;
}

bool InTime(const Emergency& emergency) {
  return emergency.resolved_at && *emergency.resolved_at <= emergency.handle_by;
}

std::string ComplaintText(const SignalFacts& facts, std::size_t events, Instant t) {
  const Instant newest = Newest(facts.complaints, t, [](const Complaint&) { return true; });
  const auto open = std::count_if(facts.complaints.begin(), facts.complaints.end(), [&](const Complaint& c) {
    return c.at <= t && (!c.resolved_at || *c.resolved_at > t);
  });
  std::string text = Newly(events, "complaint", DaysAgo(newest, t));
  if (open == 0) return text + ", resolved";
  return events == 1 ? text + ", not resolved" : text + ", " + std::to_string(open) + " not resolved";
}

}  // namespace

std::string OneDecimal(double value) {
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 1);
  return {buffer.data(), end.ptr};
}

std::string Counted(std::int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string SignalText(const SignalFacts& facts, SignalKind kind, std::size_t events, Instant t) {
  switch (kind) {
    case SignalKind::kCompetitorCall: {
      const Instant newest = Newest(facts.competitor_calls, t, [](const CompetitorCall&) { return true; });
      return Newly(events, "competitor call", DaysAgo(newest, t));
    }
    case SignalKind::kComplaint: return ComplaintText(facts, events, t);
    case SignalKind::kEmergencyInTime: {
      const auto mine = [&](const Emergency& e) { return InTime(e) || t <= e.handle_by; };
      return Newly(events, "emergency", DaysAgo(Newest(facts.emergencies, t, mine), t)) + ", handled in time";
    }
    case SignalKind::kEmergencyLate: {
      const auto mine = [&](const Emergency& e) { return !InTime(e) && t > e.handle_by; };
      return Newly(events, "emergency", DaysAgo(Newest(facts.emergencies, t, mine), t)) + ", not handled in time";
    }
    case SignalKind::kFallingValue:
      return "orders worth " + OneDecimal(100 * (1 - facts.value_trend->fast / facts.value_trend->slow)) +
             " % less of late";
    case SignalKind::kMissedReview: {
      const auto any = [&](bool behind, bool open) {
        return std::any_of(facts.missed_reviews.begin(), facts.missed_reviews.end(), [&](const MissedReview& review) {
          const bool lasts = !review.held_at || *review.held_at > t;
          return review.due <= t && review.behind_plan == behind && lasts == open;
        });
      };
      if (any(false, true)) return "a goal review is overdue";
      if (any(true, true)) return "a goal is behind plan";
      return any(false, false) ? "a goal review came late" : "a goal was behind plan";
    }
    case SignalKind::kNegativeSentiment:
      return "negative tone in " + Counted(static_cast<std::int64_t>(events), "note");
    case SignalKind::kOverContact:
      return std::to_string(events) + " touches in " + std::to_string(facts.touch->allowed_days) + " days";
    case SignalKind::kReferred: return "came by referral";
    case SignalKind::kReferrerLost: return "the client that referred it is lost";
    case SignalKind::kTouchLateness: break;
  }
  const double days = DaysBetween(facts.touch->since, t);
  return "no touch for " + OneDecimal(days) + " days, allowed " + std::to_string(facts.touch->allowed_days);
}

}  // namespace mainstay::risk
