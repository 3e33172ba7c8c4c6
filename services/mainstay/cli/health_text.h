// A book's health as text for people. Losses first.
#pragma once

#include <string>

#include "mainstay/query/v1/book_health.pb.h"
#include "table.h"

namespace mainstay::cli {

[[nodiscard]] std::string HealthText(const query::v1::GetHealthResponse& health, const Terminal& terminal);

}  // namespace mainstay::cli
