// What kind of client this is: best, draining, stagnant or unclassified, with the evidence. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/money.h"
#include "mainstay/segmentation/rank_tree.h"
#include "mainstay/vocabulary/out_events.h"
#include "mainstay/vocabulary/policy_values.h"

namespace mainstay::segmentation {

enum class Persona : std::uint8_t { kNone, kBest, kDraining, kStagnant, kUnclassified };

// "" for kNone: not paying, or a book too small to have personas.
[[nodiscard]] constexpr std::string_view PersonaName(Persona persona) {
  switch (persona) {
    case Persona::kBest: return "best";
    case Persona::kDraining: return "draining";
    case Persona::kStagnant: return "stagnant";
    case Persona::kUnclassified: return "unclassified";
    case Persona::kNone: break;
  }
  return "";
}

// Effort per revenue on a log scale: ln((minutes + 1) / revenue) in millionths, moved so that every value is above
// zero. One minute is added so that a client nobody touched has a place on the scale.
using Effort = std::int64_t;
// REQUIRES: revenue > 0, minutes >= 0.
[[nodiscard]] Effort EffortOf(std::int64_t minutes, Money revenue);
// How many times as much effort per revenue `a` is as `b`.
[[nodiscard]] double EffortRatio(Effort a, Effort b);

// Where a book's clients stand: the middle and the spread.
struct EffortLines {
  Effort median = 0;  // Mean of the middle two, rounded down, in a book of an even number.
  Effort mad = 0;     // Median absolute deviation; 0 counts as 5 % of the median, ln(1.05) on this scale.
  friend bool operator==(const EffortLines&, const EffortLines&) = default;
};
// `efforts`: one entry per paying client, its Effort as Ranked::revenue. nullopt when there is none. `nearest`: where
// the half that is nearest to the median began at the last call, or any number; O(log n) when little changed since, at
// most O(log^2 n).
[[nodiscard]] std::optional<EffortLines> LinesOfEfforts(const RankTree& efforts, std::size_t& nearest);
// The same from a plain list; for references and for one-off questions.
[[nodiscard]] std::optional<EffortLines> LinesOfEfforts(std::vector<Effort> efforts);

struct PersonaFacts {
  Money revenue;               // Trailing 12 months.
  Money previous;              // The 12 months before them.
  std::int64_t minutes = 0;    // In 365 days.
  std::int64_t frictions = 0;  // In 180 days: complaints, emergencies, priority shifts, touches of negative sentiment.
  std::int64_t order_days = 0;
  std::int64_t beyond_first = 0;  // Products, departments and locations first bought after the first order day.
  std::int64_t products = 0;
  std::int64_t departments = 0;
  bool referral = false;  // Gave one in 365 days.
};

struct PersonaDecision {
  Persona persona = Persona::kNone;
  std::vector<Evidence> evidence;  // Of the persona: each rule that made it; of unclassified: what it has for best.
};

// Three order days always span at least two own median gaps, so that part of the rule needs no test of its own.
[[nodiscard]] PersonaDecision DecidePersona(const PersonaFacts& facts, std::size_t paying_clients,
                                            const std::optional<EffortLines>& lines, const PolicyValues& policy);

// What to do with a draining client, as numbers. Amounts are a year's.
struct Recommendation {
  std::string action;  // "exit", "reprice" or "keep".
  Money revenue;
  Money gross;                 // revenue x margin
  Money effort_cost;           // minutes x cost per minute
  Money contribution;          // gross - effort_cost
  Money elsewhere;             // What the same minutes bring at the book's median effort per revenue.
  std::optional<double> rise;  // The rise of price that would make up for it; absent when nothing is missing.
};
// Keep when it contributes at least nothing and at least what its minutes bring elsewhere; reprice when a rise within
// the policy's limit does it; else exit.
[[nodiscard]] Recommendation Recommend(const PersonaFacts& facts, const EffortLines& lines, const PolicyValues& policy);
// The arithmetic of `advice`, which was given on `facts` under `policy`, in words for a person.
[[nodiscard]] std::string ArithmeticOf(const Recommendation& advice, const PersonaFacts& facts,
                                       const PolicyValues& policy, const Currency& currency);

}  // namespace mainstay::segmentation
