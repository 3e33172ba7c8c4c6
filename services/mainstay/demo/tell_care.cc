// Touches, and what goes wrong.
#include <algorithm>
#include <array>

#include "story.h"

namespace mainstay::demo {
namespace {

using std::chrono::days;

constexpr const char* kPhone = "phone";
constexpr const char* kDesk = "desk";
constexpr std::array<const char*, 3> kCompetitors = {"Zenith", "Northgate", "Orbit"};

Day NextWeekday(Day day) {
  const std::chrono::weekday weekday{day};
  return weekday == std::chrono::Saturday ? day + days{2} : weekday == std::chrono::Sunday ? day + days{1} : day;
}

// Reps keep the rhythm that the size of the client asks for, more or less; some clients are forgotten.
int DaysBetweenCalls(Pen& pen, const Story& story) {
  if (story.size_rank < 40) return 6 + static_cast<int>(pen.Below(3));
  if (story.size_rank < 72) return 24 + static_cast<int>(pen.Below(10));
  return 75 + static_cast<int>(pen.Below(30));
}

Touched SalesTouch(Pen& pen, const Story& story) {
  Touched touch;
  touch.rep = story.owner;
  touch.role = TouchRole::kSales;
  const std::size_t dice = pen.Below(10);
  touch.channel = dice < 7 ? TouchChannel::kCall : dice < 9 ? TouchChannel::kMeeting : TouchChannel::kVisit;
  touch.direction = pen.OneIn(6) ? TouchDirection::kInbound : TouchDirection::kOutbound;
  touch.minutes = dice < 7 ? 5 : 30;
  touch.contact = story.contact;
  touch.sentiment = static_cast<double>(pen.Below(9)) / 8.0 - 0.25;
  return touch;
}

Touched SupportTouch(Pen& pen, const Story& story) {
  Touched touch;
  touch.rep = story.support;
  touch.role = TouchRole::kSupport;
  touch.channel = pen.OneIn(3) ? TouchChannel::kChat : TouchChannel::kTicket;
  touch.direction = TouchDirection::kInbound;
  touch.minutes = 10 + static_cast<std::int32_t>(pen.Below(20));
  return touch;
}

std::string Competitor(Pen& pen) { return kCompetitors[pen.Below(kCompetitors.size())]; }

void TellEmergency(Pen& pen, const Story& story, Day day, std::optional<int> solved_after) {
  const EmergencyId id{pen.Natural("emergency")};
  pen.Write(kDesk, day, story, EmergencyRaised{id, "the main site is down", "high"});
  if (solved_after) pen.Write(kDesk, day + days{*solved_after}, story, EmergencyResolved{id});
}

void TellComplaint(Pen& pen, const Story& story, Day day, bool solved) {
  const ComplaintId id{pen.Natural("complaint")};
  pen.Write(kDesk, day, story, ComplaintMade{id, "the last delivery was late"});
  if (solved) pen.Write(kDesk, day + days{9}, story, ComplaintResolved{id});
}

void TellLoss(Pen& pen, const Story& story) {
  static const std::array<LossReason, 5> kReasons = {LossReason::kCompetitor, LossReason::kPrice, LossReason::kService,
                                                     LossReason::kClosed, LossReason::kOther};
  ClientLost lost;
  lost.reason = story.number % 2 == 0 ? LossReason::kCompetitor
                                      : kReasons[static_cast<std::size_t>(story.number / 25) % kReasons.size()];
  if (lost.reason == LossReason::kCompetitor) lost.competitor = Competitor(pen);
  pen.Write(kCrm, pen.Hour(*story.lost_on), story.id, lost);
  if (story.number == 61) pen.Write(kCrm, pen.Hour(*story.lost_on + days{15}), story.id, ClientReturned{});
}

}  // namespace

void TellTouches(Pen& pen, const Story& story) {
  const bool forgotten = story.number % 8 == 6;
  const Day until = forgotten ? kLastDay - days{70} : kLastDay;
  Day day = std::max(kFirstTouchDay, story.first_order) + days{static_cast<int>(pen.Below(7))};
  for (; day <= until; day += days{DaysBetweenCalls(pen, story)}) {
    pen.Write(kPhone, NextWeekday(day), story, SalesTouch(pen, story));
  }
  const std::size_t tickets = 1 + pen.Below(3);
  for (std::size_t i = 0; i < tickets; ++i) {
    const Day on = NextWeekday(pen.SomeDay(kFirstTouchDay, kLastDay - days{4}));
    if (on >= story.first_order) pen.Write(kDesk, on, story, SupportTouch(pen, story));
  }
  if (story.number % 60 == 9) {  // Logged with the wrong client, and taken back.
    const Day on = kLastDay - days{35};
    const Instant at = pen.Hour(on);
    const EventId wrong = pen.Write(kPhone, at, story.id, SalesTouch(pen, story));
    pen.Write(kPhone, pen.Hour(on + days{1}), story.id, TouchRetracted{wrong});
  }
}

void TellTrouble(Pen& pen, const Story& story) {
  const Day start = std::max(kFirstTouchDay, story.first_order);
  if (story.number % 7 == 2) {
    const Day day = pen.SomeDay(start, kLastDay - days{20});
    TellEmergency(pen, story, day, 1 + static_cast<int>(pen.Below(6)));
  }
  if (story.number % 50 == 13) TellEmergency(pen, story, kLastDay - days{3}, std::nullopt);
  if (story.number % 12 == 1) {
    TellComplaint(pen, story, pen.SomeDay(start, kLastDay - days{5}), story.number % 24 == 1);
  }
  if (story.number % 10 == 8) {
    const Day day = pen.SomeDay(start, kLastDay - days{1});
    pen.Write(kCrm, day, story, CompetitorCalled{Competitor(pen), "phone", std::nullopt});
  }
  if (story.lost_on) {
    const Day day = *story.lost_on - days{25};
    pen.Write(kCrm, day, story, CompetitorCalled{Competitor(pen), "mail", "asked for a quote"});
    TellLoss(pen, story);
  }
  if (story.number % 33 == 17) {
    pen.Write(kCrm, kLastDay - days{50}, story, PrioritiesShifted{"the move to the new site comes first"});
  }
  if (story.number % 3 == 1) {
    const auto score = static_cast<std::int32_t>(story.number % 12 == 1 ? 2 + pen.Below(4) : 7 + pen.Below(4));
    pen.Write("survey", pen.SomeDay(start, kLastDay), story,
              SurveyAnswered{SurveyId{pen.Natural("survey")}, score, story.contact, std::nullopt});
  }
}

}  // namespace mainstay::demo
