// Bytes of what a book learns from: snapshots and labels.
#pragma once

#include <string>
#include <string_view>

#include "learning.h"

namespace mainstay::cadence {

struct OpenSnapshot {
  risk::Snapshot snapshot;
  double published = 0;     // P_churn as it was published then.
  double silent_weeks = 0;  // Since the last order.
};

[[nodiscard]] std::string Encode(const OpenSnapshot& open);
[[nodiscard]] Result<OpenSnapshot> DecodeSnapshot(std::string_view bytes);
[[nodiscard]] std::string Encode(const MaturedRecord& matured);

}  // namespace mainstay::cadence
