// How many paying clients each step of revenue has, so that the rank of one is not counted from the top.
//
// An octave, where revenue doubles, has 16 bands of 64 steps: revenues of a step share their eleven leading bits. The
// octaves are counted in the totals of a book, the steps in an entry of kRankCounts for each band. A rank reads at most
// 16 of these, and the clients of one step: less than 200 of a million clients as revenues usually lie, all of them
// where all revenues are equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "mainstay/base/money.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::segmentation {

struct RevenueStep {
  std::uint16_t band = 0;  // Counted through all octaves.
  std::uint16_t step = 0;  // Below 64; the larger, the more revenue.
  friend auto operator<=>(const RevenueStep&, const RevenueStep&) = default;
};
inline constexpr std::uint16_t kStepsOfBand = 64;
inline constexpr std::uint16_t kBandsOfOctave = 16;
inline constexpr std::size_t kOctaves = 63;      // Of what Money can hold.
using OctaveCounts = std::vector<std::int64_t>;  // kOctaves of them; empty: not counted yet.
// REQUIRES: revenue > 0, as below.
[[nodiscard]] RevenueStep StepOf(Money revenue);
// The largest revenue of the same step.
[[nodiscard]] Money LargestInStepOf(Money revenue);

// What changed in a book since its counts were stored.
class RankCountChanges {
 public:
  void Add(Money revenue) { Count(revenue, 1); }
  void Remove(Money revenue) { Count(revenue, -1); }
  // Adds them to `octaves` and to the stored bands. REQUIRES: `octaves` is not empty.
  [[nodiscard]] Result<void> Store(stream::Context& context, const BookId& book, OctaveCounts& octaves) const;

 private:
  void Count(Money revenue, std::int64_t sign);
  std::map<RevenueStep, std::int64_t> changes_;
};

// How many paying clients have more revenue than the step of `revenue`. REQUIRES: `octaves` is not empty.
[[nodiscard]] Result<std::int64_t> CountAboveStepOf(const stream::Snapshot& snapshot, const BookId& book,
                                                    const OctaveCounts& octaves, Money revenue);

}  // namespace mainstay::segmentation
