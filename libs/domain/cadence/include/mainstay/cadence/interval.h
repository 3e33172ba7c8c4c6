// How long a tier may go without a touch, in calendar terms.
//
// Pure arithmetic on civil dates of the client's zone. "Working day" is the book's. REQUIRES everywhere: a tier other
// than kNone.
#pragma once

#include <cstdint>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/cadence_terms.h"
#include "mainstay/vocabulary/calendar.h"
#include "mainstay/vocabulary/tier.h"

namespace mainstay::cadence {

// Clamped to the month's end: 29 February + 12 months = 28 February.
[[nodiscard]] Day AddMonths(Day day, int months);
// By default A +7 days, B +1 calendar month, C +3 months; months are clamped to their end (31 January + 1 month = 28
// February). Not moved to a working day.
[[nodiscard]] Day AddInterval(Day day, Tier tier, const CadenceTerms& terms);
// The day on which the next touch falls due (at 00:00 local) when the last one was on `touched`.
[[nodiscard]] Day DueDay(Day touched, Tier tier, const CadenceTerms& terms, const WorkCalendar& calendar);
// The day at whose 00:00 local a touch that fell due on `due` becomes overdue: by default A 2, B 7, C 14 calendar days
// after it, or the next working day.
[[nodiscard]] Day OverdueDay(Day due, Tier tier, const CadenceTerms& terms, const WorkCalendar& calendar);
// The due day of a schedule that starts on `today` although its own due date is past: a working day in
// (today, today + interval], chosen by the hash of the client id, so that an import of 200 clients does not make
// 200 calls due on Monday. With no working day in the interval: the first one after it.
[[nodiscard]] Day SpreadDay(Day today, Tier tier, const CadenceTerms& terms, const WorkCalendar& calendar,
                            std::int32_t murmur2_of_client);

}  // namespace mainstay::cadence
