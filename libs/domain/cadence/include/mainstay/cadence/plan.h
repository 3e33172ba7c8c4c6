// When must we speak with one client, and what if we do not? One pure decision per input.
//
//            first event, tier, return                 due instant                    overdue instant
//   [none] ---------------------------> [scheduled] ---------------> [due] ---------------------------> [overdue]
//      ^                                  ^    |  TouchFellDue         |     TouchBecameOverdue             |
//      |   lapsed, lost                   |    | touch: due moves on   |                                    |
//      +----------------------------------|----+-----------------------+------------------------------------+
//                                         +------------------ touch: TouchCleared --------------------------+
//
// Promises:
// - Same arguments, same answer: no clock, no I/O.
// - Time is only what `Situation.now` says. Every decision first settles what has passed by then, as the timers would
//   have, so a missing timer delays a fact and never loses it, and one that fires twice does nothing the second time.
// - Each episode emits TouchFellDue once, TouchBecameOverdue at most once after it and TouchCleared once at its end
//   (not when the client is erased). Its id is HashParts(book, client, "touch", cause), where the cause is the last
//   touch, or the first event of a client never touched. Where one cause would open a second episode (a touch taken
//   back, a cadence resumed after a loss or lapse) the cause is the input that did it, so no id is ever used twice.
// - A touch that arrives late moves the due day forward or not at all; a redelivered one changes nothing. It ends an
//   open episode if it moves the due day, also to a day that is past: then the next episode opens at once.
// - An episode once opened is ended by a touch, a loss or a lapse, by nothing else; its due day stays. Its overdue day
//   follows the tier (due + grace) until it is reached.
// - A tier that arrives up to a day after a schedule was first computed, resumed or imported is part of that
//   computation: a due day that is past is spread (product rule 2) instead of being put on the next working day.
// - State is bounded: the newest kKeptTouches touches and kKeptRetractions retracted ids are kept. Beyond that a
//   retraction of an older touch has no effect (it does not carry the schedule), and when all kept ones are
//   retracted the client counts as never touched.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/cadence/kept_touches.h"
#include "mainstay/vocabulary/cadence_terms.h"
#include "mainstay/vocabulary/calendar.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/out_events.h"
#include "mainstay/vocabulary/tier.h"
#include "mainstay/vocabulary/zone.h"

namespace mainstay::cadence {

inline constexpr std::size_t kKeptTouches = 16;
inline constexpr std::size_t kKeptRetractions = 16;
// A client that never paid has the cadence of C for this long after its first event.
inline constexpr std::chrono::days kTrial{180};
// A book without a touch for longer than this has no touch data connected.
inline constexpr std::chrono::days kTouchDataWindow{90};

// What the due day counts from: due = max(DueDay(local day of `at`), not_before) until it is reached.
struct Base {
  Instant at{};
  std::optional<EventRef> touch;  // Absent: the first event.
  EventRef cause;                 // Names the episode that opens if nothing happens.
  friend bool operator==(const Base&, const Base&) = default;
};

// A touch that is due, from TouchFellDue to TouchCleared.
struct TouchEpisode {
  EpisodeId id;
  std::optional<Day> overdue_since;  // There once TouchBecameOverdue was emitted.
  bool raises_risk = false;          // Overdue, and touch data was connected when it became so.
  friend bool operator==(const TouchEpisode&, const TouchEpisode&) = default;
};

// The state of one client; a default-constructed one is a client nobody has heard of.
struct ClientPlan {
  // Facts: the same under every order of arrival.
  std::optional<Instant> first_event_at;  // The earliest event time.
  EventRef first_event;
  KeptTouches touches;                // Newest first; of equal instants the first to arrive first.
  std::vector<EventRef> retractions;  // Newest last; a touch named here is ignored when it arrives.
  Tier segment_tier = Tier::kNone;    // Effective tier, as segmentation last said.
  bool ever_paid = false;             // Had a tier once.
  bool lost = false;
  // Decisions: they follow the log.
  bool first_event_caused_episode = false;
  Tier tier = Tier::kNone;  // The cadence in force; kNone: no cadence, and then nothing below is set.
  std::optional<Base> base;
  std::optional<Day> due;          // Local date; kept while overdue.
  std::optional<Day> not_before;   // Set by a spread or a promotion: `due` is not earlier than this.
  std::optional<Day> computed_on;  // Local date on which the schedule was first computed (or resumed, imported).
  std::optional<TouchEpisode> episode;
  std::optional<TouchCleared> pending;  // Of a touch in an import; emitted when the import ends.
  // The rules `due` was last computed with; when the client's or the system's are others: OnCalendarOrZoneChanged.
  std::string zone;
  std::string zone_data_version;

