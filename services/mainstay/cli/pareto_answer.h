// The Pareto answer with its rows, however many.
#pragma once

#include <cstdint>

#include "invocation.h"
#include "mainstay/query/v1/segmentation.pb.h"

namespace mainstay::cli {

// `limit` rows; 0: all.
[[nodiscard]] Result<query::v1::GetParetoResponse> ReadPareto(Invocation& invocation, std::uint32_t limit);

}  // namespace mainstay::cli
