// The reps that serve a book, and their minutes: what bounds how many clients can be served.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/vocabulary/stamp.h"
#include "state.h"

namespace mainstay::segmentation {

inline constexpr std::int64_t kDefaultMinutes = 300;  // A week, of a rep whose RepSet names none, or who has no RepSet.

struct RepRecord {
  std::int64_t minutes = kDefaultMinutes;
  bool sales = true;
  Stamp set;
};
[[nodiscard]] std::string Encode(const RepRecord& rep);
[[nodiscard]] RepRecord DecodeRep(std::string_view bytes);

using Reps = std::map<std::string, RepRecord, std::less<>>;  // By id.

// Those of a book. `source`: a stream::Context or a stream::Snapshot.
template <class Source>
[[nodiscard]] Result<Reps> ReadReps(Source& source, const BookId& book) {
  const std::string prefix = book.raw() + '\0';
  Reps reps;
  MAINSTAY_TRY(source.Scan(kReps, prefix, {}, [&](std::string_view key, std::string_view value) {
    reps.emplace(key.substr(prefix.size()), DecodeRep(value));
    return true;
  }));
  return reps;
}

struct ServiceMinutes {
  std::int64_t per_week = 0;
  std::int64_t reps = 0;
};
// Of all sales reps, and of whoever else owns clients. The nurture program is no rep.
[[nodiscard]] ServiceMinutes MinutesOf(const Reps& reps, const std::set<std::string>& owners);

// Whose call plan a client is in; nullopt without an owner, and without a cadence.
[[nodiscard]] std::optional<std::string> CallerOf(const ClientRecord& client, Tier cadence);

}  // namespace mainstay::segmentation
