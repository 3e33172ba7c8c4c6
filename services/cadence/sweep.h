// One decision for every client of a book, in the order of their ids, a few thousand a step.
//
// Steps follow one another by a timer that is due at once, so no record comes between them.
#pragma once

#include "book.h"
#include "mainstay/cadence/plan.h"
#include "mainstay/stream/processor.h"

namespace mainstay::cadence {

enum class SweepKind : char {
  kCalendar = 'c',   // The book's calendar or zone changed.
  kRisk = 'r',       // Thresholds changed, or touch data was connected or is not any more.
  kTerms = 't',      // Intervals or graces changed, and perhaps thresholds: StartTermsSweep().
  kImportEnd = 'i',  // What an import brought is decided.
};

[[nodiscard]] Result<void> StartSweep(stream::Context& context, const BookId& book, SweepKind kind,
                                      const EventRef& cause);
// The book's terms were `before` until now.
[[nodiscard]] Result<void> StartTermsSweep(stream::Context& context, const BookId& book, const CadenceTerms& before,
                                           const EventRef& cause);
// The timer kSweepTimer fired.
[[nodiscard]] Result<void> Sweep(stream::Context& context, const Book& book, const stream::Timer& timer);

}  // namespace mainstay::cadence
