// A synthetic practice: 200 clients of one firm over 18 months, as the events its systems would have published.
//
// Everything is invented: names, numbers and stories. Rhythms are those of repeat business (monthly, quarterly, annual
// buyers; some lapse, some leave for a competitor), and every event type of the catalogue occurs, so that every
// feature has something to show. Only the brackets of an import are missing: this is a replay.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/base/result.h"
#include "mainstay/vocabulary/events.h"

namespace mainstay::demo {

inline constexpr const char* kPracticeBook = "practice";
inline constexpr std::uint64_t kDefaultSeed = 200;
inline constexpr int kClients = 200;

// By time, then id. Pure: the same random numbers give the same events, on every platform.
[[nodiscard]] std::vector<InEvent> MakePractice(Random& random);

// CloudEvents JSON, one a line. An Error would be a mistake of the generator.
[[nodiscard]] Result<std::string> ToJsonLines(const std::vector<InEvent>& events);

}  // namespace mainstay::demo