  friend bool operator==(const ClientPlan&, const ClientPlan&) = default;
};

// Everything around an input.
struct Situation {
  const BookId& book;
  const ClientId& client;
  const ZoneRules& zone;  // The client's, else the book's.
  const WorkCalendar& calendar;
  Instant now;                       // Stream time; in a timer the timer's own time.
  std::optional<RepId> owner;        // Goes into the facts.
  bool importing = false;            // Between ImportStarted and ImportFinished: facts fold, nothing is emitted.
  bool touch_data_connected = true;  // TouchDataConnected() of the book.
  CadenceTerms terms{};              // Of the book's policy.
};

using CadenceFact = std::variant<TouchFellDue, TouchBecameOverdue, TouchCleared>;

struct Decision {
  ClientPlan next;
  std::vector<CadenceFact> facts;     // In order.
  std::optional<Instant> next_timer;  // Call OnTimer then; absent: no timer. Always after `now`.
  std::vector<KeptTouch> displaced;   // Touches that are not kept, or no longer, because newer ones are.
};

struct TouchInput {
  EventRef event;
  Instant at;  // When they spoke.
  std::int32_t minutes = 0;
};

// Any event of the client, whatever its type, before what the event itself decides: the first one brings the client
// into being. `at` is the event's time; only the earliest is kept.
[[nodiscard]] Decision OnAnyEvent(ClientPlan plan, const Situation& situation, const EventRef& event, Instant at);
// A touch by any rep. Does what OnAnyEvent does, too.
[[nodiscard]] Decision OnTouch(ClientPlan plan, const Situation& situation, const TouchInput& touch);
// Takes back the touch `touch`, which may not have arrived yet; `event` is the retraction itself.
[[nodiscard]] Decision OnTouchRetracted(const ClientPlan& plan, const Situation& situation, const EventRef& touch,
                                        const EventRef& event);
// The effective tier of segmentation (SegmentChanged, id `event`). kNone of a client that had one: it lapsed.
[[nodiscard]] Decision OnTierChanged(const ClientPlan& plan, const Situation& situation, Tier tier,
                                     const EventRef& event);
[[nodiscard]] Decision OnLost(const ClientPlan& plan, const Situation& situation);
[[nodiscard]] Decision OnReturned(const ClientPlan& plan, const Situation& situation, const EventRef& event);
// `other` of the same book goes up in this client (`event`): its touches and retractions, and its first event if that
// is the earlier one, are this one's from now on. Tier and loss stay this one's. End the other one with OnLost().
[[nodiscard]] Decision OnMerged(const ClientPlan& plan, const Situation& situation, const ClientPlan& other,
                                const EventRef& event);
// Nothing is left of the client, and nothing is said.
[[nodiscard]] Decision OnErased();
// A due or overdue instant, or the end of the trial, has come. Harmless at any other time.
[[nodiscard]] Decision OnTimer(const ClientPlan& plan, const Situation& situation);
// The book's calendar, the client's or book's zone, or the zone data changed: days not yet reached move.
[[nodiscard]] Decision OnCalendarOrZoneChanged(const ClientPlan& plan, const Situation& situation);
// The book's terms are situation.terms now and were `before`. As a change of tier: where the interval became shorter
// the due day moves like that of a promotion, where it became longer like that of a demotion; an open episode stays,
// and becomes overdue by the new grace.
[[nodiscard]] Decision OnTermsChanged(const ClientPlan& plan, const Situation& situation, const CadenceTerms& before);
// ImportFinished (`event`), for every client of the book, in the order of their ids.
// REQUIRES: !situation.importing.
[[nodiscard]] Decision OnImportEnded(const ClientPlan& plan, const Situation& situation, const EventRef& event);

// Days from the overdue day to `day`, at least 0; 0 without a schedule.
[[nodiscard]] int DaysOverdue(const ClientPlan& plan, const CadenceTerms& terms, const WorkCalendar& calendar, Day day);
// Since when the touch is overdue, or the day on which it becomes so if nothing happens. REQUIRES: a schedule.
[[nodiscard]] Day OverdueDayOf(const ClientPlan& plan, const CadenceTerms& terms, const WorkCalendar& calendar);
// `last_touch_in_book` is the newest touch time of the book; absent: none ever.
[[nodiscard]] bool TouchDataConnected(std::optional<Instant> last_touch_in_book, Instant now);
// True if `touch` was taken back, before or after it came.
[[nodiscard]] bool IsRetracted(const ClientPlan& plan, const EventRef& touch);
// Time of the newest touch that was not retracted.
[[nodiscard]] std::optional<Instant> LastTouch(const ClientPlan& plan);
// HashParts({book, client, "touch", source LF id}).Hex(): ids are unique within their source only, and neither holds
// control characters.
[[nodiscard]] EpisodeId TouchEpisodeId(const BookId& book, const ClientId& client, const EventRef& cause);

}  // namespace mainstay::cadence
