// Whether what queries read of a book's ranking equals what sorting its clients gives.
#pragma once

#include <string>

#include "mainstay/stream/ports.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::segmentation {

// Empty if so, else what differs.
[[nodiscard]] std::string RankingTrouble(const stream::Snapshot& snapshot, const BookId& book);

}  // namespace mainstay::segmentation
