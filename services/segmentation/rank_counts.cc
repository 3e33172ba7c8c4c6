#include "rank_counts.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <string>

#include "mainstay/base/check.h"
#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"
#include "state.h"

namespace mainstay::segmentation {
namespace {

using Band = state::v1::SegmentationRankBand;

constexpr int kBitsOfStep = 10;  // After the leading one.

int OctaveOf(std::uint64_t units) { return 63 - std::countl_zero(units); }

std::string BandKey(const BookId& book, std::uint16_t band) {
  std::string key = book.raw() + '\0';
  stream::AppendUint16(key, static_cast<std::uint16_t>(UINT16_MAX - band));
  return key;
}

Result<Band> DecodeBand(std::string_view bytes) {
  Band band;
  if (!band.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || band.clients_size() != kStepsOfBand) {
    return Fail(ErrorCode::kDataLoss, "the stored counts of a ranking are damaged");
  }
  return band;
}

Result<Band> ReadBand(stream::Context& context, const std::string& key) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kRankCounts, key));
  if (bytes) return DecodeBand(*bytes);
  Band band;
  band.mutable_clients()->Resize(kStepsOfBand, 0);
  return band;
}

}  // namespace

RevenueStep StepOf(Money revenue) {
  MAINSTAY_CHECK(revenue > Money{}, "only who pays has a rank");
  const auto units = static_cast<std::uint64_t>(revenue.units());
  const int octave = OctaveOf(units);
  const std::uint64_t bits = octave < kBitsOfStep ? units << (kBitsOfStep - octave) : units >> (octave - kBitsOfStep);
  const std::uint64_t number = (static_cast<std::uint64_t>(octave) << kBitsOfStep) + bits - (1U << kBitsOfStep);
  return {static_cast<std::uint16_t>(number / kStepsOfBand), static_cast<std::uint16_t>(number % kStepsOfBand)};
}

Money LargestInStepOf(Money revenue) {
  const auto units = static_cast<std::uint64_t>(revenue.units());
  const int free_bits = std::max(0, OctaveOf(units) - kBitsOfStep);
  return Money::FromUnits(static_cast<std::int64_t>(units | ((std::uint64_t{1} << free_bits) - 1)));
}

void RankCountChanges::Count(Money revenue, std::int64_t sign) {
  if (revenue <= Money{}) return;
  const auto change = changes_.try_emplace(StepOf(revenue)).first;
  if ((change->second += sign) == 0) changes_.erase(change);
}

Result<void> RankCountChanges::Store(stream::Context& context, const BookId& book, OctaveCounts& octaves) const {
  for (auto change = changes_.begin(); change != changes_.end();) {
    const std::uint16_t number = change->first.band;
    const std::string key = BandKey(book, number);
    MAINSTAY_TRY_ASSIGN(band, ReadBand(context, key));
    for (; change != changes_.end() && change->first.band == number; ++change) {
      const std::int64_t clients = band.clients(change->first.step) + change->second;
      MAINSTAY_CHECK(clients >= 0, "who leaves a step of revenue was counted in it");
      band.set_clients(change->first.step, clients);
      octaves.at(number / kBandsOfOctave) += change->second;
    }
    const bool empty = std::all_of(band.clients().begin(), band.clients().end(), [](auto n) { return n == 0; });
    if (empty) {
      context.Erase(kRankCounts, key);
    } else {
      context.Put(kRankCounts, key, band.SerializeAsString());
    }
  }
  return {};
}

Result<std::int64_t> CountAboveStepOf(const stream::Snapshot& snapshot, const BookId& book, const OctaveCounts& octaves,
                                      Money revenue) {
  const RevenueStep own = StepOf(revenue);
  const std::uint16_t octave = own.band / kBandsOfOctave;
  const std::string prefix = book.raw() + '\0';
  const std::string first = BandKey(book, static_cast<std::uint16_t>((octave + 1) * kBandsOfOctave - 1));
  const std::string last = BandKey(book, own.band);
  std::int64_t above = std::accumulate(octaves.begin() + octave + 1, octaves.end(), std::int64_t{0});
  Result<void> damaged{};
  MAINSTAY_TRY(snapshot.Scan(kRankCounts, prefix, first, [&](std::string_view key, std::string_view value) {
    if (key > last) return false;
    const Result<Band> band = DecodeBand(value);
    if (!band) {
      damaged = tl::unexpected(band.error());
      return false;
    }
    const auto steps = band->clients().begin() + (key == last ? own.step + 1 : 0);
    above = std::accumulate(steps, band->clients().end(), above);
    return true;
  }));
  MAINSTAY_TRY(damaged);
  return above;
}

}  // namespace mainstay::segmentation
